"""How fast a device reads from one end to the other, in so many equal parts. Pure.

A part holds the bytes and the seconds of all reads that began in it, so its speed is a mean by time. Hard disks read
the outer tracks (their beginning) about twice as fast as the inner ones: compare a part with the same part earlier, and
within one curve only what falls far out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

PARTS = 32

_ENOUGH_BYTES = 4 << 20
"""A part of which less was read says nothing about its speed."""

_SLOW = 0.25
_FEW = 4


class Part(NamedTuple):
    """What was read in one part of the device."""

    bytes: int = 0
    seconds: float = 0.0

    @property
    def speed(self) -> float | None:
        """Bytes a second; None where too little was read to tell."""
        return self.bytes / self.seconds if self.bytes >= _ENOUGH_BYTES and self.seconds > 0 else None


Curve = tuple[Part, ...]
EMPTY: Curve = (Part(),) * PARTS


def part_of(position: int, size: int) -> int:
    """Which part holds a byte of a device of `size` bytes; ends are pulled in."""
    return max(0, min(PARTS - 1, position * PARTS // size)) if size > 0 else 0


def speeds(curve: Curve) -> list[float]:
    """The speeds of all parts that have one."""
    return [part.speed for part in curve if part.speed is not None]


def middle(curve: Curve) -> float | None:
    """The median speed of a curve; where no part tells its own, that of all parts together, or None where even they are
    too few."""
    known = speeds(curve)
    return median(known) if known else Part(sum(part.bytes for part in curve), sum(p.seconds for p in curve)).speed


def slow_parts(curve: Curve) -> tuple[int, ...]:
    """Parts that are read at less than a quarter of the median speed; none where too few were read to tell."""
    known = speeds(curve)
    if len(known) < _FEW:
        return ()
    limit = _SLOW * median(known)
    return tuple(number for number, part in enumerate(curve) if part.speed is not None and part.speed < limit)


def added(one: Curve, other: Curve) -> Curve:
    """Two curves of the same parts as one."""
    return tuple(Part(a.bytes + b.bytes, a.seconds + b.seconds) for a, b in zip(one, other, strict=True))


def change(newest: Curve, before: Sequence[Curve]) -> float | None:
    """The speed of the newest curve over that of those before it, part by part (1.0: as fast as ever); None where they
    share no part."""
    ratios = []
    for number, part in enumerate(newest):
        earlier = [curve[number].speed for curve in before if number < len(curve)]
        known = [speed for speed in earlier if speed is not None]
        if part.speed is not None and known:
            ratios.append(part.speed / median(known))
    return median(ratios) if ratios else None
