"""Which names of a library are passed over, and why: one compiled rule over bytes.

In this order, for files and folders by their name: *junk* (what operating systems strew about), *excluded* (patterns),
*temporary* (files only: half of something) and *hidden*. A hidden name begins with one dot that no digit or second dot
follows: ".hack" is hidden, but "...And Justice for All" and ".38 Special" are music. rsync's ".name.XXXXXX" is
temporary whatever its name.

A pattern without "/" stands for any file or folder of that name, at any depth; with "/", for a path from the library's
root. `*` is any run of characters within a name, `**` also across folders, `?` one character, `[abc]` one of these.
Case of ASCII letters doesn't matter. An excluded folder is passed over whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache


class SkipReason(StrEnum):
    """Why a file or folder of a library isn't an item."""

    JUNK = "junk"
    EXCLUDED = "excluded"
    TEMPORARY = "temporary"
    HIDDEN = "hidden"
    SYMLINK = "symlink"
    SYMLINKED_FOLDER = "symlinked folder"
    SPECIAL = "special"
    """A socket, FIFO or device."""
    VAULT = "vault"
    UNREADABLE = "unreadable"


DEFAULT_EXCLUSIONS = (
    "@eaDir",  # Synology
    "@Recycle",
    "@__thumb",  # QNAP
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "RECYCLER",
    "System Volume Information",
    "lost+found",
    ".Trash",
    ".Trashes",
    ".Trash-*",
    ".Spotlight-V100",
    ".fseventsd",
    ".git",
    ".svn",
    ".stfolder",  # Syncthing
    ".stversions",
    ".AppleDouble",
)

_JUNK = rb"\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|\.directory|\.nomedia|\.localized"
_TEMPORARY = (
    rb".*\.(?:part|partial|tmp|temp|crdownload|download|!ut|!qb|filepart)"
    rb"|~.*"
    rb"|\.~.*"
    rb"|\..*\.[A-Za-z0-9]{6}"  # rsync, while it copies
)
_HIDDEN = rb"\.[^.0-9].*"

_REASONS = (SkipReason.JUNK, SkipReason.EXCLUDED, SkipReason.TEMPORARY, SkipReason.HIDDEN)


class Rules:
    """The rules for one library. `of_file` and `of_folder` give the reason, or None for what is protected."""

    __slots__ = ("_file", "_folder", "_path")

    def __init__(self, exclusions: Sequence[str] = ()) -> None:
        """`exclusions` come on top of `DEFAULT_EXCLUSIONS`."""
        names, paths = _split(exclusions)
        # A pattern that can't match stands where there is none.
        flags = re.IGNORECASE | re.DOTALL
        excluded = b"|".join(names) or b"(?!)"
        self._file = re.compile(b"(%b)|(%b)|(%b)|(%b)" % (_JUNK, excluded, _TEMPORARY, _HIDDEN), flags).fullmatch
        self._folder = re.compile(b"(%b)|(%b)|((?!))|(%b)" % (_JUNK, excluded, _HIDDEN), flags).fullmatch
        self._path = re.compile(b"|".join(paths), flags).fullmatch if paths else None

    def of_file(self, folder: bytes, name: bytes) -> SkipReason | None:
        match = self._file(name)
        # Nearly every file is protected, and a walk asks for each.
        return None if match is None and self._path is None else self._of(match, folder, name)

    def of_folder(self, folder: bytes, name: bytes) -> SkipReason | None:
        return self._of(self._folder(name), folder, name)

    def _of(self, match: re.Match[bytes] | None, folder: bytes, name: bytes) -> SkipReason | None:
        if match is not None:
            return _REASONS[(match.lastindex or 1) - 1]
        if self._path is not None and self._path(folder + b"/" + name if folder else name):
            return SkipReason.EXCLUDED
        return None


@lru_cache(maxsize=64)
def rules(exclusions: tuple[str, ...] = ()) -> Rules:
    """The compiled rules of a library with these patterns of its own."""
    return Rules(exclusions)


def _split(exclusions: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
    names: list[bytes] = []
    paths: list[bytes] = []
    for pattern in (*DEFAULT_EXCLUSIONS, *exclusions):
        plain = pattern.strip("/")
        if plain:
            (paths if "/" in plain else names).append(_translate(plain))
    return names, paths


def _translate(pattern: str) -> bytes:
    # Over bytes, because names are: a character is a byte that continues none, with those that continue it.
    raw = pattern.encode("utf-8", "surrogateescape")
    out = []
    position = 0
    while position < len(raw):
        found = _TOKEN.match(raw, position)
        assert found is not None  # the last branch matches any byte
        token = found[0]
        position = found.end()
        if token == b"**":
            out.append(rb".*")
        elif token == b"*":
            out.append(rb"[^/]*")
        elif token == b"?":
            out.append(rb"(?:[\xc0-\xff][\x80-\xbf]+|[^/])")
        elif len(token) > 1:
            inner = token[1:-1].replace(b"\\", rb"\\").replace(b"[", rb"\[")
            out.append(b"[^" + inner[1:] + b"]" if inner.startswith(b"!") else b"[" + inner + b"]")
        else:
            out.append(re.escape(token))
    return b"".join(out)


_TOKEN = re.compile(rb"\*\*|\[!?[^\]/!][^\]/]*\]|.", re.DOTALL)
