"""What a sync would do on each drive, and what waits for drives that are away: the plan with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import libraries, vaults
from musicvault.domain.planner import Need, Plan, plan
from musicvault.engine import drives, needs, places, snapshots
from musicvault.engine.context import Context
from musicvault.engine.drives import Presence
from musicvault.engine.policy import Survey, survey


@dataclass(frozen=True, slots=True)
class ToDo:
    """What waits for one drive: how many actions, their bytes, and how many bytes too few are free there (0 while it is
    away). `kept_back`: nothing good to copy from is within reach, or the brake holds it."""

    label: str
    online: bool
    files: int
    bytes: int
    left_out: int
    short_bytes: int
    kept_back: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan for the drives that can be written now, and what waits for the others (`later`, in order; what a drive
    will get one day is no reason to give another one less today); per drive what is to be done, and the policy that it
    serves."""

    plan: Plan
    labels: Mapping[str, str]
    later: tuple[Need, ...]
    todo: tuple[ToDo, ...]
    survey: Survey


def planned(ctx: Context, vault_ids: Sequence[str] | None = None) -> Planned:
    """Work it out from the catalog, the mounts and the room that is free. Writes nothing on any drive."""
    found = survey(ctx)
    chosen = [
        drives.locate_one(ctx, vault)
        for vault in vaults.every(ctx.catalog)
        if not vault.retired and (vault_ids is None or vault.id in vault_ids)
    ]
    reach = places.reachable(ctx)
    wanted: list[Need] = []
    kept_back: dict[str, int] = {}
    for presence in chosen:
        ctx.checkpoint()
        lacks = needs.of_vault(ctx, presence.vault.id, reach)
        wanted += lacks.needs
        kept_back[presence.vault.id] = lacks.kept_back
    there = [presence for presence in chosen if presence.writable]
    free = {presence.vault.id: _room(ctx, presence, wanted) for presence in there}
    volume_of = {presence.vault.id: presence.volume.id for presence in there if presence.volume}
    outcome = plan([need for need in wanted if need.vault_id in free], free, volume_of)
    away = [need for need in wanted if need.vault_id not in free]
    # An absent drive can't be asked for its room; what doesn't fit will be said when it is back.
    later = plan(away, dict.fromkeys({need.vault_id for need in away}, sum(need.room for need in away))).actions
    labels = {presence.vault.id: presence.vault.label for presence in chosen}
    return Planned(outcome, labels, later, tuple(_todo(outcome, later, chosen, kept_back)), found)


def _room(ctx: Context, presence: Presence, wanted: Sequence[Need]) -> int:
    assert presence.root is not None
    entries = sum(need.vault_id == presence.vault.id for need in wanted)
    return snapshots.free_for(ctx, presence.root, entries)


def _todo(
    outcome: Plan, later: Sequence[Need], chosen: Sequence[Presence], kept_back: Mapping[str, int]
) -> Iterator[ToDo]:
    for presence in chosen:
        vault = presence.vault
        mine = [need for need in (*outcome.actions, *later) if need.vault_id == vault.id]
        yield ToDo(
            vault.label,
            presence.root is not None,
            len(mine),
            sum(need.room for need in mine),
            sum(need.vault_id == vault.id for need in outcome.left_out),
            outcome.short_bytes.get(vault.id, 0),
            kept_back[vault.id],
        )


def library_names(ctx: Context, item_ids: Sequence[int]) -> dict[int, str]:
    """The library of each of these items."""
    names = {library.id: library.name for library in libraries.every(ctx.catalog)}
    found: dict[int, str] = {}
    for start in range(0, len(item_ids), 500):
        some = tuple(item_ids[start : start + 500])
        marks = ",".join("?" * len(some))
        for item_id, library_id in ctx.catalog.rows(f"SELECT id, library_id FROM item WHERE id IN ({marks})", some):
            found[item_id] = names.get(library_id, "")
    return found
