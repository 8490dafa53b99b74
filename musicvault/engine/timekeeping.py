"""The time by which everything goes: the computer's clock for as long as it is believed (`domain.clocks`).

What was believed is kept in the catalog, so that every process on it (window, service, a command) doubts the same clock
for as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from musicvault.catalog import timekeeping
from musicvault.catalog.database import Catalog
from musicvault.domain import clocks
from musicvault.domain.clocks import Doubt, Timekeeping
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import machine

KEEP_S = 3600.0
"""How often the time is kept while nothing is wrong with the clock."""
_SAME_S = 60.0
"""The system vouches for its own clock, which may be another than the one that this process is shown."""


def told(doubt: Doubt) -> str:
    """What a person is told of a clock that is doubted; empty for one that isn't."""
    match doubt:
        case Doubt.BACK:
            return tr("This computer's clock was set back. Until it is right, MusicVault goes by its own reckoning.")
        case Doubt.AHEAD:
            return tr("This computer's clock leapt ahead. Until it is right, MusicVault goes by its own reckoning.")
        case Doubt.NONE:
            return ""


class TrustedClock:
    """One for each process that works on a catalog, for all its threads. `wall` is the computer's clock (seconds since
    the epoch); `steady` counts seconds through sleep and never jumps within one `boot`; `synchronised` gives the time
    that the system vouches for. Raises what a look into the catalog raises."""

    def __init__(
        self,
        catalog: Catalog,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = machine.steady,
        boot: Callable[[], str] = machine.boot,
        synchronised: Callable[[], float | None] = machine.synchronised,
    ) -> None:
        self._catalog, self._wall, self._steady, self._boot = catalog, wall, steady, boot()
        self._synchronised = synchronised
        self._lock = threading.Lock()
        self._kept: Timekeeping | None = None
        last, of = timekeeping.recall(catalog) or (None, "")
        if last is not None and of == self._boot and of:
            self._kept = last
            self._keeping = clocks.tick(last, wall(), steady())
        else:
            self._keeping = clocks.begin(last, wall(), steady())

    def now(self) -> float:
        """The time that is believed, in seconds since the epoch."""
        with self._lock:
            return self._look().wall

    def keep(self) -> Doubt:
        """Keep the time that is believed, where that is due; gives what is wrong with the clock. To be called where
        work begins, outside of transactions. Where the catalog can't be written, it is tried again."""
        self._join()
        with self._lock:
            now, kept = self._look(), self._kept
        if kept is None or now.leap or kept.since != now.since or not 0 <= now.steady - kept.steady < KEEP_S:
            with suppress(VaultError):
                self._write(now)
        return now.doubt

    def _join(self) -> None:
        """Believe of a doubted clock what another process does: to keep the old time after its leap would let it be
        taken along twice."""
        with self._lock:
            ours = self._look()
        last, of = (timekeeping.recall(self._catalog) if ours.off else None) or (None, "")
        if last is None or not of or of != self._boot:
            return
        with self._lock:
            theirs = clocks.tick(last, self._wall(), self._steady())
            if abs(theirs.off) < abs(ours.off) - clocks.TOLERANCE_S:
                self._keeping = self._kept = theirs

    def _write(self, now: Timekeeping) -> None:
        with self._catalog.transaction(now.wall) as transaction:
            timekeeping.keep(transaction, now, self._boot)
        with self._lock:
            self._kept = now
            self._keeping = replace(self._keeping, leap=self._keeping.leap - now.leap)

    def _look(self) -> Timekeeping:
        wall = self._wall()
        self._keeping = clocks.tick(self._keeping, wall, self._steady())
        if self._keeping.off and abs((self._synchronised() or 0.0) - wall) < _SAME_S:
            self._keeping = clocks.synchronised(self._keeping)
        return self._keeping
