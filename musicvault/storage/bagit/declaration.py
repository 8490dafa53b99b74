"""`bagit.txt`: which version of BagIt a bag follows, and in which encoding its tag files are."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from musicvault.domain.paths import display
from musicvault.errors import BagRefused, ItemError
from musicvault.language import tr
from musicvault.storage.bagit.textlines import NotTextError, encoding_named, lines
from musicvault.storage.reading import OpenFile
from musicvault.storage.stats import may_be_there

NAME = b"bagit.txt"
_BOM = b"\xef\xbb\xbf"
_LABELS = ("BagIt-Version", "Tag-File-Character-Encoding")
_STRICT = re.compile(r"([A-Za-z-]+):[ \t]*(\S+)[ \t]*\Z")
_TOLERANT = re.compile(r"\s*([A-Za-z-]+)\s*:\s*(\S+)\s*\Z")
_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\Z")
_KNOWN = frozenset({*((0, minor) for minor in range(93, 98)), (1, 0)})
"""Those that were ever published; 1.0 followed 0.97."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """`version` as (major, minor), `encoding` as Python names it."""

    version: tuple[int, int]
    encoding: str

    @property
    def strict(self) -> bool:
        """Whether RFC 8493 applies: every manifest lists every file, once, and `%25` stands for a percent sign."""
        return self.version >= (1, 0)

    @property
    def info_name(self) -> bytes:
        """The file of the bag's own metadata; it had another name before version 0.96."""
        return b"package-info.txt" if self.version <= (0, 95) else b"bag-info.txt"


def read_declaration(root: bytes) -> Declaration:
    """Read `root/bagit.txt`, by the letter from version 1.0 on (RFC 8493, section 2.1.1), with more patience before.

    Raises `BagRefused` where there is none, where it isn't the two lines that it must be, or names a version or an
    encoding that isn't known here.
    """
    path = os.path.join(root, NAME)
    if not may_be_there(path):
        raise BagRefused(tr("{folder} is no BagIt bag and no vault: it has no bagit.txt.", folder=display(root)))
    try:
        with OpenFile(path) as file:
            if file.read_at(0, len(_BOM)) == _BOM:
                raise BagRefused(tr("bagit.txt begins with a byte order mark, which BagIt forbids."))
        found = [text for _, text in lines(path, "utf-8")]
    except ItemError as error:
        raise BagRefused(tr("bagit.txt can't be read: {cause}.", cause=error.cause)) from error
    except NotTextError as error:
        raise BagRefused(tr("bagit.txt is no UTF-8 text.")) from error
    return _parsed(found)


def _parsed(found: list[str]) -> Declaration:
    plain = [match for text in found if (match := _TOLERANT.match(text))]
    values = {match[1]: match[2] for match in plain}
    for label in _LABELS:
        if len({match[2] for match in plain if match[1] == label}) > 1:
            raise BagRefused(tr("bagit.txt says more than one {label}.", label=label))
        if label not in values:
            raise BagRefused(tr("bagit.txt doesn't say its {label}.", label=label))
    number = _VERSION.match(values[_LABELS[0]])
    if number is None:
        raise BagRefused(tr("bagit.txt has no version like 1.0: {version}", version=ascii(values[_LABELS[0]][:40])))
    version = int(number[1]), int(number[2])
    if version not in _KNOWN:
        raise BagRefused(
            tr("BagIt {version} isn't known here; 0.93 to 0.97 and 1.0 are.", version=f"{version[0]}.{version[1]}")
        )
    if version >= (1, 0):
        exact = [match[1] if (match := _STRICT.match(text)) else "" for text in found]
        if exact != list(_LABELS):
            raise BagRefused(
                tr(
                    "bagit.txt isn't what BagIt 1.0 asks for: exactly two lines, BagIt-Version and "
                    "Tag-File-Character-Encoding, with no blank before the colon."
                )
            )
    return Declaration(version, encoding_named(values[_LABELS[1]]))
