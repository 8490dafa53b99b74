"""What an operation and a case of it are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class MusicVault(Protocol):
    """What an operation may ask of the program itself."""

    def retag(self, path: Path, title: str) -> None: ...


@dataclass(slots=True)
class Case:
    """One copy of a file, to be operated on. `was` is where it stood at the first scan, `before` what it held
    then, `others` the contents of other files; `notes` say what was done, for the report."""

    row: str
    operation: Operation
    source: Path
    path: Path
    chance: random.Random
    program: MusicVault
    others: tuple[bytes, ...]
    was: Path = field(default_factory=Path)
    before: bytes = b""
    notes: list[str] = field(default_factory=list)

    def word(self) -> str:
        """A text that is nowhere else."""
        return f"Marker {self.chance.getrandbits(64):016x} of the sea"


def nothing(_: Case) -> None:
    """Leave the file as it is in the corpus."""


def everywhere(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`prepare` makes of the source what the library holds before its first scan, `apply` is the change itself; both
    raise `UnfitError` where this file can't have it. `expected` are the only outcomes that are right. `unable` gives
    the reason why no file of a row can have it, else an empty text."""

    name: str
    expected: frozenset[str]
    apply: Callable[[Case], None]
    prepare: Callable[[Case], None] = nothing
    unable: Callable[[str], str] = everywhere


def only(rows: Iterable[str], reason: str) -> Callable[[str], str]:
    """Not applicable elsewhere, for that reason."""
    able = frozenset(rows)
    return lambda row: "" if row in able else reason


def also(first: Callable[[str], str], second: Callable[[str], str]) -> Callable[[str], str]:
    return lambda row: first(row) or second(row)
