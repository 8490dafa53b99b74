"""The service's proving: what is owed now, read in slices at idle priority, and never in anybody's way.

Drives that don't share a disk are read side by side, a lane for each; within a lane one slice follows the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from musicvault.domain import schedule
from musicvault.domain.notices import Notice, Started
from musicvault.domain.schedule import DAY, Load
from musicvault.engine import places
from musicvault.engine.context import Context
from musicvault.engine.places import Place
from musicvault.engine.side_by_side import side_by_side
from musicvault.runtime.caring import Ask
from musicvault.runtime.lane import LOOK_S, Lane, loads_of
from musicvault.runtime.pacing import Cap
from musicvault.runtime.plans import Plans
from musicvault.storage import machine
from musicvault.storage.smart import asking

SLICE_S = 600.0
"""A round of slices ends after so many steady seconds; what is left is owed still."""
__all__ = ["LOOK_S", "SLICE_S", "Machine", "Proving", "this_machine"]


@dataclass(frozen=True, slots=True)
class Machine:
    """How the computer is asked. The default knows nothing and stands in nobody's way (tests, simulations). `together`:
    several disks may be read side by side."""

    on_mains: Callable[[], bool | None] = lambda: None
    is_busy: Callable[[], bool] = lambda: False
    ask: Ask | None = None
    real: bool = False
    together: bool = False


def this_machine() -> Machine:
    """The computer that this runs on."""
    return Machine(machine.on_mains, machine.is_busy, asking.ask, real=True, together=True)


@dataclass(slots=True)
class Proving:
    """When to prove next, and proving. `steady` gives steady seconds; `next_at` is in the catalog's time; `interrupted`
    says between files whether something more urgent waits."""

    ctx: Context
    machine: Machine
    steady: Callable[[], float]
    sleep: Callable[[float], object]
    interrupted: Callable[[], bool] = lambda: False
    waits: str = ""
    next_at: float = 0.0
    rates: tuple[tuple[str, float], ...] = ()
    needs_scan: set[int] = field(default_factory=set)
    found_damage: bool = False
    _unproven: dict[int, float] = field(default_factory=dict)

    def soon(self) -> None:
        """Something changed: reckon anew at the next opportunity."""
        self.next_at = 0.0

    def round(self, plans: Plans) -> Iterator[Notice]:
        """What is owed now, if nothing is against it. Raises what a slice raises, when all have ended."""
        now = self.ctx.now()
        if now < self.next_at <= now + DAY:
            return
        self.waits, self.next_at = "", 0.0  # true of the last round
        self._unproven = {number: at for number, at in self._unproven.items() if at <= now < at + DAY}
        here = self._reachable() if plans.wishes.scrub else []
        loads = loads_of(self.ctx, {place.key.key: place for place in here}, self._unproven)
        self.rates = tuple(
            (place.name, round(schedule.rate(load, now, plans.wishes), 1))
            for place, load in zip(here, loads, strict=True)
            if load.owed
        )
        devices = places.by_device(here) if self.machine.together else [here]
        stop = threading.Event()
        together = len(devices) > 1
        interrupted = stop.is_set if together else self.interrupted
        cap = Cap(plans.bandwidth, self.steady)
        lanes = [self._lane(device, loads, plans, cap, interrupted) for device in devices or [[]]]
        try:
            yield from self._together(lanes, stop) if together else lanes[0].run(self.ctx)
        finally:
            self._take(lanes)
        for lane in lanes:
            if lane.error is not None:
                raise lane.error

    def _lane(
        self,
        device: Sequence[Place],
        loads: Sequence[Load],
        plans: Plans,
        cap: Cap,
        interrupted: Callable[[], bool],
    ) -> Lane:
        here = {place.key.key: place for place in device}
        return Lane(
            here,
            plans,
            cap,
            self.steady() + SLICE_S,
            plans.wishes.pause_when_busy and self.machine.is_busy(),
            self.machine.real,
            self.machine.on_mains,
            self.steady,
            self.sleep,
            interrupted,
            dict(self._unproven),
            [load for load in loads if load.key in here],
        )

    def _together(self, lanes: Sequence[Lane], stop: threading.Event) -> Iterator[Notice]:
        """All lanes at once; what is more urgent is asked for on this thread, and ends them between files."""
        outer = self.ctx.checkpoint

        def checkpoint() -> None:
            outer()
            if self.interrupted():
                stop.set()

        total = 0
        for notice in side_by_side(self.ctx.with_checkpoint(checkpoint), [lane.run for lane in lanes]):
            if isinstance(notice, Started):
                total += notice.bytes or 0
                notice = replace(notice, bytes=total)
            yield notice

    def _take(self, lanes: Sequence[Lane]) -> None:
        """What came of a round."""
        for lane in lanes:
            self._unproven.update(lane.unproven)
            self.needs_scan |= lane.needs_scan
            self.found_damage |= lane.found_damage
        first = min(lanes, key=lambda lane: lane.next_at)
        self.next_at, self.waits = first.next_at, first.waits

    def _reachable(self) -> list[Place]:
        reach = places.reachable(self.ctx)
        return [*reach.libraries.values(), *reach.vaults.values()]
