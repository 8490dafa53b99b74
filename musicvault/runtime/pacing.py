"""The pace of reading in the background: a bandwidth cap, and standing aside while others use the disk.

The cap is a bucket of tokens, one a byte, that fills at the wished rate; all who read at the same time take from one.
Whether others use the disk is told by its
counters, ours taken off, a few times a second; while they do, nothing is read, so that even a disk without priorities
serves them at full speed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from musicvault.domain.notices import Checkpoint

LOOK_S = 0.05
REST_S = 0.5
QUIET_BYTES = 1 << 20
"""Others' bytes a second that are no reason to rest."""
LONGEST_REST_S = 600.0
"""After so long a rest a little is read all the same: a disk that is never quiet is proven, too."""
BURST_S = 1.0


class Others(Protocol):
    """What other processes do with a disk."""

    def of_others(self) -> int:
        """Bytes since it was last asked."""


class Cap:
    """So many bytes a second (0: any number), however many threads read. `clock` is in steady seconds."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._tokens = float(limit) * BURST_S
        self._filled_at = clock()
        self._guard = threading.Lock()

    def spent(self, size: int) -> None:
        """So many bytes were read."""
        with self._guard:
            self._tokens -= size

    def wait(self) -> float:
        """Seconds until more may be read, 0 for now. Ask again then: others may have read meanwhile."""
        if not self._limit:
            return 0.0
        with self._guard:
            now = self._clock()
            self._tokens = min(self._limit * BURST_S, self._tokens + (now - self._filled_at) * self._limit)
            self._filled_at = now
            # Less than a byte is the rounding of the clock.
            return 0.0 if self._tokens > -1 else -self._tokens / self._limit


class Pace:
    """Handed to a reader: `spent` with each block's size, `checkpoint` between blocks. `clock` and `sleep` are in
    steady seconds."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        cap: Cap | None = None,
        others: Others | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._checkpoint = checkpoint
        self._cap = cap or Cap(0, clock)
        self._others = others
        self._clock = clock
        self._sleep = sleep
        self._looked_at = clock()
        self.rested = 0.0
        """Seconds for which others had the disk."""

    def spent(self, size: int) -> None:
        """So many bytes were read."""
        self._cap.spent(size)

    def checkpoint(self) -> None:
        """Return when the next block may be read. Raises Cancelled."""
        self._checkpoint()
        while seconds := self._cap.wait():
            self._sleep(min(REST_S, seconds))
            self._checkpoint()
        if self._others is not None and self._clock() - self._looked_at >= LOOK_S:
            self._stand_aside(self._others)

    def _stand_aside(self, others: Others) -> None:
        since = self._looked_at
        began = self._looked_at = self._clock()
        busy = others.of_others() > QUIET_BYTES * max(LOOK_S, began - since)
        while busy and self._looked_at - began < LONGEST_REST_S:
            self._sleep(REST_S)
            self._checkpoint()
            since, self._looked_at = self._looked_at, self._clock()
            busy = others.of_others() > QUIET_BYTES * max(LOOK_S, self._looked_at - since)
        self.rested += self._looked_at - began
