"""Work that the old computer left unfinished on a vault, finished or taken back without it.

A crash interrupts the last batch of moves and no other (format.md: no step begins before the one above it is durable),
so only the journal's last lines are looked at. Where a line's bytes are whole, its move is carried out: the copy that
was on its way may be the only one of that music. What can't be carried out is stated as it stands, so that the lists
never claim what isn't there. What can't be read is neither gone nor another's: its size tells which of the lacking
files it is, and under that name it is a damaged copy like any other; where that can't be told it is set aside.
"""

from __future__ import annotations

import errno
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from musicvault.domain.paths import RelPath, split
from musicvault.domain.values import Digests
from musicvault.engine.context import Context
from musicvault.engine.rebuild import unspoken
from musicvault.engine.rebuild.ground import Ground
from musicvault.engine.rebuild.sources import Source
from musicvault.errors import ItemError, VaultError
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.vault import journal, manifest
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import INCOMING, free_quarantine_path, is_incoming, is_payload
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.records import Operation, Record

LAST_LINES = 256
"""More than a batch of 64 files ever writes."""

_MOVES = frozenset({Operation.VERSION, Operation.QUARANTINE, Operation.RENAME})
_ASIDE = frozenset({Operation.VERSION, Operation.QUARANTINE})
_ARRIVALS = frozenset({Operation.PUT, Operation.REPLACE})


def finish(ctx: Context, source: Source) -> int:
    """Finish what the journal says had begun; gives how many files were moved to their names. Idempotent. Raises
    VaultError where the drive doesn't let us, or doesn't show what there is; Locked."""
    layout = source.layout
    said = journal.replay(layout.journal)
    if not said.records and not said.damaged:
        return 0
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now), explained(layout.root):
        ground = Ground(layout, ctx.checkpoint)
        work = _Unfinished(ctx, ground, said.records)
        if not work.unfulfilled() and not said.damaged:
            return 0
        try:
            moved = work.roll_forward()
            statements = work.restated(source.generation)
            if said.damaged:
                moved += unspoken.bring_home(ground, said.records)
                unspoken.set_aside(ground, ctx.now())
            if statements:
                with Journal(layout.journal) as open_journal:
                    open_journal.append_many(statements)
            return moved + work.take_back(statements)
        except ItemError as error:
            raise VaultError(str(error)) from error


def remains(ctx: Context, source: Source) -> bool:
    """Whether there is work to finish on a drive that can't be written. Raises VaultError."""
    layout = source.layout
    said = journal.replay(layout.journal)
    with explained(layout.root):
        ground = Ground(layout, ctx.checkpoint)
        return bool(_Unfinished(ctx, ground, said.records).unfulfilled() or (said.damaged and unspoken.waiting(ground)))


@dataclass(slots=True)
class _Unfinished:
    ctx: Context
    ground: Ground
    lines: Sequence[Record]
    _unread: list[RelPath] = field(default_factory=list)
    _aside: list[Record] = field(default_factory=list)

    @property
    def recent(self) -> Sequence[Record]:
        return self.lines[-LAST_LINES:]

    def _newest(self) -> dict[RelPath, Record]:
        """The newest of the last lines about each path."""
        return {path: line for line in self.recent for path in (line.source, line.path) if path}

    def unfulfilled(self) -> dict[RelPath, Record]:
        """Paths of the last lines where something else stands than their newest line says, with that line."""
        return {path: line for path, line in self._newest().items() if not self._is_fulfilled(path, line)}

    def _is_fulfilled(self, path: RelPath, line: Record) -> bool:
        there = self.ground.at(path)
        if path == line.source or line.operation is Operation.REMOVE:
            return there is None
        if there is None:
            return False
        return there.reading is None or not line.sha256 or there.reading.digests.sha256 == line.sha256

    # -- forward

    def roll_forward(self) -> int:
        """Carry out every move whose bytes are whole and whose target is free, in the journal's order."""
        arriving, newest = self._arriving(), self._newest()
        moved = sum(self._carried_out(line, arriving, newest) for line in self.recent)
        for line in self.recent:
            waiting = arriving.get(line.sha256) if line.operation in _ARRIVALS else None
            if waiting and not self._stands(line):
                self._set_aside(waiting.pop(), line, known=True)  # its name is taken: these may be the only such bytes
        sizes = {path: os.lstat(self.ground.layout.path(path)).st_size for path in self._unread}
        several = {size for size, count in Counter(sizes.values()).items() if count > 1}
        return moved + sum(self._told_by_size(path, size, size in several) for path, size in sizes.items())

    def _arriving(self) -> Mapping[bytes, list[RelPath]]:
        """By SHA-256, the files in `incoming/` that can be read: of the same bytes there may be several. Raises OSError
        where it can't be listed."""
        found: dict[bytes, list[RelPath]] = defaultdict(list)
        for seen in tree.walk(self.ground.layout.root, INCOMING, self.ctx.checkpoint):
            if seen.sort is Sort.CLOSED:  # not empty: the only copy of some music may lie in it
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            there = self.ground.at(seen.path)
            if there is not None and there.reading is not None:
                found[there.reading.digests.sha256].append(seen.path)
            elif there is not None:
                self._unread.append(seen.path)
        return found

    def _carried_out(
        self, line: Record, arriving: Mapping[bytes, list[RelPath]], newest: Mapping[RelPath, Record]
    ) -> bool:
        if self.ground.at(line.path) is not None:
            if line.operation in _MOVES and not self._is_fulfilled(line.source, newest[line.source]):
                self._end_cut(line)
            return False
        if line.operation in _ARRIVALS:
            waiting = arriving.get(line.sha256)
            if not waiting:
                return False
            self.ground.move(waiting.pop(), line.path, line.mtime_ns)
            return True
        there = self.ground.at(line.source) if line.operation in _MOVES else None
        if there is None:
            return False
        if there.reading is not None and line.sha256:
            if there.reading.digests.sha256 != line.sha256:
                return False
        elif line.operation not in _ASIDE or newest[line.path] is not line:
            return False  # nobody knows what it is: only what was to step aside whatever it is does so
        self.ground.move(line.source, line.path)
        return not is_incoming(line.path)

    def _told_by_size(self, unread: RelPath, size: int, several: bool) -> int:
        """Place what can't be read under the name of the one lacking file of its size; gives how many were placed. What
        may be one of several is set aside. What fits none was never whole, so no line speaks of it: whoever has the
        vault next clears it away."""
        fitting = [line for line in self._lacking() if line.size == size]
        if not fitting:
            return 0
        if len(fitting) == 1 and not several:
            self.ground.move(unread, fitting[0].path, fitting[0].mtime_ns)
            return 1
        self._set_aside(unread, fitting[-1])
        return 0

    def _stands(self, line: Record) -> bool:
        """Whether the line's bytes can be read under its name."""
        there = self.ground.at(line.path)
        return there is not None and there.reading is not None and there.reading.digests.sha256 == line.sha256

    def _set_aside(self, waiting: RelPath, line: Record, *, known: bool = False) -> None:
        """Keep in quarantine what may be what the line speaks of, or is `known` to be."""
        now = self.ctx.now()
        path = free_quarantine_path(self.ground.layout, now, b"", split(line.path)[1])
        self.ground.move(waiting, path)  # before it is stated: what is moved by then is not looked for again
        self._aside.append(
            Record(
                *(Operation.QUARANTINE, path, int(now), line.generation, line.path),
                size=line.size,
                sha256=line.sha256 if known else b"",
                blake3=line.blake3 if known else b"",
                library=line.library,
                original=line.original,
            )
        )

    def _lacking(self) -> list[Record]:
        """The newest lines about what should have arrived, where nothing stands."""
        unfulfilled = self.unfulfilled().items()
        return [
            line
            for path, line in unfulfilled
            if path == line.path and line.operation in _ARRIVALS and self.ground.at(path) is None
        ]

    def _end_cut(self, line: Record) -> None:
        """Where a move is a link and an unlink it may have been cut in two: then the old name goes, once both are known
        to be of the same bytes."""
        old, new = self.ground.at(line.source), self.ground.at(line.path)
        if old is None or new is None or old.reading is None or new.reading is None:
            return
        if old.reading.digests.sha256 == new.reading.digests.sha256 and line.sha256 in (
            b"",
            new.reading.digests.sha256,
        ):
            self.ground.unlink(line.source)

    # -- back

    def restated(self, generation: int) -> list[Record]:
        """What was set aside; and for each line that couldn't be carried out, what holds instead."""
        unfulfilled = self.unfulfilled()
        known = self._known_before(unfulfilled)
        aside = {line.source: line for line in self.recent if line.operation in _MOVES and line.path not in unfulfilled}
        found = list(self._aside)
        for path, line in sorted(unfulfilled.items()):
            if is_incoming(path):
                continue
            now = {"time": int(self.ctx.now()), "generation": generation}
            there, back = self.ground.at(path), aside.get(path)
            if there is not None:
                reading = there.reading
                if reading is not None and reading.digests.sha256 in known.get(path, ()):
                    found.append(_expected(path, line, reading.digests, reading.stat.mtime_ns, now))
            elif back is not None and back.operation is Operation.VERSION:
                found.append(replace(back, operation=Operation.RENAME, path=path, source=back.path, **now))  # type: ignore[arg-type]
            elif path == line.path:
                found.append(Record(Operation.REMOVE, path, now["time"], generation))
        return found

    def _known_before(self, paths: Mapping[RelPath, Record]) -> dict[RelPath, set[bytes]]:
        """Every SHA-256 that the journal or the manifest ever stated for these paths."""
        known: dict[RelPath, set[bytes]] = {path: set() for path in paths}
        for line in self.lines:
            if line.path in known:
                known[line.path].add(line.sha256)
            if line.source in known:
                known[line.source].add(line.sha256)
        with suppress(VaultError):
            for entry in manifest.read_entries(self.ground.layout.manifest):
                if entry.path in known:
                    known[entry.path].add(entry.sha256)
        return known

    def take_back(self, statements: Sequence[Record]) -> int:
        """Old versions whose successor never came go back to their names, as was just stated."""
        moves = [one for one in statements if one.operation is Operation.RENAME and is_payload(one.path)]
        for one in moves:
            self.ground.move(one.source, one.path)
        return len(moves)


def _expected(path: RelPath, line: Record, digests: Digests, mtime_ns: int, now: Mapping[str, int]) -> Record:
    return Record(
        Operation.EXPECT,
        path,
        now["time"],
        now["generation"],
        blake3=digests.blake3,
        sha256=digests.sha256,
        size=digests.size,
        mtime_ns=mtime_ns,
        library=line.library,
        original=line.original if path == line.path else b"",
    )
