"""What the Drives screen knows of a drive's health, and the audit of a folder. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Wellness(StrEnum):
    """How a drive is, by all that is known."""

    HEALTHY = "healthy"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SpeedLine:
    """How fast a pass read, part by part, in bytes a second (None: too little was read there). `by_place`: from the
    device's beginning to its end, else in the order of reading. `at` in seconds since the epoch."""

    speeds: tuple[float | None, ...]
    at: float = 0.0
    by_place: bool = True
    complete: bool = True
    files: int = 0
    bytes: int = 0
    errors: int = 0
    corrupt: int = 0

    @property
    def known(self) -> tuple[float, ...]:
        return tuple(speed for speed in self.speeds if speed is not None)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a disk says of itself; `bad` where it is a sign of failure."""

    name: str
    value: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Care:
    """What is known of a drive's health. `reason` in sentences; `asked` in words; `lines` newest first; `slower` the
    newest pass's speed over that of those before it; `errors` one line each, newest first, of `error_files` files."""

    state: Wellness = Wellness.UNKNOWN
    reason: str = ""
    asked: str = ""
    model: str = ""
    temperature: int | None = None
    hours: int | None = None
    facts: tuple[Fact, ...] = ()
    lines: tuple[SpeedLine, ...] = ()
    slower: float | None = None
    error_files: int = 0
    errors: tuple[str, ...] = ()
    corrupt_per_tb: float | None = None
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that an audit could not read, and why."""

    path: bytes
    problem: str


@dataclass(frozen=True, slots=True)
class AuditModel:
    """An audit as it stands: `over` once it has ended, `message` where it didn't come to its end. Times in seconds
    since the epoch, `speed` in bytes a second, `slow_parts` numbers of parts."""

    folder: bytes
    began: float
    ended: float | None = None
    model: str = ""
    checked: int = 0
    bytes: int = 0
    unreadable: int = 0
    failed: int = 0
    current: str = ""
    line: SpeedLine = field(default_factory=lambda: SpeedLine(()))
    speed: float | None = None
    slow_parts: tuple[int, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    message: str = ""

    @property
    def over(self) -> bool:
        return self.ended is not None

    @property
    def amount_of_trouble(self) -> int:
        return self.unreadable + self.failed
