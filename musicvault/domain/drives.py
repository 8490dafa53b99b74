"""What the policy needs to know of a drive, and which drives fail together. Pure.

A *failure domain* is what is lost at one blow: the physical disk where its id is known, else the volume. Vaults of one
domain are one drive to the policy. Drives that share an enclosure, a site or a model count apart, but are *related*:
what strikes one may well strike the other, and people are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Drive:
    """A place of copies: a vault, or a library's own folder (whose id is `library_drive`'s).

    `site` is empty where nobody said where the drive is kept, `media` where its kind isn't known; `disk`, `model` and
    `enclosure` likewise. `detached`: it is unplugged when not in use, or is another machine's. `seen_at` in seconds
    since the epoch, `free` in bytes (0 while away).
    """

    id: str
    label: str
    site: str = ""
    media: str = ""
    volume: str = ""
    disk: str = ""
    model: str = ""
    enclosure: str = ""
    detached: bool = False
    online: bool = True
    failing: bool = False
    retired: bool = False
    seen_at: float = 0.0
    free: int = 0
    in_library: bool = False

    @property
    def domain(self) -> str:
        """What fails at one blow: the disk where it is known, else the volume."""
        return self.disk or self.volume or self.id


def library_drive(library_id: int) -> str:
    """The id under which a library's own folder takes part."""
    return f"library-{library_id}"


class Tie(StrEnum):
    """Why two drives may fail together, the closest first."""

    DISK = "disk"
    ENCLOSURE = "enclosure"
    SITE = "site"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Relation:
    """Two drives (by label) and what they share (`what`: the enclosure, site or model; empty for one disk)."""

    one: str
    other: str
    tie: Tie
    what: str = ""


def related(drives: Iterable[Drive]) -> tuple[Relation, ...]:
    """All pairs that may fail together, each with its closest tie. Only what is known counts: two drives without a
    site or a model share none."""
    found = []
    for one, other in combinations(drives, 2):
        tie = _tie(one, other)
        if tie is not None:
            found.append(Relation(one.label, other.label, tie[0], tie[1]))
    return tuple(found)


def _tie(one: Drive, other: Drive) -> tuple[Tie, str] | None:
    if one.domain == other.domain:
        return Tie.DISK, ""
    for tie in (Tie.ENCLOSURE, Tie.SITE, Tie.MODEL):
        mine, theirs = getattr(one, tie.value), getattr(other, tie.value)
        if mine and (mine == theirs or (tie is Tie.SITE and place(mine) == place(theirs))):
            return tie, mine
    return None


def place(site: str) -> str:
    """What tells one site from another: "Home" and "home" are one place, however the name was typed."""
    return " ".join(normalize("NFKC", site).casefold().split())


def sites(drives: Sequence[Drive], home: str = "") -> int:
    """At how many sites these drives are, for certain. One without a site is at `home`, where the computer is; while
    nobody said where that is, it may be at any of the sites that are named, and so adds none."""
    named = {place(drive.site or home) for drive in drives} - {""}
    return max(1, len(named)) if drives else 0


def is_away(drive: Drive, home: str = "") -> bool:
    """Whether what strikes the computer's room or its running system leaves the drive alone: it is unplugged when not
    in use or another machine's, or it is kept at another site than the computer."""
    return drive.detached or bool(home and drive.site and place(drive.site) != place(home))
