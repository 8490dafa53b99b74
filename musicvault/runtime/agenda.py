"""Which parts of which libraries are to be scanned, and when."""

from __future__ import annotations

from musicvault.domain.regions import WHOLE, Region


class Agenda:
    """What is due when, in seconds of the caller's steady clock. What waits for later goes with what is due now where
    that covers it, and what is asked for twice is done once."""

    def __init__(self) -> None:
        self._due: dict[tuple[int, Region], float] = {}

    def add(self, library_id: int, at: float, region: Region = WHOLE) -> None:
        """Look there at this time, or earlier where that was planned already."""
        known = self._due.get((library_id, region), at)
        self._due[library_id, region] = min(at, known)

    def is_due(self, now: float) -> bool:
        return any(at <= now for at in self._due.values())

    def take(self, now: float) -> dict[int, Region]:
        """What is due now, by library, and off the agenda."""
        due: dict[int, Region] = {}
        for (library_id, region), at in list(self._due.items()):
            if at <= now:
                due[library_id] = due.get(library_id, Region()) | region
                del self._due[library_id, region]
        return due
