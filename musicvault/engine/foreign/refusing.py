"""Setting copies aside on their drives, with proven copies in their places; and taking that back."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import contents, items, libraries, replicas
from musicvault.catalog.history import Record
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.notices import Finished, ItemDone, Job, Started
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict, judge_vault
from musicvault.engine import copying, judging, places, sources
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.foreign.copies import REFUSE, Foreign, decision, found, still_waiting
from musicvault.engine.judging import Judged
from musicvault.engine.opened import OpenVault
from musicvault.engine.opening import open_for_writing
from musicvault.engine.places import Place, Reach
from musicvault.engine.placing import Source, Wanted
from musicvault.engine.revoking import to_undo
from musicvault.engine.stated import Stated
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr


def refuse(
    ctx: Context, item_ids: Sequence[int], *, drive: str = "", copies: Collection[int] = (), dry_run: bool = False
) -> Job:
    """Set these copies aside on their drives (for as long as the policy keeps older versions) and put proven copies in
    their places. Where no good copy is within reach the drive stays as it is.

    Counts: refused, failed, bytes. A drive that can't be written stops only its own; the first such VaultError is
    raised at the end.
    """
    reach = places.reachable(ctx)
    chosen = found(ctx, reach, item_ids, drive=drive, copies=copies)
    batch = f"refuse-{uuid.uuid4().hex}"
    groups: dict[str, list[Foreign]] = defaultdict(list)
    for one in chosen:
        groups[one.replica.vault_id or ""].append(one)
    yield Started(REFUSE, "", len(chosen), sum(one.item.content.digests.size for one in chosen))
    yield from _drive_by_drive(
        "refused", ((group[0].where, _refused(ctx, reach, group, batch, dry_run)) for group in groups.values())
    )


def _drive_by_drive(counted: str, work: Iterable[tuple[str, Iterator[ItemDone]]]) -> Job:
    """What is done on each drive (its label goes with it), to the end; then how it ended."""
    counts: Counter[str] = Counter({counted: 0})
    errors: list[VaultError] = []
    for where, notices in work:
        try:
            for notice in notices:
                counts["failed" if notice.action == "failed" else counted] += 1
                counts["bytes"] += notice.bytes
                yield notice
        except VaultError as error:
            errors.append(error)
            yield ItemDone("failed", b"", where, problem=str(error))
    yield Finished(REFUSE, dict(counts), 3 if counts["failed"] else 0)
    if errors:
        raise errors[0]


def _refused(ctx: Context, reach: Reach, group: Sequence[Foreign], batch: str, dry_run: bool) -> Iterator[ItemDone]:
    place = group[0].place
    if place is None or place.presence is None:
        yield from (
            ItemDone("failed", one.item.path, one.where, problem=tr("its drive is not connected")) for one in group
        )
        return
    if dry_run:
        for one in group:
            order = _order(ctx, reach, one)
            if order is None:
                yield _without_a_copy(one)
            else:
                yield ItemDone("refused", one.item.path, one.where, order.size, reason=_instead(order))
        return
    with place.locked(ctx, REFUSE):
        orders: dict[int, Foreign] = {}
        wanted: list[Wanted] = []
        for one in still_waiting(ctx, reach, group):
            order = _order(ctx, reach, one)
            if order is None:
                yield _without_a_copy(one)
            else:
                orders[id(order)] = one
                wanted.append(order)
        if not wanted:
            return
        with open_for_writing(ctx, place.presence) as vault:
            yield from _put(vault, wanted, lambda order: _decided(ctx, orders[id(order)], order, batch))


def _put(vault: OpenVault, wanted: Sequence[Wanted], done: Callable[[Wanted], ItemDone]) -> Iterator[ItemDone]:
    """Put these in their places; `done` records it for each, and says so. Of what fails, why."""
    for outcome in copying.put(vault, wanted):
        order = outcome.wanted
        if isinstance(outcome, copying.Put):
            yield done(order)
        elif isinstance(outcome, copying.Failed):
            yield ItemDone("failed", order.item.path, vault.label, problem=outcome.error.problem)
        elif isinstance(outcome, copying.Refused):
            problem = tr("the copy on {source} isn't what it should be", source=order.source.name)
            yield ItemDone("failed", order.item.path, vault.label, problem=problem)


def _decided(ctx: Context, one: Foreign, order: Wanted, batch: str) -> ItemDone:
    detail: dict[str, object] = {"decision": REFUSE, "drive": one.where}
    aside = _aside(ctx, one.replica.vault_id, one.item)
    if aside and one.replica.role == replicas.CURRENT:
        detail["digest"] = contents.get(ctx.catalog, aside[-1].content_id).digests.blake3.hex()
    with ctx.catalog.transaction(ctx.now()) as transaction:
        transaction.event(replace(decision(one, detail), batch=batch))
    return ItemDone("refused", one.item.path, one.where, order.size, reason=_instead(order))


def _aside(ctx: Context, vault_id: str | None, item: Item) -> list[Replica]:
    """What lies in quarantine there of an item, and is known, in the order in which it was put aside."""
    return [
        one
        for one in replicas.of_item(ctx.catalog, item.id)
        if one.vault_id == vault_id and one.role == replicas.QUARANTINE and one.state is ReplicaState.INTACT
    ]


def _order(ctx: Context, reach: Reach, one: Foreign) -> Wanted | None:
    """What is to stand there instead; None where no good copy of it is within reach."""
    replica, content = one.replica, one.item.content
    if replica.role != replicas.CURRENT:
        content = contents.get(ctx.catalog, replica.content_id)
    for source in sources.candidates(ctx, reach, content.digests.blake3, but=replica.id):
        if source.is_intact:
            origin = Source(source.path, source.where, source.replica)
            return Wanted(replace(one.item, content=content), one.library.slug, replica.path, origin, replica)
    return None


def _without_a_copy(one: Foreign) -> ItemDone:
    return ItemDone("failed", one.item.path, one.where, problem=tr("no good copy is within reach"))


def _instead(order: Wanted) -> str:
    return tr("set aside; the copy on {source} takes its place", source=order.source.name)


# -- taking it back


def undo_refuse(ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job:
    """Let the copies of one refusal (the number of its event in the history), or of the last word, stand on their
    drives again and wait to be decided about, byte for byte as they were. What stands there now steps aside; never the
    last good copy of what the library has.

    Counts: undone, failed, bytes. Raises UsageError where there is none, and as `refuse` does.
    """
    records = to_undo(
        ctx,
        event_id,
        EventType.DECISION,
        REFUSE,
        none=tr("There is no refusal to undo."),
        other=lambda number: tr("Event {number} is no refusal.", number=number),
    )
    reach = places.reachable(ctx)
    batch = f"undo-{uuid.uuid4().hex}"
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.vault_id or ""].append(record)
    yield Started(REFUSE, "", len(records), None)
    yield from _drive_by_drive(
        "undone",
        (
            (reach.names.get(vault_id, ""), _taken_back(ctx, reach, vault_id, group, batch, dry_run))
            for vault_id, group in groups.items()
        ),
    )


def _taken_back(
    ctx: Context, reach: Reach, vault_id: str, group: Sequence[Record], batch: str, dry_run: bool
) -> Iterator[ItemDone]:
    place = reach.vaults.get(vault_id)
    where = reach.names.get(vault_id, "")
    if place is None or place.presence is None:
        yield from (
            ItemDone("failed", one.path or b"", where, problem=tr("its drive is not connected")) for one in group
        )
        return
    with place.locked(ctx, REFUSE):
        orders: dict[int, Record] = {}
        wanted: list[Wanted] = []
        for record in group:
            try:
                order = _as_it_was(ctx, place, record)
            except ItemError as error:
                yield ItemDone("failed", record.path or b"", where, problem=error.problem)
                continue
            if dry_run:
                yield ItemDone("rejected", order.item.path, where, order.size)
            else:
                orders[id(order)] = record
                wanted.append(order)
        if not wanted:
            return
        with open_for_writing(ctx, place.presence) as vault:
            yield from _put(vault, wanted, lambda order: _waits_again(vault, place, order, orders[id(order)], batch))


def _as_it_was(ctx: Context, place: Place, record: Record) -> Wanted:
    """The order that puts a refused copy back. Raises ItemError."""
    assert record.item_id is not None
    item = items.get(ctx.catalog, record.item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    there = replicas.in_vault(ctx.catalog, record.vault_id or "", item.id)
    digest = str(record.detail.get("digest", ""))
    kept = [
        (one, content)
        for one in _aside(ctx, record.vault_id, item)
        if (content := contents.get(ctx.catalog, one.content_id)).digests.blake3.hex() == digest
    ]
    path = display(item.path)
    if library is None or there is None or not kept:
        raise ItemError(path, "copy", tr("what was set aside is not kept any more"))
    if there.state is ReplicaState.FOREIGN:
        raise ItemError(path, "copy", tr("another copy there waits to be decided about"))
    if not any(
        one.state is ReplicaState.INTACT and one.current and one.role == replicas.CURRENT and one.id != there.id
        for one in replicas.of_item(ctx.catalog, item.id)
    ):
        raise ItemError(path, "copy", tr("what stands there is the last good copy"))
    copy, content = kept[-1]
    origin = Source(place.path(copy.path), place.name)
    return Wanted(replace(item, content=content), library.slug, there.path, origin, there)


def _waits_again(vault: OpenVault, place: Place, order: Wanted, record: Record, batch: str) -> ItemDone:
    """Judge what stands there now: the drive's list names it, and the catalog expects what the library has. A crash
    before leaves a copy of an older version, as any other."""
    ctx = vault.ctx
    item = items.get(ctx.catalog, order.item.id)
    replica = replicas.in_vault(ctx.catalog, vault.id, item.id)
    assert replica is not None
    seen = examine(place.path(replica.path), name=split(item.path)[1], from_device=True).examination
    says = Stated(vault.layout).sha256(replica.path)
    verdict, evidence = judge_vault(item.content.digests, seen.digests, confirmed=True, vault_says=says)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        if verdict is Verdict.FOREIGN:
            replicas.set_rebuilt(transaction, replica, item.content.id, replica.path, seen.stat, None)
            fresh = replicas.get(ctx.catalog, replica.id)
            judged = Judged(verdict, evidence, stat=seen.stat, examination=seen)
            judging.record_on_drive(transaction, ctx.catalog, fresh, item, vault.label, judged)
        transaction.event(
            item.event(
                EventType.DECISION,
                vault_id=vault.id,
                detail={"decision": f"undo {REFUSE}", "undoes": record.id, "drive": vault.label},
                batch=batch,
            )
        )
    return ItemDone("rejected", item.path, vault.label, order.size)
