"""Whether to believe the computer's clock. Pure: both clocks are parameters.

A wall clock may be set back by years (an empty battery), ahead (a wrong click) or by an hour (two systems on one
computer). A steady clock, which counts through sleep, tells such a jump from time that went by; it begins anew with
each boot. While a jump is doubted, work goes on by the time that it should be: no proof gets a date that makes it look
younger than it is, and nothing falls due all at once. What it is off by at least for a day is believed: the clock was
put right, or time went by that nobody counted (a virtual machine that is paused each night: the believed time is never
behind by more than its pauses within two days of running). One that the system knows to be synchronised is believed at
once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

TOLERANCE_S = 3 * 3600.0
"""Smaller jumps change nothing that matters in intervals of days."""
BELIEVED_S = 86400.0
FAR_S = 400 * 86400.0
"""A computer that was off for longer is rarer than a clock that is wrong."""


class Doubt(StrEnum):
    """What is wrong with the clock."""

    NONE = ""
    BACK = "back"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """At `steady` seconds it was believed to be `wall` (since the epoch). `off` is how far the clock was from that when
    last seen, `since` the believed time when it was first found off to that side, and `least` how far it has been off
    at least since then; all 0 while it is believed. `leap` is how far the believed time has leapt where a doubted clock
    was believed after all."""

    wall: float
    steady: float
    off: float = 0.0
    since: float = 0.0
    least: float = 0.0
    leap: float = 0.0

    @property
    def doubt(self) -> Doubt:
        if not self.off:
            return Doubt.NONE
        return Doubt.BACK if self.off < 0 else Doubt.AHEAD

    @property
    def shift(self) -> float:
        """What to add to the clock to get the time that is believed."""
        return -self.off


def begin(last: Timekeeping | None, now: float, steady: float) -> Timekeeping:
    """The first look after a boot; `last` is what was kept of an earlier one (None: nothing). A clock before that, or
    very far after it, is doubted; and so is one that goes on as it was doubted before. One that was
    back and has caught up was put right: to doubt it still would put the time ahead."""
    if last is None:
        return Timekeeping(now, steady)
    put_right = last.off < 0 and _follows(last.wall, now)
    if last.off and not put_right and _follows(last.wall, now - last.off):
        return _doubted(last, now - last.off, now, steady)
    if _follows(last.wall, now):
        return Timekeeping(now, steady)
    return _doubted(Timekeeping(last.wall, last.steady), last.wall, now, steady)


def tick(before: Timekeeping, now: float, steady: float) -> Timekeeping:
    """The clocks were looked at again, in the same boot."""
    return _doubted(before, before.wall + max(0.0, steady - before.steady), now, steady)


def synchronised(keeping: Timekeeping) -> Timekeeping:
    """The clock was right for certain when it was last seen."""
    return Timekeeping(keeping.wall + keeping.off, keeping.steady, leap=keeping.leap + keeping.off)


def _follows(last: float, now: float) -> bool:
    return last - TOLERANCE_S <= now <= last + FAR_S


def _doubted(before: Timekeeping, expected: float, now: float, steady: float) -> Timekeeping:
    """It should be `expected`. What the clock was off by for a day, whatever else it did, is right."""
    off = now - expected
    if abs(off) <= TOLERANCE_S:
        return replace(before, wall=now, steady=steady, off=0.0, since=0.0, least=0.0)
    if before.off * off <= 0:
        return replace(before, wall=expected, steady=steady, off=off, since=expected, least=off)
    least = min(before.least, off, key=abs)
    if expected - before.since < BELIEVED_S:
        return replace(before, wall=expected, steady=steady, off=off, least=least)
    leapt = Timekeeping(expected + least, steady, leap=before.leap + least)
    return _doubted(leapt, leapt.wall, now, steady)
