"""What a sync would do, step by step, each with its reason. Pure: reads values, decides, touches nothing.

Order: fewest good copies first, then the rule's priority, then whole albums together by path.

Where all fits, all is done. Where a drive is too small, room goes by the copies that each file will then have: what a
drive with room enough gets counts, and no file gets a third copy on small drives before every file has its second.
Among equals the biggest albums choose first, each the drive that it fills best, whole or not at all for as long as
whole ones fit; only then is what room is left filled file by file. Where that left a file with no place, one that is
two copies ahead of it makes room. What fits nowhere is left out and counted.

An action adds a copy, brings one up to date (the older version stays) or renames one. There is no action that removes:
nothing that a plan says can take a last good copy away (M1).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from musicvault.domain.needs import Chosen, Need, Needs
from musicvault.domain.packing import packed


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in order, those that don't fit, and how many bytes each drive lacks for them."""

    actions: Chosen
    left_out: Chosen
    short_bytes: Mapping[str, int]


def plan(
    needs: Needs | Iterable[Need], free_bytes: Mapping[str, int], volume_of: Mapping[str, str] | None = None
) -> Plan:
    """Order the needs and fit them into the free space of each drive (bytes, reserve already taken off). Vaults that
    `volume_of` puts on one volume share the space that is free there (the least of theirs, if they differ)."""
    needs = needs if isinstance(needs, Needs) else Needs(needs)
    pool = {vault: (volume_of or {}).get(vault, vault) for vault in free_bytes}
    left: dict[str, int] = {}
    for vault, free in free_bytes.items():
        left[pool[vault]] = min(free, left.get(pool[vault], free))
    ordered = needs.ordered()
    asked: Counter[str] = Counter()
    for vault, tally in needs.tally().items():
        asked[pool.get(vault, vault)] += tally.room
    tight = {place for place, room in asked.items() if room > left.get(place, -1)}
    if not tight:
        return Plan(Chosen(needs, ordered), Chosen(needs, ()), {})
    taken = packed(needs, ordered, left, pool, tight)
    actions = array("Q", (number for number, is_taken in zip(ordered, taken, strict=True) if is_taken))
    left_out = array("Q", (number for number, is_taken in zip(ordered, taken, strict=True) if not is_taken))
    short = {vault: tally.room for vault, tally in needs.tally(left_out).items()}
    return Plan(Chosen(needs, actions), Chosen(needs, left_out), _lacking(short, left, pool))


def _lacking(short: Mapping[str, int], left: Mapping[str, int], pool: Mapping[str, str]) -> dict[str, int]:
    """By vault: what was left out there, less the room that stayed free, which vaults of one volume share; more, where
    not even the reserve is free."""
    room = dict(left)
    lacking: dict[str, int] = {}
    for vault, wanted in short.items():
        place = pool.get(vault, vault)
        used = min(wanted, room.get(place, 0))
        room[place] = room.get(place, 0) - used
        lacking[vault] = max(1, wanted - used)
    return lacking
