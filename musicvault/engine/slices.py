"""A slice of a scrub: the copies of one place with the oldest proofs, as many as are owed now, one after the other.

The same looks and the same settling as a scrub's, without lanes: a slice runs in the background and takes its time. The
slices that prove everything of a place once make a cycle, which is one event; each finding is another.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from musicvault.catalog import locks, passes, proofs, remembered
from musicvault.catalog.passes import Due, Proven
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.notices import Advanced, Checkpoint, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.verdict import Verdict
from musicvault.engine import ownfiles, places
from musicvault.engine.context import Context
from musicvault.engine.judging import Look, Task, look
from musicvault.engine.lanes import Reader
from musicvault.engine.observing import Reads
from musicvault.engine.places import Place
from musicvault.engine.settling import Settler
from musicvault.errors import Locked, VaultError

JOB = "scrub"
_PAGE = 200
_BATCH = 64
_BATCH_S = 2.0


@dataclass(frozen=True, slots=True)
class Amount:
    """Read at least so many bytes and files; `enough` ends it earlier (asked between files), `skip` names replicas
    that are left out."""

    bytes: int
    files: int = 1
    enough: Callable[[], bool] = lambda: False
    skip: Collection[int] = ()


@dataclass(slots=True)
class Slice:
    """One slice, and what came of it. `unproven`: replicas that were read and could not be proven, which may be
    tried again another day; `needs_scan`: files of the library that were changed by somebody."""

    ctx: Context
    place: Place
    amount: Amount
    checkpoint: Checkpoint | None = None
    on_bytes: Callable[[int], None] = lambda _size: None
    counts: Counter[str] = field(default_factory=Counter)
    unproven: list[int] = field(default_factory=list)
    needs_scan: bool = False
    vanished: bool = False
    complete: bool = False
    _proven: list[Proven] = field(default_factory=list)
    _written_at: float = 0.0
    _began: float = 0.0
    _reads: Reads = field(init=False)
    _rested: float = 0.0

    def run(self) -> Job:
        """Read, judge and settle; proofs are written in small batches. Ends with a `Finished` whose counts are those of
        a scrub. Raises Locked where another scrub reads the same place, DriveGone where it vanishes, at the end."""
        ctx, key = self.ctx, self.place.key
        with locks.held(ctx.catalog.path, key.lock, "scrub"):
            wanted = proofs.most_urgent_first(ctx.catalog, key, ctx.now(), skip=self.amount.skip)
            yield Started(JOB, self.place.name, None, self.amount.bytes)
            yield from self._lists()
            self._began = self._written_at = ctx.now()
            self._reads = self._gathering()
            try:
                yield from self._read(wanted)
            finally:
                self._write_proofs()
                self._end()
        yield Finished(JOB, dict(self.counts), 20 if self._damaged() else 0)
        if self.vanished:
            raise places.gone(self.place)

    def _read(self, wanted: Sequence[int]) -> Iterator[Notice]:
        settler = Settler(self.ctx, self.place)
        for start in range(0, len(wanted), _PAGE):
            for due in passes.load(self.ctx.catalog, wanted[start : start + _PAGE]):
                done = self.counts["bytes"] >= self.amount.bytes and self.counts["checked"] >= self.amount.files
                if done or self.vanished or self.amount.enough():
                    return
                self._step()
                rested = self._rested
                found = look(Task(0, due, self.place.path(due.path)), Reader(self._step, self._count))
                self._reads.add(found.due.stat.size, max(0.0, found.seconds - (self._rested - rested)), found.physical)
                yield from self._take(found, settler)
                yield Advanced(self.counts["checked"], self.counts["bytes"], display(due.path))
                if len(self._proven) >= _BATCH or self.ctx.now() - self._written_at >= _BATCH_S:
                    self._write_proofs()

    def _step(self) -> None:
        """Go on when it is time; how long that took says nothing about the device."""
        began = time.perf_counter()
        (self.checkpoint or self.ctx.checkpoint)()
        self._rested += time.perf_counter() - began

    def _count(self, size: int) -> None:
        self.counts["bytes"] += size
        self.on_bytes(size)

    def _take(self, found: Look, settler: Settler) -> Iterator[Notice]:
        if found.reading is not None and found.matches:
            self._checked(Verdict.INTACT)
            if found.reading.grade is None:
                self._unproven(found.due)
            else:
                self._proven.append(Proven(found.due, found.reading.stat, found.reading.grade))
            return
        try:
            settled = settler.settle(found)
        except Locked:  # it is being worked on, and will be read again
            self._unproven(found.due)
            return
        if settled.vanished:
            self.vanished = True
            return
        if found.failure is not None and places.is_io_error(found.failure):
            self._reads.failed(found.path, found.due.path, found.failure)
        self.needs_scan |= settled.needs_scan
        if settled.verdict is not None:
            self._checked(settled.verdict)
        if settled.proven is not None:
            self._proven.append(settled.proven)
        else:
            self._unproven(found.due)
        if settled.finding is not None:
            yield ItemDone("finding", settled.finding.path, self.place.name, finding=settled.finding)

    def _checked(self, verdict: Verdict) -> None:
        self.counts["checked"] += 1
        self.counts[verdict.value] += 1

    def _unproven(self, due: Due) -> None:
        self.counts["unproven"] += 1
        self.unproven.append(due.replica_id)

    def _write_proofs(self) -> None:
        self._written_at = self.ctx.now()
        if self._proven:
            batch, self._proven = self._proven, []
            with self.ctx.catalog.transaction(self._written_at) as transaction:
                passes.prove(transaction, batch)

    # -- the cycle

    @property
    def _cycle(self) -> str:
        return f"cycle {self.place.key.key}"

    def _gathering(self) -> Reads:
        """What this slice shows of the device belongs to its cycle's pass."""
        so_far = remembered.recall(self.ctx.catalog, self._cycle) or {}
        began = min(so_far.get("began", self._began), self._began)
        _, left = passes.total(self.ctx.catalog, self.place.key, began, self._began)
        return Reads(self.place.volume, left, f"{self._cycle} {began}", so_far.get("bytes", 0))

    def _lists(self) -> Iterator[Notice]:
        """A drive's own lists are looked at once in a cycle, when it begins."""
        if not self.place.on_drive or remembered.recall(self.ctx.catalog, self._cycle) is not None:
            return
        try:
            with self.place.locked(self.ctx, "scrub"):
                found = ownfiles.damaged(self.place)
        except VaultError:
            return  # they are being written
        for finding in found:
            self.counts["damaged_lists"] += 1
            yield ItemDone("finding", finding.path, self.place.name, finding=finding)

    def _end(self) -> None:
        """Add to the cycle; an event where it is complete."""
        catalog, now = self.ctx.catalog, self.ctx.now()
        so_far = remembered.recall(catalog, self._cycle) or {"began": self._began, "slices": 0}
        counts = Counter({key: count for key, count in so_far.items() if key != "began"})
        counts.update({"slices": 1, **self.counts})
        began = min(so_far["began"], now)
        self.complete = not self.vanished and not proofs.unproven_since(catalog, self.place.key, began, now)
        with catalog.transaction(now) as transaction:
            if not self.vanished:
                corrupt = self.counts[Verdict.CORRUPT.value] if self.place.on_drive else 0
                self._reads.record(transaction, complete=self.complete, corrupt=corrupt)
            if self.complete:
                transaction.event(_event(self.place, counts, began))
            remembered.remember(transaction, {self._cycle: None if self.complete else {**counts, "began": began}})

    def _damaged(self) -> bool:
        return _has_damage(self.counts)


def _has_damage(counts: Counter[str]) -> bool:
    verdicts = [verdict.value for verdict in Verdict if verdict.is_damage or verdict is Verdict.MISSING]
    return bool(counts["damaged_lists"] or any(counts[verdict] for verdict in verdicts))


def _event(place: Place, counts: Counter[str], began: float) -> Event:
    return Event(
        EventType.FIXITY_CHECK,
        Outcome.FAIL if _has_damage(counts) else Outcome.SUCCESS,
        library_id=place.key.library_id,
        vault_id=place.key.vault_id,
        detail={"complete": True, "began": began, **counts},
    )
