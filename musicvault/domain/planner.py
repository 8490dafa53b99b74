"""What a sync would do, step by step, each with its reason. Pure: reads values, decides, touches nothing.

Order: fewest good copies first, then the rule's priority, then whole albums together by path.

Where all fits, all is done. Where a drive is too small, room goes by the copies that each file will then have: what a
drive with room enough gets counts, and no file gets a third copy on small drives before every file has its second.
Among equals the biggest albums choose first, each the drive that it fills best, whole or not at all for as long as
whole ones fit; only then is what room is left filled file by file. What fits nowhere is left out and counted.

An action adds a copy, brings one up to date (the older version stays) or renames one. There is no action that removes:
nothing that a plan says can take a last good copy away (M1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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
    asked: dict[str, int] = {}
    for need in ordered:
        place = pool.get(need.vault_id, need.vault_id)
        asked[place] = asked.get(place, 0) + need.room
    tight = {place for place, room in asked.items() if room > left.get(place, -1)}
    if tight:
        taken = _Packing(ordered, left, pool, tight).taken
        actions = tuple(need for position, need in enumerate(ordered) if position in taken)
        left_out = tuple(need for position, need in enumerate(ordered) if position not in taken)
    else:
        actions, left_out = tuple(ordered), ()
    short: dict[str, int] = {}
    for need in left_out:
        short[need.vault_id] = short.get(need.vault_id, 0) + need.room
    return Plan(actions, left_out, _lacking(short, left, pool))


def _order(need: Need) -> tuple[object, ...]:
    return need.good_copies, -need.priority, split(need.path)[0], need.path, need.vault_id


_DISC = re.compile(rb"(cd|dis[ck]|lp|side|vol(ume)?)[ ._-]*[0-9a-d]{1,2}\b.*", re.IGNORECASE | re.DOTALL)


def album(path: bytes) -> bytes:
    """The release folder of a path: disc folders (`CD 1`, `Disc 2 - Live`) belong to the folder that they are in."""
    folder = split(path)[0]
    above, name = split(folder)
    return above if above and _DISC.fullmatch(name) else folder


class _Packing:
    """Which needs (`taken`, positions) are met where some drives (`tight`) are too small for theirs. Takes their room
    off `left`."""

    def __init__(self, ordered: Sequence[Need], left: dict[str, int], pool: Mapping[str, str], tight: set[str]) -> None:
        self._ordered, self._left = ordered, left
        self._place = [pool.get(need.vault_id, need.vault_id) for need in ordered]
        self._room = [need.room for need in ordered]
        self._coming: dict[int, int] = {}
        self._albums: dict[bytes, bytes] = {}
        self._waiting: dict[tuple[int, int], list[int]] = {}
        self.taken: set[int] = set()
        easy = [one.step is Step.RENAME or place not in tight for one, place in zip(ordered, self._place, strict=True)]
        self._take([position for position, is_easy in enumerate(easy) if is_easy])
        self._wait([position for position, is_easy in enumerate(easy) if not is_easy])
        while self._waiting:
            urgency = min(self._waiting)
            self._fill(urgency[0], self._waiting.pop(urgency))

    def _wait(self, positions: Iterable[int]) -> None:
        """Behind those whose items will have fewer good copies, as far as is known yet."""
        for position in positions:
            need = self._ordered[position]
            urgency = need.good_copies + self._coming.get(need.item_id, 0), -need.priority
            self._waiting.setdefault(urgency, []).append(position)

    def _take(self, positions: Iterable[int]) -> None:
        for position in positions:
            need = self._ordered[position]
            self.taken.add(position)
            if need.step is not Step.RENAME:
                self._coming[need.item_id] = self._coming.get(need.item_id, 0) + 1
            if self._room[position]:
                self._left[self._place[position]] -= self._room[position]

    def _spare(self, positions: Sequence[int]) -> int:
        """What would be left on a drive with these (all of one drive) on it."""
        return self._left.get(self._place[positions[0]], -1) - sum([self._room[position] for position in positions])

    def _still(self, positions: Sequence[int], copies: int) -> list[int]:
        """Those that have no more copies than that; the others got one meanwhile, and wait among their equals."""
        ordered, coming = self._ordered, self._coming
        risen = [one for one in positions if ordered[one].good_copies + coming.get(ordered[one].item_id, 0) > copies]
        if not risen:
            return list(positions)
        self._wait(risen)
        gone = set(risen)
        return [one for one in positions if one not in gone]

    def _fill(self, copies: int, positions: Sequence[int]) -> None:
        """Meet the needs of items with so many copies and one priority."""
        albums: dict[bytes, dict[str, list[int]]] = {}
        for position in self._still(positions, copies):
            need = self._ordered[position]
            albums.setdefault(self._album(need.path), {}).setdefault(need.vault_id, []).append(position)
        biggest = sorted(albums.values(), key=self._size, reverse=True)
        split_up = [members for places in biggest for members in self._place_whole(places, copies)]
        # On the drive with the most room an album is split least.
        for members in sorted(split_up, key=lambda members: (-self._left.get(self._place[members[0]], -1), members)):
            # A file of no bytes still takes a line in the lists of a drive that isn't full.
            least = min([self._room[position] for position in members])
            if least <= self._left.get(self._place[members[0]], -1):
                for position in self._still(members, copies):
                    if self._room[position] <= self._left[self._place[position]]:
                        self._take([position])
            else:
                self._still(members, copies)

    def _album(self, path: bytes) -> bytes:
        folder = path[: path.rfind(b"/") + 1]
        if folder not in self._albums:
            self._albums[folder] = album(path)
        return self._albums[folder]

    def _size(self, places: Mapping[str, Sequence[int]]) -> int:
        return max([sum([self._room[position] for position in members]) for members in places.values()])

    def _place_whole(self, places: dict[str, list[int]], copies: int) -> Iterable[list[int]]:
        """Put an album on the drive that it fills best, for as long as it fits on one; gives what fits on none."""
        while places:
            fitting = [(spare, vault) for vault, members in places.items() if (spare := self._spare(members)) >= 0]
            if not fitting:
                break
            self._take(places.pop(min(fitting)[1]))
            places = {vault: still for vault, members in places.items() if (still := self._still(members, copies))}
        return places.values()


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
