"""What a sync would do, step by step, each with its reason. Pure: reads values, decides, touches nothing.

Order: fewest good copies first, then the rule's priority, then whole albums together by path. What doesn't fit on a
drive is left out and counted, so that a full drive still gets the least protected files. Among equals an album goes
whole or not at all for as long as whole albums fit; only then is what room is left filled file by file.

An action adds a copy, brings one up to date (the older version stays) or renames one. There is no action that removes:
nothing that a plan says can take a last good copy away (M1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

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
    """An item that a vault lacks, or holds in an older version or under an older name; `wanted` copies in all, of which
    `good_copies` are there."""

    item_id: int
    vault_id: str
    path: bytes
    size: int
    good_copies: int
    step: Step
    reason: Reason
    priority: int = 0
    wanted: int = 0

    @property
    def room(self) -> int:
        """Bytes that it takes. A replacement takes its whole size, for the older version stays; a rename takes none."""
        return 0 if self.step is Step.RENAME else self.size


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in order, those that don't fit, and how many bytes each drive lacks for them."""

    actions: tuple[Need, ...]
    left_out: tuple[Need, ...]
    short_bytes: Mapping[str, int]


def plan(needs: Iterable[Need], free_bytes: Mapping[str, int], volume_of: Mapping[str, str] | None = None) -> Plan:
    """Order the needs and fit them into the free space of each drive (bytes, reserve already taken off). Vaults that
    `volume_of` puts on one volume share the space that is free there (the least of theirs, if they differ)."""
    pool = {vault: (volume_of or {}).get(vault, vault) for vault in free_bytes}
    left: dict[str, int] = {}
    for vault, free in free_bytes.items():
        left[pool[vault]] = min(free, left.get(pool[vault], free))
    ordered = sorted(needs, key=_order)
    taken: set[int] = set()  # positions in `ordered`
    start = 0
    for _, equals in groupby(ordered, key=_urgency):
        count = sum(1 for _ in equals)
        taken.update(_fitting(ordered, range(start, start + count), left, pool))
        start += count
    actions = tuple(need for position, need in enumerate(ordered) if position in taken)
    left_out = tuple(need for position, need in enumerate(ordered) if position not in taken)
    short: dict[str, int] = {}
    for need in left_out:
        short[need.vault_id] = short.get(need.vault_id, 0) + need.room
    return Plan(actions, left_out, _lacking(short, left, pool))


def _urgency(need: Need) -> tuple[int, int]:
    return need.good_copies, -need.priority


def _order(need: Need) -> tuple[object, ...]:
    return need.good_copies, -need.priority, split(need.path)[0], need.path, need.vault_id


def _fitting(
    ordered: Sequence[Need], positions: Sequence[int], left: dict[str, int], pool: Mapping[str, str]
) -> Iterator[int]:
    """Which of these equally urgent needs fit. Takes their room off `left`."""
    albums: dict[tuple[str, bytes], list[int]] = {}
    for position in positions:
        need = ordered[position]
        albums.setdefault((need.vault_id, split(need.path)[0]), []).append(position)
    split_up: list[list[int]] = []
    for (vault, _), members in albums.items():
        room = sum(ordered[position].room for position in members)
        place = pool.get(vault, vault)
        if place in left and room <= left[place]:
            left[place] -= room
            yield from members
        else:
            split_up.append(members)
    for members in split_up:
        for position in members:
            need = ordered[position]
            place = pool.get(need.vault_id, need.vault_id)
            # A file of no bytes still takes a line in the lists of a drive that isn't full.
            if need.step is Step.RENAME:
                yield position
            elif need.room <= left.get(place, -1):
                left[place] -= need.room
                yield position


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
