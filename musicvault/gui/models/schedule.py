"""What the background watch does now and when it does what next; its settings. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Watcher(StrEnum):
    """Who watches: the service, this window, or nobody."""

    SERVICE = "service"
    WINDOW = "window"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Next:
    """Something that is to come: what, where, and when (seconds since the epoch)."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class ScheduleModel:
    """`doing` in words, empty while it waits; `waits` says why nothing is proven; `rates` one line for each place;
    `limits` which libraries aren't watched as they change, and why; `paused` whether the user stopped it; `installed`
    how it starts with every login, empty where it doesn't."""

    who: Watcher = Watcher.NOBODY
    pid: int = 0
    doing: str = ""
    waits: str = ""
    coming: tuple[Next, ...] = ()
    rates: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    paused: bool = False
    installed: str = ""
    can_install: bool = True
