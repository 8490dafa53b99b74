"""What a pass of reading shows of the device itself: its speed from end to end, and the places that fail.

Nothing is read for it. Where the file system tells where its files lie, the curve is by place on the device; else it
is by the order in which they were read, and says so. The time is that of reading and digesting: on a device that is
faster than the digest, it is the digest's.
"""

from __future__ import annotations

from musicvault.catalog import drive_health
from musicvault.catalog.database import Transaction
from musicvault.catalog.drive_health import ReadError, ReadPass
from musicvault.domain.curves import PARTS, Curve, Part, part_of
from musicvault.errors import ItemError
from musicvault.storage.placement import place_of
from musicvault.storage.volumes import Volume

DEVICE, ORDER = "device", "order"
_MOSTLY = 0.9


class Reads:
    """Gathers the reads of one pass over a volume; `expected` bytes are to be read in all. `round` names what this is
    a part of, of which `already` bytes were read before."""

    def __init__(self, volume: Volume, expected: int, round: str = "", already: int = 0) -> None:
        self.volume = volume
        self.files = 0
        self.bytes = 0
        self.errors: list[ReadError] = []
        self._round = round
        self._already = already
        self._expected = already + expected
        self._placed = 0
        self._timed = 0
        self._by_place = [[0, 0.0] for _ in range(PARTS)]
        self._by_order = [[0, 0.0] for _ in range(PARTS)]

    def add(self, size: int, seconds: float, physical: int | None) -> None:
        """A file of `size` bytes was read in so many seconds (0: not timed, or it failed)."""
        self.files += 1
        if seconds > 0 and size > 0:
            self._timed += size
            _into(self._by_order, part_of(self._already + self.bytes, self._expected), size, seconds)
            if physical is not None:
                self._placed += size
                _into(self._by_place, part_of(physical, self.volume.total), size, seconds)
        self.bytes += size

    def failed(self, absolute: bytes, path: bytes, error: ItemError) -> None:
        """The device did not give a file; `path` is what it is called in its library or vault."""
        if len(self.errors) < drive_health.KEPT_ERRORS:
            physical = place_of(absolute, error.offset or 0)
            self.errors.append(ReadError(path, error.offset, physical, error.cause))

    @property
    def basis(self) -> str:
        """What the parts of the curve are."""
        return DEVICE if self._placed >= _MOSTLY * self._timed and self._placed else ORDER

    @property
    def curve(self) -> Curve:
        parts = self._by_place if self.basis == DEVICE else self._by_order
        return tuple(Part(int(size), seconds) for size, seconds in parts)

    def record(self, transaction: Transaction, *, complete: bool, corrupt: int) -> None:
        """Write down what was seen, if anything was."""
        if not self.files:
            return
        read = ReadPass(
            self.volume.id,
            transaction.now,
            complete,
            self.basis,
            self.files,
            self.bytes,
            len(self.errors),
            corrupt,
            self.curve,
            self._round,
        )
        drive_health.record_pass(transaction, read, self.errors)


def _into(parts: list[list[float]], number: int, size: int, seconds: float) -> None:
    parts[number][0] += size
    parts[number][1] += seconds
