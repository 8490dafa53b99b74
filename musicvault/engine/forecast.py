"""What another policy would make of everything, before it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from musicvault.catalog import holders, membership, weighing
from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.catalog.weighing import Scales, Swept, Weighed
from musicvault.domain import policies
from musicvault.domain.drives import related
from musicvault.domain.policy import Rule
from musicvault.domain.risk import Group
from musicvault.engine import further, locating
from musicvault.engine.context import Context
from musicvault.engine.policy import Survey, apart, outcomes_of


def forecast(ctx: Context, wanted: Sequence[Rule], *, home: str | None = None) -> Survey:
    """What another policy would make of everything, or another site of this computer (`home`), and what would have to
    be copied for it. Writes nothing. Raises as `policies.checked` does."""
    home = holders.home(ctx.catalog) if home is None else home
    numbered = [Stored(number, rule) for number, rule in enumerate(policies.checked(wanted), DEFAULT_ID + 1)]
    numbered[-1] = Stored(DEFAULT_ID, numbered[-1].rule)
    drives = {drive.id: drive for drive in holders.every(ctx.catalog)}
    now = ctx.now()
    scales = Scales(numbered, drives, home, now)
    members = membership.of_all(ctx.catalog.rows, numbered, now)
    found = outcomes_of(ctx, numbered, home)
    # Counted item by item, thought over once for all that are alike.
    amounts: dict[tuple[int, Weighed, bool], list[int]] = {}
    for window in _sweep(ctx, scales, members, ()):
        for item, rule_id, weighed, due_at in window:
            if item[3]:
                amount = amounts.setdefault((rule_id, weighed, due_at <= now), [0, 0])
                amount[0] += 1
                amount[1] += item[2] or 0
    to_copy: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    alike: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for (rule_id, weighed, stale), (items, size) in amounts.items():
        one, judged = found[rule_id], weighed.judgement
        outcome = judged.stale if stale else judged.sound
        one.items += items
        one.bytes += size
        one.standings[outcome.standing] += items
        for code in outcome.missing:
            one.missing[code] += items
        for vault_id in weighed.lacking:
            to_copy[vault_id] += size
            lacking[vault_id] += items
        # Without a good copy there is nothing to make others from.
        places = weighed.holders + weighed.lacking if weighed.holders else ()
        group = alike.setdefault((rule_id, places), [0, 0])
        group[0] += items
        group[1] += size
    rooms = further.rooms(ctx, locating.locate(ctx), lacking)
    too_full: Mapping[str, int] = {}
    if not rooms.are_enough(to_copy):
        again = _sweep(ctx, scales, members, ("i.folder", "i.name"))
        rules = {stored.id: stored.rule for stored in numbered}
        too_full, no_room = further.would_be(again, rules, drives, home, rooms)
        for one in found.values():
            one.no_room = no_room.get(one.rule.name, one.no_room)
    return Survey(
        tuple(found.values()),
        related(apart(ctx)),
        {drives[vault_id].label: size for vault_id, size in to_copy.items()},
        {drives[vault_id].label: size for vault_id, size in too_full.items()},
        tuple(Group(found[key[0]].rule.name, key[1], *amount) for key, amount in alike.items()),
    )


def _sweep(ctx: Context, scales: Scales, members: Mapping[int, int], columns: Sequence[str]) -> Iterator[list[Swept]]:
    """All items; behind the fixed columns stand its size and whether it is looked after, these others after them."""
    every = ("c.size", weighing.LOOKED_AFTER, *columns)
    for window in weighing.sweep(ctx.catalog.rows, scales, members, every, contents=True):
        ctx.checkpoint()
        yield window
