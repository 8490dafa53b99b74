"""What a sync would do on each drive, and what waits for drives that are away: the plan with its reasons."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import holders, vaults
from musicvault.domain.further import beyond
from musicvault.domain.needs import NOTHING, Chosen
from musicvault.domain.planner import Plan, plan
from musicvault.engine import further, locating, needs, places, renaming
from musicvault.engine.context import Context
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
    serves. `hindered`: by vault and item, what is in the way of a rename."""

    plan: Plan
    labels: Mapping[str, str]
    later: Chosen
    todo: tuple[ToDo, ...]
    survey: Survey
    hindered: Mapping[tuple[str, int], str]


def planned(ctx: Context, vault_ids: Sequence[str] | None = None) -> Planned:
    """Work it out from the catalog, the mounts and the room that is free. Writes nothing on any drive."""
    found = survey(ctx)
    chosen = [
        locating.locate_one(ctx, vault)
        for vault in vaults.every(ctx.catalog)
        if not vault.retired and (vault_ids is None or vault.id in vault_ids)
    ]
    there = [presence for presence in chosen if presence.writable]
    away = [presence.vault.id for presence in chosen if not presence.writable]
    lacks = needs.gathered(ctx, places.reachable(ctx), [presence.vault.id for presence in there], away)
    now, afterwards = lacks.needs
    room = further.rooms(ctx, there, {vault_id: tally.files for vault_id, tally in now.tally().items()})
    outcome = plan(now, room.free, room.volume_of)
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    no_room = beyond(outcome.left_out, known, holders.home(ctx.catalog))
    # An absent drive can't be asked for its room; what doesn't fit will be said when it is back.
    later = plan(afterwards, dict.fromkeys(away, sys.maxsize)).actions
    labels = {presence.vault.id: presence.vault.label for presence in chosen}
    mine, left_out = {**outcome.actions.tally(), **later.tally()}, outcome.left_out.tally()
    todo = tuple(
        ToDo(
            one.vault.label,
            one.root is not None,
            *mine.get(one.vault.id, NOTHING),
            left_out.get(one.vault.id, NOTHING).files,
            outcome.short_bytes.get(one.vault.id, 0),
            lacks.kept_back.get(one.vault.id, 0),
        )
        for one in chosen
    )
    hindered = {
        (one.vault.id, item_id): stays.problem
        for one in there
        for item_id, stays in renaming.foreseen(ctx.catalog, one, outcome.actions.of(one.vault.id).renames).items()
    }
    return Planned(outcome, labels, later, todo, further.with_room(ctx, found, no_room), hindered)
