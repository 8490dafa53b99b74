"""Fitting needs into drives that are too small for all of theirs (how is told in `domain.planner`)."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from musicvault.domain.needs import Needs
from musicvault.domain.paths import split

_DISC = re.compile(rb"(cd|dis[ck]|lp|side|vol(ume)?)[ ._-]*[0-9a-d]{1,2}\b.*", re.IGNORECASE | re.DOTALL)


def album(path: bytes) -> bytes:
    """The release folder of a path: disc folders (`CD 1`, `Disc 2 - Live`) belong to the folder that they are in."""
    folder = split(path)[0]
    above, name = split(folder)
    return above if above and _DISC.fullmatch(name) else folder


def packed(
    needs: Needs, ordered: Sequence[int], left: dict[str, int], pool: Mapping[str, str], tight: set[str]
) -> bytearray:
    """For each of the needs in this order 1 where it is met, though some volumes (`tight`) are too small for theirs.
    Takes the room off `left`; `pool` says which vaults share a volume."""
    return _Packing(needs, ordered, left, pool, tight).taken


class _Packing:
    """Needs by their positions in the order."""

    def __init__(
        self, needs: Needs, ordered: Sequence[int], left: dict[str, int], pool: Mapping[str, str], tight: set[str]
    ) -> None:
        self._needs, self._ordered, self._left = needs, ordered, left
        self._pools = [pool.get(vault, vault) for vault in needs.vaults]
        self._room = array("q", map(needs.room, ordered))
        self._coming: dict[int, int] = {}
        self._albums: dict[bytes, bytes] = {}
        self._waiting: dict[tuple[int, int], array[int]] = {}
        self.taken = bytearray(len(ordered))
        easy = bytearray(needs.is_rename(number) or self._pool(at) not in tight for at, number in enumerate(ordered))
        self._take(position for position, is_easy in enumerate(easy) if is_easy)
        self._wait(position for position, is_easy in enumerate(easy) if not is_easy)
        while self._waiting:
            urgency = min(self._waiting)
            self._fill(urgency[0], self._waiting.pop(urgency))
        self._even_out()

    def _pool(self, position: int) -> str:
        return self._pools[self._needs.places[self._ordered[position]]]

    def _item(self, position: int) -> int:
        return self._needs.items[self._needs.rows[self._ordered[position]]]

    def _urgency(self, position: int) -> tuple[int, int]:
        """By the good copies that the item will have, as far as is known yet."""
        return self._needs.urgency(self._ordered[position], self._coming.get(self._item(position), 0))

    def _wait(self, positions: Iterable[int]) -> None:
        for position in positions:
            self._waiting.setdefault(self._urgency(position), array("Q")).append(position)

    def _take(self, positions: Iterable[int]) -> None:
        for position in positions:
            self.taken[position] = 1
            if not self._needs.is_rename(self._ordered[position]):
                item = self._item(position)
                self._coming[item] = self._coming.get(item, 0) + 1
            if self._room[position]:
                self._left[self._pool(position)] -= self._room[position]

    def _spare(self, positions: Sequence[int]) -> int:
        """What would be left on a drive with these (all of one drive) on it."""
        return self._left.get(self._pool(positions[0]), -1) - sum([self._room[position] for position in positions])

    def _still(self, positions: Sequence[int], copies: int) -> Sequence[int]:
        """Those that have no more copies than that; the others got one meanwhile, and wait among their equals."""
        risen = [one for one in positions if self._urgency(one)[0] > copies]
        if not risen:
            return positions
        self._wait(risen)
        gone = set(risen)
        return [one for one in positions if one not in gone]

    def _fill(self, copies: int, positions: Sequence[int]) -> None:
        """Meet the needs of items with so many copies and one priority."""
        albums: dict[bytes, dict[int, list[int]]] = {}
        for position in self._still(positions, copies):
            number = self._ordered[position]
            places = albums.setdefault(self._album(self._needs.path(number)), {})
            places.setdefault(self._needs.places[number], []).append(position)
        biggest = sorted(albums.values(), key=self._size, reverse=True)
        split_up = [members for places in biggest for members in self._place_whole(places, copies)]
        # On the drive with the most room an album is split least.
        for members in sorted(split_up, key=lambda members: (-self._left.get(self._pool(members[0]), -1), members)):
            # A file of no bytes still takes a line in the lists of a drive that isn't full.
            least = min([self._room[position] for position in members])
            if least <= self._left.get(self._pool(members[0]), -1):
                for position in self._still(members, copies):
                    if self._room[position] <= self._left[self._pool(position)]:
                        self._take([position])
            else:
                self._still(members, copies)

    def _album(self, path: bytes) -> bytes:
        folder = path[: path.rfind(b"/") + 1]
        if folder not in self._albums:
            self._albums[folder] = album(path)
        return self._albums[folder]

    def _size(self, places: Mapping[int, Sequence[int]]) -> int:
        return max([sum([self._room[position] for position in members]) for members in places.values()])

    def _place_whole(self, places: Mapping[int, Sequence[int]], copies: int) -> Iterable[list[int]]:
        """Put an album on the drive that it fills best, for as long as it fits on one; gives what fits on none."""
        while places:
            fitting = [
                (spare, self._needs.vaults[place], place)
                for place, members in places.items()
                if (spare := self._spare(members)) >= 0
            ]
            if not fitting:
                break
            best = min(fitting)[2]
            self._take(places[best])
            others = {place: members for place, members in places.items() if place != best}
            places = {place: still for place, members in others.items() if (still := self._still(members, copies))}
        return [list(members) for members in places.values()]

    # -- what whole albums took from others

    def _even_out(self) -> None:
        """Let a copy of a file make room for one of a file that has two fewer: that one has no place elsewhere, because
        the only drives that it could go to were filled with whole albums before it was known how far the room goes."""
        left_out = [position for position, is_taken in enumerate(self.taken) if not is_taken]
        if not left_out:
            return
        poorest = min(map(self._copies, left_out))
        tiers: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for position, is_taken in enumerate(self.taken):
            if is_taken and self._room[position] and (copies := self._copies(position)) >= poorest + _AHEAD:
                tiers.setdefault((self._pool(position), copies), []).append((self._room[position], position))
        for tier in tiers.values():
            tier.sort()
        if not tiers:
            return
        for position in sorted(left_out, key=self._urgency):
            if (other := self._richer(position, tiers)) is not None:
                self._give_back(other)
                left_out.append(other)
                self._take([position])
        for position in sorted(left_out, key=self._urgency):  # into the room that larger files gave up
            if not self.taken[position] and self._room[position] <= self._left.get(self._pool(position), -1):
                self._take([position])

    def _richer(self, position: int, tiers: Mapping[tuple[str, int], list[tuple[int, int]]]) -> int | None:
        """What could make room on a drive: of the file with the most copies, the smallest copy that suffices."""
        pool, copies = self._pool(position), self._copies(position)
        lacking = self._room[position] - self._left.get(pool, 0)
        for rich in sorted((rich for at, rich in tiers if at == pool and rich >= copies + _AHEAD), reverse=True):
            tier = tiers[pool, rich]
            at = bisect_left(tier, (lacking, -1))
            while at < len(tier):
                found = tier.pop(at)[1]
                if self._copies(found) >= copies + _AHEAD:  # it may have given one up by now
                    return found
        return None

    def _copies(self, position: int) -> int:
        return self._urgency(position)[0]

    def _give_back(self, position: int) -> None:
        self.taken[position] = 0
        self._coming[self._item(position)] -= 1
        self._left[self._pool(position)] += self._room[position]


_AHEAD = 2
"""A file that is ahead by so many copies gives one up."""
