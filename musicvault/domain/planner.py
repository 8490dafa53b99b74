"""What a sync would do, step by step, each with its reason. Pure: reads values, decides, touches nothing.

Order: fewest good copies first, then whole albums together by path. What doesn't fit on a drive is left out
and counted, so that a full drive still gets the least protected files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from musicvault.domain.paths import split


class Step(StrEnum):
    """What an action does on a vault."""

    COPY = "copy"
    REPLACE = "replace"
    RENAME = "rename"


class Reason(StrEnum):
    """Why it would be done."""

    NO_COPY = "no-copy-on-drive"
    NEW_VERSION = "new-version"
    RENAMED = "renamed-in-library"


@dataclass(frozen=True, slots=True)
class Need:
    """An item that a vault lacks, or holds in an older version or under an older name."""

    item_id: int
    vault_id: str
    path: bytes
    size: int
    good_copies: int
    step: Step
    reason: Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in order, those that don't fit, and how many bytes each drive lacks for them."""

    actions: tuple[Need, ...]
    left_out: tuple[Need, ...]
    short_bytes: Mapping[str, int]


def plan(needs: Iterable[Need], free_bytes: Mapping[str, int], volume_of: Mapping[str, str] | None = None) -> Plan:
    """Order the needs and fit them into the free space of each drive (bytes, reserve already taken off).
    A replacement needs its whole size, for the older version stays. Vaults that `volume_of` puts on one volume
    share the space that is free there (the least of theirs, if they differ)."""
    ordered = sorted(needs, key=lambda need: (need.good_copies, split(need.path)[0], need.path, need.vault_id))
    pool = {vault: (volume_of or {}).get(vault, vault) for vault in free_bytes}
    left: dict[str, int] = {}
    for vault, free in free_bytes.items():
        left[pool[vault]] = min(free, left.get(pool[vault], free))
    short: dict[str, int] = {}
    actions: list[Need] = []
    left_out: list[Need] = []
    for need in ordered:
        size = 0 if need.step is Step.RENAME else need.size
        place = pool.get(need.vault_id, need.vault_id)
        # A rename takes no room; a file of no bytes still takes a line in the lists of a drive that isn't full.
        if need.step is Step.RENAME or size <= left.get(place, -1):
            left[place] = left.get(place, 0) - size
            actions.append(need)
        else:
            short[need.vault_id] = short.get(need.vault_id, 0) + size
            left_out.append(need)
    return Plan(tuple(actions), tuple(left_out), _lacking(short, left, pool))


def _lacking(short: Mapping[str, int], left: Mapping[str, int], pool: Mapping[str, str]) -> dict[str, int]:
    """By vault: what was left out there, less the room that stayed free, which vaults of one volume share."""
    room = {place: max(0, free) for place, free in left.items()}
    lacking: dict[str, int] = {}
    for vault, wanted in short.items():
        place = pool.get(vault, vault)
        used = min(wanted, room.get(place, 0))
        room[place] = room.get(place, 0) - used
        lacking[vault] = max(1, wanted - used)
    return lacking
