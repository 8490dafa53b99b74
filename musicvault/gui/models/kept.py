"""What the screen of things set aside is told. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KeptFilter(StrEnum):
    """The chips above the list; the values are the catalog's roles."""

    ALL = ""
    VERSIONS = "version"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One version of a file, or damaged bytes of it. `version` is 0 for what could not be read whole."""

    item: int
    version: int
    path: bytes
    quarantined: bool
    words: str
    until: str


@dataclass(frozen=True, slots=True)
class KeptModel:
    """What is kept: in a sentence, by chip (as many as there are rows), and in rows; `more` rows aren't listed."""

    sentence: str = ""
    totals: tuple[tuple[KeptFilter, int], ...] = ()
    rows: tuple[KeptRow, ...] = ()
    more: bool = False
