"""Claims about paths, sorted so that all about one name come together, however many there are.

Names meet in Unicode normal form C: HFS+ and others change the form of a name, which makes no file missing
(bagit-python#51). Where two files differ in nothing else, each is matched with the entry in its own form. A file system
that knows no case may list names in another case than they were written in: there they meet folded.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from musicvault.domain.paths import RelPath, folded
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort

Meet = Callable[[RelPath], bytes]

_FILE, _ENTRY, _SOURCE = b"\1", b"\2", b"\3"
_HEAD = struct.Struct(">HIH")
MOST_FORMS = 256
"""Spellings of one name that are kept apart; no text has as many by chance."""


@dataclass(slots=True)
class Listed:
    """What one manifest says of one path: the first digest, and what else it says of the same path."""

    digest: str
    line: int
    repeated: bool = False
    conflicting: bool = False


@dataclass(slots=True)
class Group:
    """All claims about one name: files by their exact path, entries by (manifest number, exact path), and where
    `fetch.txt` would have it from. `crowded`: there are more spellings than were kept."""

    files: dict[RelPath, Seen] = field(default_factory=dict)
    entries: dict[tuple[int, RelPath], Listed] = field(default_factory=dict)
    source: str = ""
    crowded: bool = False

    def file_for(self, path: RelPath) -> RelPath | None:
        """The file that an entry means: that of its own spelling, else one that no entry spells exactly."""
        if path in self.files:
            return path
        spelled = {entry for _, entry in self.entries}
        return next((file for file in self.files if file not in spelled), None)


class Claims:
    """Collects claims, then gives them group by group. Closing `spill` is the caller's. `meet` gives the form in which
    names meet (`meeting`)."""

    def __init__(self, spill: Spill, meet: Meet) -> None:
        self._spill = spill
        self._meet = meet

    def file(self, seen: Seen) -> None:
        tail = seen.sort.value + struct.pack(">Q", seen.size) + seen.path
        self._spill.add(self._meet(seen.path) + b"\0" + _FILE + tail)

    def entry(self, manifest: int, line: int, path: RelPath, digest: str) -> None:
        raw = digest.encode("ascii")
        self._spill.add(self._meet(path) + b"\0" + _ENTRY + _HEAD.pack(manifest, line, len(raw)) + raw + path)

    def source(self, path: RelPath, url: str) -> None:
        self._spill.add(self._meet(path) + b"\0" + _SOURCE + url[:400].encode("utf-8", "replace"))

    def groups(self) -> Iterator[Group]:
        """In the order of the names."""
        for _, records in groupby(self._spill, lambda record: record[: record.index(b"\0")]):
            group = Group()
            for record in records:
                _read(record[record.index(b"\0") + 1 :], group)
            yield group


def meeting(root: bytes) -> Meet:
    """The form in which the names below `root` meet."""
    return _folded if _knows_no_case(root) else _composed


def _knows_no_case(root: bytes) -> bool:
    try:
        names = os.listdir(root)
    except OSError:
        return False
    others = [name.swapcase() for name in names if name.isascii()]
    return any(other not in names and os.path.lexists(os.path.join(root, other)) for other in others)


def _folded(path: RelPath) -> bytes:
    return folded(path.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _composed(path: RelPath) -> bytes:
    text = path.decode("utf-8", "surrogateescape")
    return path if text.isascii() else unicodedata.normalize("NFC", text).encode("utf-8", "surrogateescape")


def _read(claim: bytes, group: Group) -> None:
    if claim[:1] == _FILE:
        path = claim[10:]
        (size,) = struct.unpack(">Q", claim[2:10])
        group.files[path] = Seen(path, Sort(claim[1:2]), size)
    elif claim[:1] == _ENTRY:
        manifest, line, length = _HEAD.unpack_from(claim, 1)
        start = 1 + _HEAD.size
        digest, path = claim[start : start + length].decode("ascii"), claim[start + length :]
        known = group.entries.get((manifest, path))
        if known is not None:
            known.repeated = True
            known.conflicting = known.conflicting or known.digest != digest
        elif len(group.entries) < MOST_FORMS:
            group.entries[manifest, path] = Listed(digest, line)
        else:
            group.crowded = True
    else:
        group.source = claim[1:].decode("utf-8")
