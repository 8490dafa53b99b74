"""The cases of a repair: which replicas need mending, how urgent each is, and what may stand in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, findings, items, libraries, replicas, troubles
from musicvault.catalog.contents import Content
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.states import ReplicaState
from musicvault.engine import sources
from musicvault.engine.context import Context
from musicvault.engine.places import Place, Reach


@dataclass(frozen=True, slots=True)
class Case:
    """A replica that needs mending. `slug` is its library's folder in every vault, `place` where it lies, None while
    that is away; `finding` is what stands about it, `good` how many intact copies of its bytes are within reach."""

    replica: Replica
    item: Item
    slug: str
    place: Place | None
    finding: StoredFinding | None
    good: int


def to_mend(
    ctx: Context, reach: Reach, item_ids: Sequence[int] | None, *, missing: bool
) -> tuple[list[Case], list[Case]]:
    """What is to be mended, in the order of `_urgency`; and what isn't intact and is left alone: deleted by the user,
    or waiting for a decision."""
    chosen = None if item_ids is None else set(item_ids)
    found = [
        case_of(ctx, reach, replica)
        for replica in troubles.troubled(ctx.catalog)
        if (chosen is None or replica.item_id in chosen) and replica.role != replicas.QUARANTINE
    ]
    wanted = [case for case in found if _is_wanted(case.replica, missing)]
    left = [case for case in found if not _is_wanted(case.replica, missing)]
    return sorted(wanted, key=_urgency), left


def _urgency(case: Case) -> tuple[int, bool, int]:
    """What hangs by one good copy (or by none) comes first; then library files (they may serve the vaults)."""
    return min(case.good, ENOUGH), case.replica.vault_id is not None, case.good


ENOUGH = 2
"""From this many good copies on an item can wait. Each step of urgency opens a vault of its own, so there are few."""


def _is_wanted(replica: Replica, missing: bool) -> bool:
    if replica.state is ReplicaState.MISSING:
        return missing or replica.vault_id is not None
    return replica.state.is_damage


def case_of(ctx: Context, reach: Reach, replica: Replica) -> Case:
    """The replica as a case, whatever its state."""
    item = items.get(ctx.catalog, replica.item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    assert library is not None
    place = reach.place(replica.vault_id, item.library_id)
    content = contents.get(ctx.catalog, replica.content_id)
    good = sum(one.is_intact for one in sources.candidates(ctx, reach, content.digests.blake3, but=replica.id))
    finding = findings.of(ctx.catalog, replica.id)
    return Case(replica, item, library.slug, place, finding, good)


def wanted_contents(ctx: Context, case: Case) -> list[Content]:
    """What may stand in the replica's place: what stood there before, else (where it isn't kept as that very version)
    the item's current content."""
    own = contents.get(ctx.catalog, case.replica.content_id)
    only = case.replica.role != replicas.CURRENT or own.id == case.item.content.id
    return [own] if only else [own, case.item.content]
