"""Path by path, what a vault states and what stands there: the ground of `verify` and of `rebuild`.

Statements and names are sorted outside of memory and met by name (`bagit.claims`), so that a vault of any
size, or with lists that were made to hurt, is gone through in bounded memory.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import RelPath
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.language import tr
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.claims import MOST_FORMS, meeting
from musicvault.storage.bagit.outcomes import Outcome, Remark, Surveyed
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort
from musicvault.storage.vault.layout import INCOMING, QUARANTINE, VERSIONS, VaultLayout
from musicvault.storage.vault.listcheck import Lists, Stated

_FILE, _STATED = b"\1", b"\2"
_MANY = 32
"""Statements about one path that are kept; the newest count, and few are ever needed."""


@dataclass(frozen=True, slots=True)
class Account:
    """`statements` about the path, oldest first, none for what no list names. `seen` is what stands there, under this
    name or one that differs in normal form only; None where nothing does. `overfull`: the lists spell this name in more
    ways than were kept, which no text does by chance."""

    path: RelPath
    statements: tuple[Stated, ...]
    seen: Seen | None
    overfull: bool = False

    @property
    def crowded(self) -> bool:
        """Whether older statements may have been passed over."""
        return len(self.statements) >= _MANY


class Accounts:
    """One pass over a vault: `read` and `walk` first, in this order and to their end, then `each`."""

    def __init__(self, layout: VaultLayout, where: str, spill: Spill, checkpoint: Checkpoint) -> None:
        self.lists = Lists(layout, where, checkpoint)
        self.leftovers = 0
        self._closed: list[RelPath] = []
        self._layout = layout
        self._where = where
        self._spill = spill
        self._checkpoint = checkpoint
        self._meet = meeting(layout.root)

    def read(self) -> Iterator[Outcome]:
        """Read the lists; yields what is wrong with them."""
        for one in self.lists.read():
            if isinstance(one, Stated):
                self._spill.add(self._meet(one.path) + b"\0" + _packed(one))
            else:
                yield one

    def walk(self) -> Iterator[Outcome]:
        """Look what is there; yields folders that can't be listed, and leftovers."""
        files = size = 0
        for top in (b"data", VERSIONS, QUARANTINE):
            for seen in tree.walk(self._layout.root, top, self._checkpoint):
                if seen.sort is Sort.CLOSED:
                    self._closed.append(seen.path + b"/")
                    fact = Evidence("folder-closed")
                    yield Finding(seen.path, self._where, Verdict.UNREADABLE, (fact,), on_drive=True)
                    continue
                files += 1
                size += seen.size
                head = _FILE + seen.sort.value + struct.pack(">Q", seen.size)
                self._spill.add(self._meet(seen.path) + b"\0" + head + seen.path)
        for seen in tree.walk(self._layout.root, INCOMING, self._checkpoint):
            self.leftovers += 1
            yield Remark(seen.path, tr("Left by interrupted work; the next job on this drive clears it away."))
        yield Surveyed(files, size)

    def is_closed(self, path: RelPath) -> bool:
        """Whether it lies in a folder that couldn't be listed: nothing there is missing (M2)."""
        return any(path.startswith(folder) for folder in self._closed)

    def never_arrived(self, account: Account) -> bool:
        """Whether nothing stands there because the work was interrupted before its files moved."""
        newest = account.statements[-1]
        still = bool(newest.source) and tree.look(self._layout.root, newest.source) is not None
        return newest.journaled and (still or self.leftovers > 0)

    def each(self) -> Iterator[Account]:
        """Every path that is stated or stands there, in the order of the names."""
        for _, records in groupby(self._spill, lambda record: record[: record.index(b"\0")]):
            self._checkpoint()
            group = _Group()
            for record in records:
                group.add(record[record.index(b"\0") + 1 :])
            yield from group.accounts()


@dataclass(slots=True)
class _Group:
    files: dict[RelPath, Seen] = field(default_factory=dict)
    stated: dict[RelPath, deque[Stated]] = field(default_factory=dict)
    overfull: bool = False

    def add(self, claim: bytes) -> None:
        if claim[:1] == _FILE:
            (size,) = struct.unpack(">Q", claim[2:10])
            self.files[claim[10:]] = Seen(claim[10:], Sort(claim[1:2]), size)
        else:
            stated = _unpacked(claim)
            if stated.path in self.stated or len(self.stated) < MOST_FORMS:
                self.stated.setdefault(stated.path, deque(maxlen=_MANY)).append(stated)
            else:
                self.overfull = True

    def accounts(self) -> Iterator[Account]:
        taken: set[RelPath] = set()
        for path, statements in self.stated.items():
            seen = self.files.get(path) or next(
                (seen for name, seen in self.files.items() if name not in self.stated), None
            )
            if seen is not None:
                taken.add(seen.path)
            yield Account(path, tuple(statements), seen, self.overfull)
            self.overfull = False  # it is told once
        for path in sorted(self.files.keys() - taken):
            yield Account(path, (), self.files[path])


_HEAD = struct.Struct(">QcHH32s")


def _packed(one: Stated) -> bytes:
    flag = b"-" if one.gone else b"?" if one.unread else b"="
    head = _HEAD.pack(one.order, flag, len(one.list), len(one.source), one.sha256)
    return _STATED + head + one.list + one.source + one.path


def _unpacked(claim: bytes) -> Stated:
    order, flag, named, moved, sha256 = _HEAD.unpack_from(claim, 1)
    text = claim[1 + _HEAD.size :]
    return Stated(
        path=text[named + moved :],
        order=order,
        list=text[:named],
        sha256=sha256 if flag == b"=" else b"",
        source=text[named : named + moved],
        gone=flag == b"-",
    )
