"""Checking a whole vault with nothing but itself: its lists, its journal, every copy, version and quarantined file.

The rules for readers of format.md: the newest statement about a path wins; one that was never carried out is
interrupted work, no damage; a list counts only when it is what was written last. The drive is hostile input.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import RelPath, display
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import ItemError
from musicvault.language import tr
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.claims import key
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark, Surveyed
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort
from musicvault.storage.reading import read_file
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.layout import INCOMING, QUARANTINE, README_PATH, VERSIONS, VaultLayout
from musicvault.storage.vault.listcheck import Lists, Stated, label_of

_FILE, _STATED = b"\1", b"\2"
_MANY = 32
"""Statements about one path that are kept; the newest count, and few are ever needed."""


def verify_vault(layout: VaultLayout, *, checkpoint: Checkpoint = never_stops) -> Iterator[Outcome]:
    """Check everything that a vault holds against its own lists, reading each file from the medium. Yields a finding
    for each that isn't right, `Checked` for each that is. Writes nothing, follows no link.

    Raises `DriveRefused` for a vault of a newer format, `VaultError` where the drive stops answering.
    """
    with Spill() as spill:
        yield from _Vault(layout, label_of(layout), spill, checkpoint).check()


@dataclass(slots=True)
class _Group:
    """All that is known of one name: files by exact path, statements oldest first."""

    files: dict[RelPath, Seen] = field(default_factory=dict)
    stated: dict[RelPath, deque[Stated]] = field(default_factory=dict)

    def file_for(self, path: RelPath) -> Seen | None:
        if path in self.files:
            return self.files[path]
        return next((seen for name, seen in self.files.items() if name not in self.stated), None)


@dataclass(slots=True)
class _Vault:
    layout: VaultLayout
    where: str
    spill: Spill
    checkpoint: Checkpoint
    leftovers: int = 0
    doubtful: frozenset[RelPath] = frozenset()
    closed: list[RelPath] = field(default_factory=list)

    def check(self) -> Iterator[Outcome]:
        lists = Lists(self.layout, self.where, self.checkpoint)
        for one in lists.read():
            if isinstance(one, Stated):
                self.spill.add(_packed(one))
            else:
                yield one
        self.doubtful = lists.doubtful
        yield from self._walk()
        for group in self._groups():
            self.checkpoint()
            yield from self._judge(group)
        yield from lists.snapshots()

    def _walk(self) -> Iterator[Outcome]:
        files = size = 0
        for top in (b"data", VERSIONS, QUARANTINE):
            for seen in tree.walk(self.layout.root, top, self.checkpoint):
                if seen.sort is Sort.CLOSED:
                    self.closed.append(seen.path + b"/")
                    yield self._finding(seen.path, Verdict.UNREADABLE, Evidence("folder-closed"))
                    continue
                files += 1
                size += seen.size
                head = _FILE + seen.sort.value + struct.pack(">Q", seen.size)
                self.spill.add(key(seen.path) + b"\0" + head + seen.path)
        for seen in tree.walk(self.layout.root, INCOMING, self.checkpoint):
            self.leftovers += 1
            yield Remark(seen.path, tr("Left by interrupted work; the next job on this drive clears it away."))
        yield Surveyed(files, size)

    def _groups(self) -> Iterator[_Group]:
        for _, records in groupby(self.spill, lambda record: record[: record.index(b"\0")]):
            group = _Group()
            for record in records:
                claim = record[record.index(b"\0") + 1 :]
                if claim[:1] == _FILE:
                    (size,) = struct.unpack(">Q", claim[2:10])
                    group.files[claim[10:]] = Seen(claim[10:], Sort(claim[1:2]), size)
                else:
                    stated = _unpacked(claim)
                    group.stated.setdefault(stated.path, deque(maxlen=_MANY)).append(stated)
            yield group

    # -- judging

    def _judge(self, group: _Group) -> Iterator[Outcome]:
        judged: set[RelPath] = set()
        for path, statements in group.stated.items():
            seen = group.file_for(path)
            if seen is not None:
                judged.add(seen.path)
            yield from self._compare(path, statements, seen)
        for path in sorted(group.files.keys() - judged):
            yield from self._unlisted(group.files[path])

    def _compare(self, path: RelPath, statements: deque[Stated], seen: Seen | None) -> Iterator[Outcome]:
        listed = [one for one in statements if one.order == 0]
        if len(listed) > 1:
            yield self._finding(listed[0].list, Verdict.CORRUPT, Evidence("listed-twice", {"path": display(path)}))
        newest = statements[-1]
        if seen is None:
            if newest.gone or any(path.startswith(folder) for folder in self.closed):
                return
            if newest.journaled and (self.leftovers or self._still_at(newest.source)):
                yield Remark(path, tr("A copy was on its way here when the work was interrupted."))
            else:
                yield self._finding(path, Verdict.MISSING, Evidence("not-there"))
            return
        if seen.sort is not Sort.FILE:
            yield self._finding(seen.path, Verdict.CORRUPT, Evidence("no-file"))
            return
        if newest.unread:
            return  # bytes in quarantine that couldn't be read when they were moved: there is nothing to compare
        try:
            sha256 = read_file(
                os.path.join(self.layout.root, seen.path), blocks=False, from_device=True, checkpoint=self.checkpoint
            ).digests.sha256
        except ItemError as error:
            code = "read-error" if error.offset is None else "read-error-at"
            values = {"cause": error.cause} | ({} if error.offset is None else {"offset": error.offset})
            yield self._finding(seen.path, Verdict.UNREADABLE, Evidence(code, values))
            return
        yield self._verdict(seen, statements, sha256)

    def _verdict(self, seen: Seen, statements: deque[Stated], sha256: bytes) -> Outcome:
        newest = statements[-1]
        if not newest.gone and newest.sha256 == sha256:
            return Checked(seen.path, seen.size)
        if newest.journaled and any(not one.gone and one.sha256 == sha256 for one in statements):
            return Remark(seen.path, tr("It still holds what stood here before the work that was interrupted."))
        if newest.gone:
            return self._finding(seen.path, Verdict.FOREIGN, Evidence("not-listed"))
        values = {"list": display(newest.list), "algorithm": "SHA-256"}
        verdict = Verdict.SUSPECT if newest.list in self.doubtful else Verdict.CORRUPT
        return self._finding(seen.path, verdict, Evidence("digest-differs", values))

    def _unlisted(self, seen: Seen) -> Iterator[Outcome]:
        if seen.path == README_PATH and seen.sort is Sort.FILE and seen.size == len(tagfiles.README):
            return  # the note of an empty vault, between two steps of a fold
        yield self._finding(seen.path, Verdict.FOREIGN, Evidence("not-listed"))

    def _still_at(self, source: RelPath) -> bool:
        return bool(source) and tree.look(self.layout.root, source) is not None

    def _finding(self, path: RelPath, verdict: Verdict, *facts: Evidence) -> Finding:
        return Finding(path, self.where, verdict, facts, on_drive=True)


_HEAD = struct.Struct(">QcHH32s")


def _packed(one: Stated) -> bytes:
    flag = b"-" if one.gone else b"?" if one.unread else b"="
    head = _HEAD.pack(one.order, flag, len(one.list), len(one.source), one.sha256)
    return key(one.path) + b"\0" + _STATED + head + one.list + one.source + one.path


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
