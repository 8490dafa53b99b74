"""The service's proving: what is owed now, read in slices at idle priority, and never in anybody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from musicvault.catalog import proofs, remembered
from musicvault.domain import schedule
from musicvault.domain.notices import Job, Notice
from musicvault.domain.schedule import DAY, Conditions, Load, Wait, Why
from musicvault.engine import places
from musicvault.engine.context import Context
from musicvault.engine.places import Place
from musicvault.engine.slices import Amount, Slice
from musicvault.errors import Locked
from musicvault.runtime.caring import Ask
from musicvault.runtime.pacing import Pace
from musicvault.runtime.plans import Plans
from musicvault.storage import machine
from musicvault.storage.smart import asking

SLICE_S = 600.0
"""A slice ends after so many steady seconds; what is left is owed still."""
LOOK_S = 3600.0
"""How often it is reckoned what is owed while nothing happens."""
_LAST = "slice "
_ASK_S = 5.0
_MOST_SLICES = 1000


@dataclass(frozen=True, slots=True)
class Machine:
    """How the computer is asked. The default knows nothing and stands in nobody's way (tests, simulations)."""

    on_mains: Callable[[], bool | None] = lambda: None
    is_busy: Callable[[], bool] = lambda: False
    ask: Ask | None = None
    real: bool = False


def this_machine() -> Machine:
    """The computer that this runs on."""
    return Machine(machine.on_mains, machine.is_busy, asking.ask, real=True)


@dataclass(slots=True)
class Proving:
    """When to prove next, and proving. `steady` gives steady seconds; `next_at` is in the catalog's time; `interrupted`
    says between files whether something more urgent waits."""

    ctx: Context
    machine: Machine
    steady: Callable[[], float]
    sleep: Callable[[float], None]
    interrupted: Callable[[], bool] = lambda: False
    waits: str = ""
    next_at: float = 0.0
    rates: tuple[tuple[str, float], ...] = ()
    needs_scan: set[int] = field(default_factory=set)
    found_damage: bool = False
    _unproven: dict[int, float] = field(default_factory=dict)
    _asked_at: float = 0.0

    def soon(self) -> None:
        """Something changed: reckon anew at the next opportunity."""
        self.next_at = 0.0

    def round(self, plans: Plans) -> Iterator[Notice]:
        """What is owed now, slice after slice, if nothing is against it. Raises what a slice raises."""
        if self.ctx.now() < self.next_at <= self.ctx.now() + DAY:
            return
        until = self.steady() + SLICE_S
        here = {place.key.key: place for place in self._reachable()} if plans.wishes.scrub else {}
        for _ in range(_MOST_SLICES):
            now = self.ctx.now()
            if now < self.next_at <= now + DAY:
                return
            wanted = self._wanted(plans, here, now)
            if wanted is None:
                return
            yield from self._read(*wanted, plans, until)
            if self.steady() >= until or self.interrupted():
                return

    def _wanted(self, plans: Plans, here: dict[str, Place], now: float) -> tuple[Place, schedule.Slice] | None:
        self._unproven = {number: at for number, at in self._unproven.items() if at <= now < at + DAY}
        wishes = plans.wishes
        loads = self._loads(here)
        self.rates = tuple(
            (here[load.key].name, round(schedule.rate(load, now, wishes), 1)) for load in loads if load.owed
        )
        conditions = Conditions(self.machine.on_mains(), wishes.pause_when_busy and self.machine.is_busy())
        chosen = schedule.next_slice(loads, conditions, wishes, now)
        if isinstance(chosen, Wait):
            self.waits, self.next_at = chosen.why.value, min(chosen.until, now + LOOK_S)
            return None
        self.waits = ""
        return here[chosen.key], chosen

    def _reachable(self) -> list[Place]:
        reach = places.reachable(self.ctx)
        return [*reach.libraries.values(), *reach.vaults.values()]

    def _loads(self, here: dict[str, Place]) -> list[Load]:
        if not here:
            return []
        catalog = self.ctx.catalog
        owed = proofs.owed(catalog, self.ctx.now(), skip=self._unproven)
        last = remembered.recall_all(catalog, _LAST)
        return [Load(key, owed.get(place.key, ()), last.get(key)) for key, place in here.items()]

    def _read(self, place: Place, wanted: schedule.Slice, plans: Plans, until: float) -> Job:
        began = self.ctx.now()
        others = machine.Traffic(place.root) if self.machine.real and plans.wishes.pause_when_busy else None
        pace = Pace(self.ctx.checkpoint, limit=plans.bandwidth, others=others, clock=self.steady, sleep=self.sleep)

        def enough() -> bool:
            return self.steady() >= until or self.interrupted() or self._forbidden(plans)

        amount = Amount(wanted.bytes, wanted.files, enough, frozenset(self._unproven))
        slice_ = Slice(self.ctx, place, amount, pace.checkpoint, pace.spent)
        self.next_at = began  # owed still, unless all of it was read
        try:
            if self.machine.real:
                with machine.standing_back():
                    yield from slice_.run()
            else:
                yield from slice_.run()
        except Locked:
            self.waits, self.next_at = Why.BUSY.value, began + schedule.LOOK_AGAIN_S
            raise
        finally:
            self._unproven.update(dict.fromkeys(slice_.unproven, began))
            self._note(slice_, wanted, began)

    def _forbidden(self, plans: Plans) -> bool:
        """Whether the plug was pulled meanwhile, or quiet hours began; asked every few seconds only."""
        if self.steady() - self._asked_at < _ASK_S:
            return False
        self._asked_at = self.steady()
        quiet = plans.wishes.quiet
        if quiet is not None and quiet.holds(self.ctx.now()):
            return True
        return plans.wishes.mains_only and self.machine.on_mains() is False

    def _note(self, slice_: Slice, wanted: schedule.Slice, began: float) -> None:
        library_id = slice_.place.key.library_id
        if slice_.needs_scan and library_id is not None:
            self.needs_scan.add(library_id)
        counts = slice_.counts
        self.found_damage |= bool(counts["checked"] - counts["intact"] or counts["damaged_lists"])
        if not counts["checked"]:
            self.next_at = began + schedule.LOOK_AGAIN_S
            return
        # What was owed and not read stays owed: the place is taken to have been read up to an earlier time.
        ahead = wanted.bytes - wanted.late
        unread = max(0, min(ahead, wanted.bytes - counts["bytes"]))
        last = began - (unread / wanted.rate if wanted.rate else 0.0)
        with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
            remembered.remember(transaction, {_LAST + wanted.key: last})
