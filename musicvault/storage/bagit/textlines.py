"""The lines of a tag file in the encoding that the bag declares, in bounded memory whatever the file holds."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from musicvault.errors import BagRefused
from musicvault.language import tr
from musicvault.storage.reading import OpenFile

LONGEST = 64 << 10
"""Characters of a line; two paths of the longest kind fit several times over."""

_CHUNK = 64 << 10
_ENDS = re.compile(r"\r\n|\n|\r")
_NOT_FOR_FILES = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})


class NotTextError(ValueError):
    """The bytes aren't text of the declared encoding, or a line is endless; `line` is the first that couldn't be
    read."""

    def __init__(self, line: int, *, endless: bool = False) -> None:
        super().__init__(line)
        self.line = line
        self.endless = endless


def encoding_named(name: str) -> str:
    """Python's name of a character encoding. Raises `BagRefused` for one that is unknown or no encoding of text."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        found = None
    # Text encodings only: "zlib" and the like would be a way to blow a line up.
    if found is None or not getattr(found, "_is_text_encoding", True) or found.name in _NOT_FOR_FILES:
        raise BagRefused(tr("bagit.txt declares the unknown character encoding {name}.", name=ascii(name[:40])))
    return found.name


def lines(path: bytes, encoding: str) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line, without its end (LF, CR or CRLF) and without a byte order mark.

    Raises `NotTextError`, and ItemError for what can't be read, links and devices among it.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    number = offset = 0
    pending = ""
    with OpenFile(path) as file:
        while chunk := file.read_at(offset, _CHUNK):
            offset += len(chunk)
            try:
                pending += decoder.decode(chunk, final=offset >= file.stat.size)
            except UnicodeError:
                raise NotTextError(number + 1 + len(_ENDS.findall(pending))) from None
            held = "\r" if pending.endswith("\r") else ""  # the other half of CRLF may follow
            *whole, pending = _ENDS.split(pending.removesuffix(held) if held else pending)
            pending += held
            for line in whole:
                number += 1
                yield number, line.removeprefix("\ufeff") if number == 1 else line
            if len(pending) > LONGEST:
                raise NotTextError(number + 1, endless=True)
    for line in _ENDS.split(pending):
        number += 1
        if line:
            yield number, line.removeprefix("\ufeff") if number == 1 else line
