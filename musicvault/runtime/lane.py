"""One device's share of the proving: its places in slices, one after the other, so that no disk gets two readers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass, field, replace

from musicvault.catalog import proofs, remembered
from musicvault.domain import schedule
from musicvault.domain.notices import Advanced, Notice
from musicvault.domain.schedule import DAY, Conditions, Load, Wait, Why
from musicvault.engine.context import Context
from musicvault.engine.places import Place
from musicvault.engine.slices import Amount, Slice
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked, VaultError, without_frames
from musicvault.runtime.pacing import Cap, Pace
from musicvault.runtime.plans import Plans
from musicvault.storage import machine

LOOK_S = 3600.0
"""How often it is reckoned what is owed while nothing happens."""
LAST = "slice "
_ASK_S = 5.0
_MOST_SLICES = 1000


def loads_of(ctx: Context, places: Mapping[str, Place], unproven: Collection[int]) -> list[Load]:
    """What is owed at each place (by key), but for these replicas."""
    if not places:
        return []
    owed = proofs.owed(ctx.catalog, ctx.now(), skip=unproven)
    last = remembered.recall_all(ctx.catalog, LAST)
    return [Load(key, owed.get(place.key, ()), last.get(key)) for key, place in places.items()]


@dataclass(slots=True)
class Lane:
    """What one round does with one device, and what came of it. `places` by key; `cap` is that of all lanes;
    `until` in steady seconds; `interrupted` says between files whether something more urgent waits (asked from the
    lane's own thread); `unproven` are replicas that are left out, with the time of the failure; `loads` what is owed at
    the beginning. `error` is what ended the lane, `next_at` when it wants to be asked again."""

    places: Mapping[str, Place]
    plans: Plans
    cap: Cap
    until: float
    busy: bool
    real: bool
    on_mains: Callable[[], bool | None]
    steady: Callable[[], float]
    sleep: Callable[[float], object]
    interrupted: Callable[[], bool]
    unproven: dict[int, float]
    loads: list[Load]
    waits: str = ""
    next_at: float = 0.0
    needs_scan: set[int] = field(default_factory=set)
    found_damage: bool = False
    error: VaultError | None = None
    _asked_at: float = 0.0
    _files: int = 0
    _bytes: int = 0

    def run(self, ctx: Context) -> Generator[Notice, None, None]:
        """What is owed now, slice after slice, if nothing is against it. `Advanced` counts over all of them. Raises
        Cancelled, CatalogDamaged and CatalogNewer; any other trouble is kept in `error`."""
        try:
            for _ in range(_MOST_SLICES):
                now = ctx.now()
                wanted = None if now < self.next_at <= now + DAY else self._wanted(now)
                if wanted is None:
                    return
                for notice in self._read(ctx, *wanted):
                    if isinstance(notice, Advanced):
                        notice = replace(notice, files=self._files + notice.files, bytes=self._bytes + notice.bytes)
                    yield notice
                if self.steady() >= self.until or self.interrupted():
                    return
                self.loads = loads_of(ctx, self.places, self.unproven)
        except (CatalogDamaged, CatalogNewer):
            raise
        except VaultError as error:
            self.error = without_frames(error)
            self.next_at = max(self.next_at, ctx.now() + schedule.LOOK_AGAIN_S)

    def _wanted(self, now: float) -> tuple[Place, schedule.Slice] | None:
        conditions = Conditions(self.on_mains(), self.busy)
        chosen = schedule.next_slice(self.loads, conditions, self.plans.wishes, now)
        if isinstance(chosen, Wait):
            latest = chosen.until if chosen.why is Why.QUIET else now + LOOK_S  # quiet hours end when they say
            self.waits, self.next_at = chosen.why.value, min(chosen.until, latest)
            return None
        self.waits = ""
        return self.places[chosen.key], chosen

    def _read(self, ctx: Context, place: Place, wanted: schedule.Slice) -> Generator[Notice, None, None]:
        began = ctx.now()
        others = machine.Traffic(place.root) if self.real and self.plans.wishes.pause_when_busy else None
        pace = Pace(ctx.checkpoint, cap=self.cap, others=others, clock=self.steady, sleep=self.sleep)

        def enough() -> bool:
            return self.steady() >= self.until or self.interrupted() or self._forbidden(ctx)

        amount = Amount(wanted.bytes, wanted.files, enough, frozenset(self.unproven))
        slice_ = Slice(ctx, place, amount, pace.checkpoint, pace.spent)
        self.next_at = began  # owed still, unless all of it was read
        try:
            if self.real:
                with machine.standing_back():
                    yield from slice_.run()
            else:
                yield from slice_.run()
        except Locked:
            self.waits, self.next_at = Why.BUSY.value, began + schedule.LOOK_AGAIN_S
            raise
        finally:
            self.unproven.update(dict.fromkeys(slice_.unproven, began))
            self._note(ctx, slice_, wanted, began)

    def _forbidden(self, ctx: Context) -> bool:
        """Whether the plug was pulled meanwhile, or quiet hours began; asked every few seconds only."""
        if self.steady() - self._asked_at < _ASK_S:
            return False
        self._asked_at = self.steady()
        quiet = self.plans.wishes.quiet
        if quiet is not None and quiet.holds(ctx.now()):
            return True
        return self.plans.wishes.mains_only and self.on_mains() is False

    def _note(self, ctx: Context, slice_: Slice, wanted: schedule.Slice, began: float) -> None:
        library_id = slice_.place.key.library_id
        if slice_.needs_scan and library_id is not None:
            self.needs_scan.add(library_id)
        counts = slice_.counts
        self._files += counts["checked"]
        self._bytes += counts["bytes"]
        self.found_damage |= bool(counts["checked"] - counts["intact"] or counts["damaged_lists"])
        if not counts["checked"]:
            self.next_at = began + schedule.LOOK_AGAIN_S
            return
        # What was owed and not read stays owed: the place is taken to have been read up to an earlier time.
        ahead = wanted.bytes - wanted.late
        unread = max(0, min(ahead, wanted.bytes - counts["bytes"]))
        last = began - (unread / wanted.rate if wanted.rate else 0.0)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            remembered.remember(transaction, {LAST + wanted.key: last})
