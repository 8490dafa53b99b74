"""Setting copies aside on their drives, with proven copies in their places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import items, replicas
from musicvault.domain.notices import Finished, ItemDone, Job, Started
from musicvault.engine import copying, places, sources
from musicvault.engine.context import Context
from musicvault.engine.foreign.copies import REFUSE, Foreign, decision, found
from musicvault.engine.opening import open_for_writing
from musicvault.engine.places import Reach
from musicvault.engine.placing import Source, Wanted
from musicvault.errors import VaultError
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
    counts: Counter[str] = Counter(refused=0)
    errors: list[VaultError] = []
    groups: dict[str, list[Foreign]] = defaultdict(list)
    for one in chosen:
        groups[one.replica.vault_id or ""].append(one)
    yield Started(REFUSE, "", len(chosen), sum(one.item.content.digests.size for one in chosen))
    for group in groups.values():
        try:
            for notice in _refused(ctx, reach, group, dry_run):
                counts[notice.action] += 1
                counts["bytes"] += notice.bytes
                yield notice
        except VaultError as error:
            errors.append(error)
            yield ItemDone("failed", b"", group[0].where, problem=str(error))
    yield Finished(REFUSE, dict(counts), 3 if counts["failed"] else 0)
    if errors:
        raise errors[0]


def _refused(ctx: Context, reach: Reach, group: Sequence[Foreign], dry_run: bool) -> Iterator[ItemDone]:
    place = group[0].place
    if place is None or place.presence is None:
        yield from (
            ItemDone("failed", one.item.path, one.where, problem=tr("its drive is not connected")) for one in group
        )
        return
    orders: dict[int, Foreign] = {}
    wanted: list[Wanted] = []
    for one in group:
        order = _order(ctx, reach, one)
        if order is None:
            yield ItemDone("failed", one.item.path, one.where, problem=tr("no good copy is within reach"))
        elif dry_run:
            yield ItemDone("refused", one.item.path, one.where, order.size, reason=_instead(order))
        else:
            orders[id(order)] = one
            wanted.append(order)
    if not wanted:
        return
    with place.locked(ctx, REFUSE), open_for_writing(ctx, place.presence) as vault:
        for outcome in copying.put(vault, wanted):
            one = orders[id(outcome.wanted)]
            if isinstance(outcome, copying.Put):
                with ctx.catalog.transaction(ctx.now()) as transaction:
                    transaction.event(decision(one, {"decision": REFUSE, "drive": one.where}))
                yield ItemDone(
                    "refused", one.item.path, one.where, outcome.wanted.size, reason=_instead(outcome.wanted)
                )
            elif isinstance(outcome, copying.Failed):
                yield ItemDone("failed", one.item.path, one.where, problem=outcome.error.problem)
            elif isinstance(outcome, copying.Refused):
                problem = tr("the copy on {source} isn't what it should be", source=outcome.wanted.source.name)
                yield ItemDone("failed", one.item.path, one.where, problem=problem)


def _order(ctx: Context, reach: Reach, one: Foreign) -> Wanted | None:
    """What is to stand there instead; None where no good copy of it is within reach."""
    replica, content = one.replica, one.item.content
    if replica.role != replicas.CURRENT:
        content = items.content(ctx.catalog, replica.content_id)
    for source in sources.candidates(ctx, reach, content.digests.blake3, but=replica.id):
        if source.is_intact:
            origin = Source(source.path, source.where, source.replica)
            return Wanted(replace(one.item, content=content), one.library.slug, replica.path, origin, replica)
    return None


def _instead(order: Wanted) -> str:
    return tr("set aside; the copy on {source} takes its place", source=order.source.name)
