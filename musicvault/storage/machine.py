"""How the computer is: on mains or not, busy or not, and what others do with a disk; and how to stand back for them.

Where a system doesn't say, the honest answer is "unknown" (None) or "not that we know", and the idle priority of the
reads is all that keeps out of the way.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from musicvault.storage import disks

_SUPPLIES = Path("/sys/class/power_supply")
_PRESSURE = Path("/proc/pressure/io")
_STATS = Path("/proc/diskstats")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_OWN = Path("/proc/thread-self/io")
_SECTOR = 512
BUSY_LOAD = 1.5
"""Runnable processes for each core, over the last minute."""
BUSY_PRESSURE = 20.0
"""Percent of the last ten seconds in which something waited for a disk."""


def steady() -> float:
    """Seconds that go on through sleep where the system counts them so, and never jump; comparable within one boot."""
    if sys.platform.startswith("linux"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":  # there this one counts through sleep, and Python's own doesn't (clock_gettime(3))
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), up to the time; the rest only takes its room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "seconds", "fraction")),
        ("rest", ctypes.c_long * 32),
    )


_UNSYNCHRONISED = 0x40


def synchronised() -> float | None:
    """The system's time (seconds since the epoch, whole) where it knows it to be synchronised with a time server; None
    where it doesn't, or doesn't say. Setting the clock by hand ends that (adjtimex(2), STA_UNSYNC)."""
    if not sys.platform.startswith("linux"):
        return None
    answer = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return None
    return None if state < 0 or answer.status & _UNSYNCHRONISED else float(answer.seconds)


def boot() -> str:
    """What names this boot, empty where nobody says."""
    return _read(_BOOT)


def on_mains() -> bool | None:
    """Whether the computer runs on mains; None where nobody says."""
    import psutil

    with suppress(Exception):  # some drivers of batteries answer nonsense
        battery = psutil.sensors_battery()
        if battery is not None and battery.power_plugged is not None:
            return bool(battery.power_plugged)
    answers = [_read(supply / "online") for supply in _of_kind("Mains")]
    return None if not answers else "1" in answers


def _of_kind(kind: str) -> list[Path]:
    try:
        return [supply for supply in sorted(_SUPPLIES.iterdir()) if _read(supply / "type") == kind]
    except OSError:
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def is_busy() -> bool:
    """Whether others need the processor or the disks right now. To be asked while we do nothing ourselves."""
    with suppress(OSError, AttributeError):
        if os.getloadavg()[0] > BUSY_LOAD * (os.cpu_count() or 1):
            return True
    for line in _read(_PRESSURE).splitlines():
        if line.startswith("some "):
            with suppress(ValueError, IndexError):
                return float(line.split("avg10=")[1].split()[0]) > BUSY_PRESSURE
    return False


class Traffic:
    """What others than the calling thread read from and write to the disk that holds a folder. `known` is False where
    the system doesn't count (network, memory, not Linux)."""

    def __init__(self, path: bytes) -> None:
        try:
            name = disks.of_device(os.stat(path).st_dev).name
        except OSError:
            name = ""
        self._names = frozenset(name.split("+")) - {""}
        self._before = self._counted()

    @property
    def known(self) -> bool:
        return bool(self._names) and self._before is not None

    def of_others(self) -> int:
        """Bytes since it was last asked; 0 where it isn't known."""
        before, self._before = self._before, self._counted()
        if before is None or self._before is None:
            return 0
        return max(0, self._before[0] - before[0] - (self._before[1] - before[1]))

    def _counted(self) -> tuple[int, int] | None:
        """Bytes through the disk, and those of this thread: others of ours may read other disks."""
        if not self._names:
            return None
        try:
            lines = [line.split() for line in _STATS.read_text("ascii").splitlines()]
            own = dict(line.split(": ") for line in _OWN.read_text("ascii").splitlines())
            through = sum(int(line[5]) + int(line[9]) for line in lines if line[2] in self._names)
            return through * _SECTOR, int(own["read_bytes"]) + int(own["write_bytes"])
        except (OSError, ValueError, KeyError, IndexError):
            return None


@contextmanager
def standing_back() -> Iterator[None]:
    """Read at idle priority in this thread while the block runs, where the system has such a thing."""
    import psutil

    if not sys.platform.startswith("linux"):
        yield
        return
    thread = psutil.Process(threading.get_native_id())
    before = None
    with suppress(psutil.Error, OSError):  # not everybody may
        before = thread.ionice()
        thread.ionice(psutil.IOPRIO_CLASS_IDLE)
    try:
        yield
    finally:
        if before is not None:
            with suppress(psutil.Error, OSError):
                thread.ionice(before.ioclass, before.value)
