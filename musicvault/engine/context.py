"""What every job works with: the catalog, the clock, and the user's wish to pause or stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from musicvault.catalog import locks
from musicvault.catalog.database import Catalog
from musicvault.domain.clocks import Doubt
from musicvault.domain.notices import Checkpoint, never_stops


@dataclass(frozen=True, slots=True)
class Context:
    """`now` gives seconds since the epoch, by the clock that is believed (`engine.timekeeping`); `keep_time` keeps it
    for the next process and says what is wrong with the computer's own. `checkpoint` blocks while paused and raises
    Cancelled."""

    catalog: Catalog
    now: Callable[[], float]
    checkpoint: Checkpoint = never_stops
    workers: int = 2
    keep_time: Callable[[], Doubt] = lambda: Doubt.NONE

    def with_checkpoint(self, checkpoint: Checkpoint) -> Context:
        """The same, for a job that has its own control."""
        return replace(self, checkpoint=checkpoint)

    @contextmanager
    def locked(self, purpose: str, *, libraries: tuple[int, ...] = (), vaults: tuple[str, ...] = ()) -> Iterator[None]:
        """Hold the locks of these libraries and vaults, always in one order (so that two jobs can't wait for
        each other). Every job that writes passes here, so the weekly check of the catalog is made here, and the time
        is kept. Raises Locked, naming the other process, and CatalogDamaged."""
        self.keep_time()
        self.catalog.check_weekly(self.now())
        names = [f"library-{number}" for number in sorted(libraries)] + [f"vault-{name}" for name in sorted(vaults)]
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(locks.held(self.catalog.path, name, purpose))
            yield
