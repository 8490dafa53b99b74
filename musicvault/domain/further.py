"""What the drives that are known can't take: how much space on how many further drives a rule is short of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from musicvault.domain.drives import Drive
from musicvault.domain.needs import Chosen
from musicvault.domain.policy import Rule, amount


@dataclass(frozen=True, slots=True)
class Further:
    """So many more drives, each apart from all others (and elsewhere, unplugged or of another kind, where a rule asks
    for that), with room for so many `bytes` on all of them together."""

    drives: int = 0
    bytes: int = 0

    def __add__(self, other: Further) -> Further:
        """Both together: one drive serves all rules."""
        return Further(max(self.drives, other.drives), self.bytes + other.bytes)


NOTHING = Further()


def drives_short(rule: Rule, held: Iterable[Drive], home: str = "") -> int:
    """On how many more drives an item with good copies on these needs one."""
    had = amount([drive for drive in held if rule.counts(drive)], home)
    return max(0, *(want - have for _, have, want in had.measured(rule)))


def beyond(left_out: Chosen, drives: Mapping[str, Drive], home: str = "") -> dict[str, Further]:
    """By rule (its name): what there is no room for and the rule can't do without, beside what not even all drives
    together make of it. `left_out` didn't fit."""
    found: dict[str, Further] = {}
    for (promise, without), tally in left_out.unkept().items():
        places = [drives[one] for one in promise.drives if one in drives]
        at_best = drives_short(promise.rule, places, home)
        now = drives_short(promise.rule, [one for one in places if one.id not in without], home)
        if now:
            one = Further(now, (now - at_best) * tally.room)
            found[promise.rule.name] = found.get(promise.rule.name, NOTHING) + one
    return found


class Lot(NamedTuple):
    """Items that stand alike: their rule, the drives (by id) with good copies of them, those that lack them and may
    have them, and their bytes together."""

    rule: Rule
    held: tuple[str, ...]
    lacking: tuple[str, ...]
    bytes: int


class _Part(NamedTuple):
    """Of a lot (by its number), so many bytes, in the order in which parts get room: they have so many copies, or will;
    may go `to` these drives still; and found no room on those that they are `without`."""

    copies: int
    delay: int
    number: int
    bytes: int
    to: tuple[str, ...]
    without: tuple[str, ...] = ()


def reckoned(
    lots: Sequence[Lot],
    room: Mapping[str, int],
    drives: Mapping[str, Drive],
    home: str = "",
    volume_of: Mapping[str, str] | None = None,
) -> Further:
    """What `beyond` tells of a plan, reckoned lot by lot as if files could be split: for a look at very many. `room` is
    in bytes by drive; those that `volume_of` puts on one volume share it. As in a plan, what has the fewest copies goes
    first, and copies on their way count. A plan chooses among three drives and more file by file: it may come to
    something else, by less than one lot."""
    pool = {drive: (volume_of or {}).get(drive, drive) for drive in room}
    left: dict[str, int] = {}
    for drive, free in room.items():
        left[pool[drive]] = max(0, min(free, left.get(pool[drive], free)))
    waiting = [_Part(len(one.held), -one.rule.priority, at, one.bytes, one.lacking) for at, one in enumerate(lots)]
    heapify(waiting)
    found = NOTHING
    while waiting:
        part = heappop(waiting)
        if not part.to:
            found += _further(lots[part.number], part, drives, home)
            continue
        drive, free = max(((one, left[pool[one]]) for one in part.to), key=lambda one: one[1])
        rest, fits = part._replace(to=tuple(one for one in part.to if one != drive)), min(part.bytes, free)
        left[pool[drive]] -= fits
        if fits or not part.bytes:
            heappush(waiting, rest._replace(copies=part.copies + 1, bytes=fits))
        if fits < part.bytes:
            heappush(waiting, rest._replace(bytes=part.bytes - fits, without=(*part.without, drive)))
    return found


def _further(lot: Lot, part: _Part, drives: Mapping[str, Drive], home: str) -> Further:
    """What it takes that some drives have no room for this part, beside what all of them together fall short of."""
    places = [drives[one] for one in (*lot.held, *lot.lacking)]
    at_best = drives_short(lot.rule, places, home)
    now = drives_short(lot.rule, [one for one in places if one.id not in part.without], home)
    return Further(now, (now - at_best) * part.bytes) if now > at_best else NOTHING
