"""Checking chosen items: every copy of them that is within reach is read from its medium now and judged.

The same looks and the same settling as a scrub's, for a handful of files: in order, without lanes, and without touching
a pass that is under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from musicvault.catalog import items, passes, replicas
from musicvault.catalog.items import Item
from musicvault.catalog.passes import Proven
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType, Outcome
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import places
from musicvault.engine.context import Context
from musicvault.engine.judging import Task, look
from musicvault.engine.lanes import Reader
from musicvault.engine.places import Place, Reach
from musicvault.engine.scan import scan
from musicvault.engine.settling import Settler
from musicvault.errors import Locked, VaultError

JOB = "scrub"


def check(ctx: Context, item_ids: Sequence[int], *, replica_ids: Collection[int] | None = None) -> Job:
    """Read and judge every reachable copy of these items, superseded and quarantined ones too; with `replica_ids` only
    those copies.

    Counts: checked, bytes, failed, away (copies that are not within reach) and one for each verdict. Raises DriveGone
    where a drive vanishes in the middle, at the end.
    """
    run = _Check(ctx, places.reachable(ctx), replica_ids)
    chosen = list(items.many(ctx.catalog, item_ids))
    copies = {item.id: run.copies(item) for item in chosen}
    todo = [replica for found in copies.values() for replica, _ in found]
    yield Started(JOB, "", len(todo), sum(replica.stat.size for replica in todo))
    for item in chosen:
        yield from run.item(item, copies[item.id])
    yield from run.scans()
    yield Finished(JOB, dict(run.counts), _exit_code(ctx, chosen, run.counts))
    if run.vanished:
        raise places.gone(run.vanished[0])


class _Check:
    def __init__(self, ctx: Context, reach: Reach, only: Collection[int] | None) -> None:
        self._ctx = ctx
        self._only = only
        self._reach = reach
        self._settlers: dict[passes.Place, Settler] = {}
        self._to_scan: set[int] = set()
        self.vanished: list[Place] = []
        self.counts: Counter[str] = Counter({"checked": 0, "bytes": 0, "intact": 0, "corrupt": 0, "missing": 0})

    def copies(self, item: Item) -> list[tuple[Replica, Place]]:
        """The copies that can be read now, with where they are."""
        found = []
        for replica in replicas.of_item(self._ctx.catalog, item.id):
            if replica.state is ReplicaState.FORGOTTEN or (self._only is not None and replica.id not in self._only):
                continue
            place = self._reach.place(replica.vault_id, item.library_id)
            if place is None:
                self.counts["away"] += 1
            else:
                found.append((replica, place))
        return found

    def item(self, item: Item, copies: Sequence[tuple[Replica, Place]]) -> Iterator[Notice]:
        verdicts: Counter[str] = Counter()
        for replica, place in copies:
            self._ctx.checkpoint()
            if place in self.vanished:
                continue
            yield from self._copy(replica, place, verdicts)
            yield Advanced(self.counts["checked"], self.counts["bytes"], display(item.path))
        self.counts.update(verdicts)
        if verdicts:
            self._record(item, verdicts)

    def _copy(self, replica: Replica, place: Place, verdicts: Counter[str]) -> Iterator[Notice]:
        due = next(iter(passes.load(self._ctx.catalog, [replica.id])), None)
        if due is None:
            return
        found = look(Task(0, due, place.path(due.path)), Reader(self._ctx.checkpoint, self._count_bytes))
        self.counts["checked"] += 1
        if found.reading is not None and found.matches:
            verdicts[Verdict.INTACT.value] += 1
            if found.reading.grade is None:
                self.counts["unproven"] += 1
            else:
                self._prove(Proven(due, found.reading.stat, found.reading.grade))
            return
        try:
            settled = self._settler(place).settle(found)
        except Locked as error:
            self.counts["failed"] += 1
            yield ItemDone("failed", due.path, place.name, problem=str(error))
            return
        if settled.vanished:
            self.vanished.append(place)
            self.counts["failed"] += 1
            yield ItemDone("failed", b"", place.name, problem=str(places.gone(place)))
            return
        if settled.needs_scan and place.library is not None:
            self._to_scan.add(place.library.id)
        if settled.proven is not None:
            self._prove(settled.proven)
        if settled.verdict is not None:
            verdicts[settled.verdict.value] += 1
        if settled.finding is not None:
            yield ItemDone("finding", settled.finding.path, place.name, finding=settled.finding)

    def _settler(self, place: Place) -> Settler:
        if place.key not in self._settlers:
            self._settlers[place.key] = Settler(self._ctx, place)
        return self._settlers[place.key]

    def _count_bytes(self, amount: int) -> None:
        self.counts["bytes"] += amount

    def _prove(self, proven: Proven) -> None:
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            passes.prove(transaction, [proven])

    def _record(self, item: Item, verdicts: Counter[str]) -> None:
        right = set(verdicts) == {Verdict.INTACT.value}
        with self._ctx.catalog.transaction(self._ctx.now()) as transaction:
            transaction.event(
                item.event(
                    EventType.FIXITY_CHECK,
                    Outcome.SUCCESS if right else Outcome.FAIL,
                    detail={"asked for": "this file", **verdicts},
                )
            )

    def scans(self) -> Iterator[Notice]:
        """What the user changed since the last scan is the scan's business, as in a scrub."""
        for library_id in sorted(self._to_scan):
            try:
                for notice in scan(self._ctx, [library_id]):
                    if isinstance(notice, Finished):
                        self.counts["failed"] += notice.counts.get("failed", 0)
                    elif isinstance(notice, ItemDone):
                        yield notice
            except VaultError as error:
                self.counts["failed"] += 1
                yield ItemDone("failed", b"", self._reach.names[library_id], problem=str(error))


def _exit_code(ctx: Context, chosen: Sequence[Item], counts: Counter[str]) -> int:
    states = set()
    for item in chosen:
        for replica in replicas.of_item(ctx.catalog, item.id):
            on_drive = replica.vault_id is not None and replica.role != replicas.QUARANTINE
            if on_drive or replica.vault_id is None:
                states.add((replica.state, on_drive))
    if any(state.is_damage or (state is ReplicaState.MISSING and on_drive) for state, on_drive in states):
        return 20
    if any(state in (ReplicaState.HELD, ReplicaState.FOREIGN) for state, _ in states):
        return 22
    return 3 if counts["failed"] else 0
