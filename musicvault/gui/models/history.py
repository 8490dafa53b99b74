"""What the History screen is told. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from musicvault.gui.models.actions import Action
from musicvault.gui.theme.tokens import Tone


class HistoryFilter(StrEnum):
    """The chips above the list."""

    ALL = "all"
    EDITS = "edits"
    COPIES = "copies"
    CHECKS = "checks"
    REPAIRS = "repairs"
    DECISIONS = "decisions"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which events: a chip and a text."""

    which: HistoryFilter = HistoryFilter.ALL
    text: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event. `path` is the file's, empty for what isn't about one; `facts` are all that it tells, by name; `undo`
    takes it back, None where that can't be or was done."""

    id: int
    at: float
    title: str
    words: str
    where: str
    path: bytes
    tone: Tone
    facts: tuple[tuple[str, str], ...] = ()
    undo: Action | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The answer to a query: rows from `before` an event on (None: from the newest), and whether there are more."""

    query: HistoryQuery
    before: int | None
    rows: tuple[EventRow, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether the log is what was written, in a sentence, and what drives and the computer bear witness to."""

    holds: bool
    sentence: str
    witnesses: tuple[str, ...] = ()
