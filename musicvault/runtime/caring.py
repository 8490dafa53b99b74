"""Asking the disks how they are: once a day, and when one is plugged in. Never waking one, never held up by one.

A thread for each disk asks, for one that hangs may take a minute to say nothing, or for ever; what it heard is written
down by the next round.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from musicvault.catalog import drive_health, libraries
from musicvault.domain.health import HealthState, SmartReport
from musicvault.domain.schedule import DAY
from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.engine.library import online
from musicvault.errors import DriveGone
from musicvault.storage import volumes
from musicvault.storage.volumes import Volume

EVERY_S = DAY
ASLEEP_S = 3600.0
"""A disk that slept, or said nothing, is asked again after so long."""
APART_S = 600.0
"""A drive that comes and goes isn't asked more often."""

Ask = Callable[[Volume], SmartReport]


class Caring:
    """Which disks were asked when, and what they are saying. `ask` None: nobody is asked."""

    def __init__(self, ctx: Context, ask: Ask | None) -> None:
        self._ctx = ctx
        self._ask = ask
        self._look_at = 0.0
        self._here: frozenset[str] | None = None
        self._tried: dict[str, float] = {}
        self._asking: dict[str, _Asking] = {}

    def soon(self) -> None:
        """A drive may have come: look at the next opportunity."""
        self._look_at = 0.0

    def round(self) -> bool:
        """Write down what was said, and ask what is due. Whether a disk turned out to be failing, or well again."""
        turned = False
        for disk in [disk for disk, asking in self._asking.items() if asking.done]:
            turned |= self._record(self._asking[disk].reports)
            del self._asking[disk]
        now = self._ctx.now()
        if self._ask is None or self._look_at - ASLEEP_S <= now < self._look_at:
            return turned
        self._look_at = now + ASLEEP_S
        by_disk: dict[str, list[Volume]] = {}
        for volume in self._due(now):
            by_disk.setdefault(volume.disk or volume.id, []).append(volume)
        for disk, due in by_disk.items():
            if disk not in self._asking:  # one that doesn't answer isn't asked again before it did
                self._asking[disk] = _Asking(self._ask, due)
        return turned

    def wait(self, seconds: float) -> None:
        """Wait until all have answered, at most so long."""
        until = time.monotonic() + seconds
        for asking in self._asking.values():
            asking.wait(max(0.0, until - time.monotonic()))

    def _due(self, now: float) -> list[Volume]:
        here = self._connected()
        before, self._here = self._here, frozenset(here)
        return [
            volume
            for volume_id, volume in here.items()
            if self._since(volume_id, now) >= (APART_S if before is not None and volume_id not in before else EVERY_S)
            and not 0 <= now - self._tried.get(volume_id, float("-inf")) < APART_S
        ]

    def _connected(self) -> dict[str, Volume]:
        """The volumes of drives and libraries that are there, by id."""
        found = [presence.volume for presence in locating.locate(self._ctx) if presence.volume is not None]
        for library in libraries.every(self._ctx.catalog):
            if online(self._ctx, library):
                try:
                    found.append(volumes.volume_of(library.root))
                except DriveGone:
                    continue
        return {volume.id: volume for volume in found}

    def _since(self, volume_id: str, now: float) -> float:
        """Seconds since the disk last said something; one that never did, or by a clock that was wrong, is asked."""
        stored = drive_health.of_volume(self._ctx.catalog, volume_id)
        if stored is None or stored.smart is None or stored.smart.asleep or stored.asked_at > now:
            return float("inf")
        return now - stored.asked_at

    def _record(self, reports: Mapping[str, SmartReport]) -> bool:
        catalog, now = self._ctx.catalog, self._ctx.now()
        turned = False
        with catalog.transaction(now) as transaction:
            for volume_id, report in reports.items():
                self._tried[volume_id] = now
                before = drive_health.of_volume(transaction, volume_id)
                drive_health.set_smart(transaction, volume_id, report)
                after = drive_health.of_volume(transaction, volume_id)
                turned |= _is_failing(before) is not _is_failing(after)
        return turned


def _is_failing(stored: drive_health.StoredHealth | None) -> bool:
    return stored is not None and stored.state is HealthState.FAILING


class _Asking:
    """One physical disk, asked for all its volumes at once."""

    def __init__(self, ask: Ask, due: list[Volume]) -> None:
        self.reports: dict[str, SmartReport] = {}
        self._ask, self._due = ask, due
        self._thread = threading.Thread(target=self._work, name="drive health", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _work(self) -> None:
        report = self._ask(self._due[0])
        self.reports = {volume.id: report for volume in self._due}
