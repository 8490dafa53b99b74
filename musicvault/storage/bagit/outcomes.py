"""What a verification yields, in any mix."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.domain.paths import RelPath
from musicvault.domain.verdict import Finding


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The names are known now: so many files with so many bytes will be read."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A listed file was read and is what the lists say."""

    path: RelPath
    size: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Worth knowing, and no damage. `text` is a sentence."""

    path: RelPath
    text: str


Outcome = Surveyed | Checked | Remark | Finding
