"""How much space on how many further drives the policy is short of: of the rules as they stand, and of others."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from musicvault.catalog import holders, rules, shortfalls
from musicvault.catalog.lacking import Group
from musicvault.catalog.weighing import Swept, Weighed
from musicvault.domain.drives import Drive, library_drive
from musicvault.domain.further import NOTHING, Further, Lot, beyond, reckoned
from musicvault.domain.needs import Needs, Promise, Reason, Step
from musicvault.domain.planner import plan
from musicvault.domain.policy import Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine import snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.policy import Survey


@dataclass(frozen=True, slots=True)
class Rooms:
    """The room of each vault (bytes; of one that is away nobody knows, so there is no end of it), and the volumes of
    those that are there."""

    free: Mapping[str, int]
    volume_of: Mapping[str, str]

    def are_enough(self, asked: Mapping[str, int]) -> bool:
        """Whether so many bytes for each vault fit, volume by volume."""
        free, wanted = dict[str, int](), dict[str, int]()
        for vault, room in asked.items():
            place = self.volume_of.get(vault, vault)
            wanted[place] = wanted.get(place, 0) + room
            free[place] = min(self.free.get(vault, 0), free.get(place, sys.maxsize))
        return all(room <= free[place] for place, room in wanted.items())


def rooms(ctx: Context, presences: Sequence[Presence], lacking: Mapping[str, int]) -> Rooms:
    """What is free on these drives for so many files that each (by its vault's id) lacks."""
    return Rooms(
        {
            one.vault.id: snapshots.free_for(ctx, one.root, lacking.get(one.vault.id, 0))
            if one.writable and one.root is not None
            else sys.maxsize
            for one in presences
            if not one.vault.retired
        },
        {one.vault.id: one.volume.id for one in presences if one.volume is not None and one.writable},
    )


def for_want_of_room(ctx: Context, groups: Iterable[Group], presences: Sequence[Presence]) -> Further:
    """What further drives it takes because these have no room for what there are too few copies of. Quick, and
    as near to what the plan says as `reckoned`."""
    policy = {stored.id: stored.rule for stored in rules.numbered(ctx.catalog)}
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    in_service = [known[one.vault.id] for one in presences if one.vault.id in known and not one.vault.retired]
    lots, files = list[Lot](), dict[str, int]()
    for group in groups:
        if not group.short or group.rule_id not in policy:
            continue
        rule = policy[group.rule_id]
        good = (place for place, copy in group.copies.items() if copy.current and copy.state is ReplicaState.INTACT)
        held = tuple(place or library_drive(group.library_id) for place in good)
        to = tuple(drive.id for drive in in_service if rule.permits(drive) and group.lack(drive.id))
        files |= {one: files.get(one, 0) + group.items for one in to}
        lots.append(Lot(rule, held, to, group.bytes))
    room = rooms(ctx, presences, files)
    return reckoned(lots, room.free, known, holders.home(ctx.catalog), room.volume_of)


def with_room(ctx: Context, found: Survey, no_room: Mapping[str, Further]) -> Survey:
    """A survey of the policy in force that knows how many bytes what is missing takes; `no_room` by rule (its name)."""
    by_name = {stored.rule.name: stored.id for stored in rules.numbered(ctx.catalog)}
    wanted = [by_name[one.rule.name] for one in found.outcomes if one.further.drives and one.rule.name in by_name]
    sizes = shortfalls.sizes(ctx.catalog, wanted)
    outcomes = (
        replace(
            one,
            bytes=sizes.get(by_name.get(one.rule.name, 0), 0),
            no_room=no_room.get(one.rule.name, NOTHING),
        )
        for one in found.outcomes
    )
    return replace(found, outcomes=tuple(outcomes))


def would_be(
    swept: Iterable[list[Swept]], policy: Mapping[int, Rule], drives: Mapping[str, Drive], home: str, room: Rooms
) -> tuple[Mapping[str, int], Mapping[str, Further]]:
    """Under rules that needn't be in force: by vault the bytes that it has no room for, and by rule (its name) what
    further drives are needed for that. Behind the fixed columns of the items stand their size, whether they are looked
    after, folder and name."""
    needs = Needs()
    for window in swept:
        alike: dict[tuple[int, int, Weighed], list[tuple[int, bytes, bytes, int, int]]] = {}
        for row, rule_id, weighed, _ in window:
            item_id, library_id, size, looked_after, folder, name = row[:6]
            if looked_after and weighed.lacking and weighed.holders:
                item = item_id, folder, name, size or 0, weighed.judgement.had.copies
                alike.setdefault((library_id, rule_id, weighed), []).append(item)
        for (library_id, rule_id, weighed), items in alike.items():
            rule, doings = policy[rule_id], [(one, Step.COPY, Reason.NO_COPY) for one in sorted(weighed.lacking)]
            steps = needs.steps(doings, Promise(rule, weighed.holders + weighed.lacking))
            needs.add_alike(items, library_id, rule.priority, rule.copies, steps)
    found = plan(needs, room.free, room.volume_of)
    return found.short_bytes, beyond(found.left_out, drives, home)
