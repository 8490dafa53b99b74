"""Work that the old computer left unfinished on a vault, finished or taken back without it.

A crash interrupts the last batch of moves and no other (format.md: no step begins before the one above it is durable),
so only the journal's last lines are looked at. Where a line's bytes are whole, its move is carried out: the copy that
was on its way may be the only one of that music. What can't be carried out is stated as it stands, so that the lists
never claim what isn't there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from musicvault.domain.paths import RelPath
from musicvault.domain.values import Digests
from musicvault.engine.context import Context
from musicvault.engine.rebuild.sources import Source
from musicvault.errors import ItemError, VaultError
from musicvault.storage import durable
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault import journal, manifest
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import INCOMING, VaultLayout, is_incoming, is_payload
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.records import Operation, Record

LAST_LINES = 256
"""More than a batch of 64 files ever writes."""

_MOVES = frozenset({Operation.VERSION, Operation.QUARANTINE, Operation.RENAME})
_ARRIVALS = frozenset({Operation.PUT, Operation.REPLACE})


def finish(ctx: Context, source: Source) -> int:
    """Finish what the journal says had begun; gives how many files were moved to their names. Idempotent. Raises
    VaultError, Locked."""
    layout = source.layout
    lines = journal.replay(layout.journal).records
    if not lines:
        return 0
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now), explained(layout.root):
        work = _Unfinished(ctx, layout, lines)
        if not work.unfulfilled():
            return 0
        moved = work.roll_forward()
        statements = work.restated(source.generation)
        if statements:
            with Journal(layout.journal) as open_journal:
                open_journal.append_many(statements)
        return moved + work.take_back(statements)


@dataclass(slots=True)
class _Unfinished:
    ctx: Context
    layout: VaultLayout
    lines: Sequence[Record]
    _read: dict[RelPath, Reading | None] = field(default_factory=dict)

    @property
    def recent(self) -> Sequence[Record]:
        return self.lines[-LAST_LINES:]

    def unfulfilled(self) -> dict[RelPath, Record]:
        """Paths of the last lines where something else stands than their newest line says, with that line."""
        newest: dict[RelPath, Record] = {}
        for line in self.recent:
            for path in filter(None, (line.source, line.path)):
                newest[path] = line
        return {path: line for path, line in newest.items() if not self._is_fulfilled(path, line)}

    def _is_fulfilled(self, path: RelPath, line: Record) -> bool:
        found = self._reading(path)
        if path == line.source or line.operation is Operation.REMOVE:
            return found is None
        if found is None:
            return False
        return not line.sha256 or found.digests.sha256 == line.sha256

    def _reading(self, path: RelPath) -> Reading | None:
        """What stands at a stored path: None for nothing, and for what is no file or can't be read."""
        if path not in self._read:
            self._read[path] = None
            there = tree.look(self.layout.root, path)
            if there is not None and there.sort is Sort.FILE:
                with suppress(ItemError):
                    place = self.layout.path(path)
                    self._read[path] = read_file(place, from_device=True, checkpoint=self.ctx.checkpoint)
        return self._read[path]

    # -- forward

    def roll_forward(self) -> int:
        """Carry out every move whose bytes are whole and whose target is free, in the journal's order."""
        arriving = self._arriving()
        return sum(self._carried_out(line, arriving) for line in self.recent)

    def _arriving(self) -> Mapping[bytes, RelPath]:
        """By SHA-256, the whole files in `incoming/`. Raises OSError where it can't be listed."""
        found: dict[bytes, RelPath] = {}
        for seen in tree.walk(self.layout.root, INCOMING, self.ctx.checkpoint):
            if seen.sort is Sort.CLOSED:  # not empty: the only copy of some music may lie in it
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            reading = self._reading(seen.path)
            if reading is not None:
                found[reading.digests.sha256] = seen.path
        return found

    def _carried_out(self, line: Record, arriving: Mapping[bytes, RelPath]) -> bool:
        if line.operation in _MOVES:
            origin: RelPath | None = line.source
        else:
            origin = arriving.get(line.sha256) if line.operation in _ARRIVALS else None
        if origin is None or tree.look(self.layout.root, line.path) is not None:
            return False
        found = self._reading(origin)
        if found is None or (line.sha256 and found.digests.sha256 != line.sha256):
            return False
        self._move(origin, line.path, line.mtime_ns if line.operation in _ARRIVALS else 0)
        return not is_incoming(line.path)

    def _move(self, origin: RelPath, path: RelPath, mtime_ns: int = 0) -> None:
        place, target = self.layout.guarded(origin), self.layout.ensure_parent(path)
        if mtime_ns:
            with suppress(OSError):
                durable.set_mtime(place, mtime_ns)
        durable.place(place, target)
        durable.sync_folder(os.path.dirname(target))
        durable.sync_folder(os.path.dirname(place))
        self._read.pop(path, None)
        self._read[origin] = None

    # -- back

    def restated(self, generation: int) -> list[Record]:
        """For each line that couldn't be carried out, what holds instead."""
        unfulfilled = self.unfulfilled()
        known = self._known_before(unfulfilled)
        aside = {line.source: line for line in self.recent if line.operation in _MOVES and line.path not in unfulfilled}
        found: list[Record] = []
        for path, line in sorted(unfulfilled.items()):
            if is_incoming(path):
                continue
            now = {"time": int(self.ctx.now()), "generation": generation}
            reading = self._reading(path)
            back = aside.get(path)
            if reading is not None and reading.digests.sha256 in known.get(path, ()):
                found.append(_expected(path, line, reading.digests, reading.stat.mtime_ns, now))
            elif reading is None and back is not None and back.operation is Operation.VERSION:
                found.append(replace(back, operation=Operation.RENAME, path=path, source=back.path, **now))  # type: ignore[arg-type]
            elif reading is None and tree.look(self.layout.root, path) is None and path == line.path:
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
            for entry in manifest.read_entries(self.layout.manifest):
                if entry.path in known:
                    known[entry.path].add(entry.sha256)
        return known

    def take_back(self, statements: Sequence[Record]) -> int:
        """Old versions whose successor never came go back to their names, as was just stated."""
        moves = [one for one in statements if one.operation is Operation.RENAME and is_payload(one.path)]
        for one in moves:
            self._move(one.source, one.path)
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
