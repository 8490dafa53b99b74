"""When to prove what: the lowest steady rate that keeps every proof inside its interval. Pure; `now` is a parameter.

Each copy's next proof is wanted a margin before it falls due. The rate is the least that reads everything in time, the
oldest proof first: over all deadlines, the bytes wanted until then divided by the seconds in which reading is allowed
(Liu and Layland's condition for earliest-deadline-first). What is past its wanted time is owed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

DAY = 86400.0
MARGIN = 0.1
"""This part of an interval is kept in hand, for days on which the computer is off."""
LONGEST_MARGIN_S = 14 * DAY
LEAST_BYTES = 1 << 30
"""A disk isn't woken for less than this, unless a day has passed or something is owed at once."""
LONGEST_ARREARS_S = 7 * DAY
"""So much of what wasn't read in time is made up in one go; the rate sees to the rest."""
LOOK_AGAIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the local day in which nothing is proven: minutes after midnight, from `begin` up to `end`, over
    midnight where `end` is smaller."""

    begin: int
    end: int

    def holds(self, now: float, zone: tzinfo | None = None) -> bool:
        """Whether `now` lies in them; `zone` None is the computer's own."""
        local = datetime.fromtimestamp(now, zone)
        minute = local.hour * 60 + local.minute
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def ends(self, now: float, zone: tzinfo | None = None) -> float:
        """When they are over next (a whole minute; right on days that are an hour longer or shorter, too)."""
        at = now - now % 60
        for _ in range(26 * 60):
            if not self.holds(at, zone):
                break
            at += 60.0
        return at

    @property
    def share(self) -> float:
        """Which part of a day they take."""
        return ((self.end - self.begin) % 1440) / 1440


@dataclass(frozen=True, slots=True)
class Owed:
    """Copies that fall due together, about `due_at` (0 where they were never proven). `interval`: the seconds for which
    their proofs count under their rule."""

    due_at: float
    files: int
    bytes: int
    interval: float


@dataclass(frozen=True, slots=True)
class Load:
    """All copies of one place (`key`). `last`: when a slice was last read there, None for never."""

    key: str
    owed: tuple[Owed, ...]
    last: float | None = None

    def wanted_at(self, owed: Owed) -> float:
        """When the next proof is wanted: a margin before it is due."""
        return owed.due_at - min(MARGIN * owed.interval, LONGEST_MARGIN_S)


class Why(StrEnum):
    """Why nothing is proven right now."""

    NOTHING_DUE = "nothing-due"
    OFF = "off"
    QUIET = "quiet-hours"
    BATTERY = "on-battery"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Slice:
    """Read about `bytes` and at least `files` at `key`, the oldest proofs first. `rate` is the place's steady rate
    (bytes a second), `late` how many bytes are past their wanted time, `overdue` how many past their interval."""

    key: str
    bytes: int
    files: int
    rate: float
    late: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to read before `until` (seconds since the epoch)."""

    why: Why
    until: float


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user allows."""

    scrub: bool = True
    quiet: Quiet | None = None
    mains_only: bool = True
    pause_when_busy: bool = True


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the computer is right now: on mains (None: unknown), and whether others need it."""

    on_mains: bool | None = None
    busy: bool = False


def rate(load: Load, now: float, wishes: Wishes) -> float:
    """The lowest steady rate in bytes a second that keeps every proof inside its interval; what is late already is
    left out."""
    awake = 1.0 - (wishes.quiet.share if wishes.quiet else 0.0)
    best, total = 0.0, 0
    for owed in sorted(load.owed, key=load.wanted_at):
        left = load.wanted_at(owed) - now
        if left > 0:
            total += owed.bytes
            best = max(best, total / (left * max(awake, 0.01)))
    return best


def next_slice(loads: Sequence[Load], conditions: Conditions, wishes: Wishes, now: float) -> Slice | Wait:
    """What to prove next, or how long to wait and why. Of several places the one whose oldest proof is due first."""
    if not wishes.scrub:
        return Wait(Why.OFF, now + DAY)
    if wishes.quiet and wishes.quiet.holds(now):
        return Wait(Why.QUIET, wishes.quiet.ends(now))
    if wishes.mains_only and conditions.on_mains is False:
        return Wait(Why.BATTERY, now + LOOK_AGAIN_S)
    due = [slice_ for load in loads if isinstance(slice_ := _slice(load, now, wishes), Slice)]
    if not due:
        return Wait(Why.NOTHING_DUE, min((_wakes(load, now, wishes) for load in loads), default=now + DAY))
    first = {load.key: min(owed.due_at for owed in load.owed) for load in loads if load.owed}
    chosen = min(due, key=lambda one: (first[one.key], one.key))
    if wishes.pause_when_busy and conditions.busy and not chosen.overdue:
        return Wait(Why.BUSY, now + LOOK_AGAIN_S)
    return chosen


def _slice(load: Load, now: float, wishes: Wishes) -> Slice | None:
    late = sum(owed.bytes for owed in load.owed if load.wanted_at(owed) <= now)
    overdue = sum(owed.bytes for owed in load.owed if owed.due_at <= now)
    waiting = sum(owed.files for owed in load.owed if load.wanted_at(owed) <= now)
    steady = rate(load, now, wishes)
    since = _since(load, now)
    amount = late + int(steady * since)
    if not waiting and (steady <= 0 or (since < DAY and amount < LEAST_BYTES)):
        return None
    return Slice(load.key, amount, max(1, waiting), steady, late, overdue)


def _since(load: Load, now: float) -> float:
    """Seconds for which reading is owed. A slice in the future (a clock that was wrong) is no reason to rest."""
    if load.last is None or load.last > now:
        return DAY
    return min(now - load.last, LONGEST_ARREARS_S)


def _wakes(load: Load, now: float, wishes: Wishes) -> float:
    steady = rate(load, now, wishes)
    if steady <= 0:
        return now + DAY
    last = now if load.last is None or load.last > now else load.last
    first = min((load.wanted_at(owed) for owed in load.owed), default=now + DAY)
    return max(now + 1.0, min(first, last + DAY, last + LEAST_BYTES / steady))
