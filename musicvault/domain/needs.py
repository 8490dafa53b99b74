"""What drives need, kept small: where four new drives lack a million items, a plan has four million steps.

Values of a `Need` that all drives share are kept once for each item, in columns of plain numbers; the `Need` itself is
made when somebody looks at it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, overload

from musicvault.domain.paths import join, split
from musicvault.domain.policy import Rule


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
    library_id: int = 0

    @property
    def room(self) -> int:
        """Bytes that it takes. A replacement takes its whole size, for the older version stays; a rename takes none."""
        return 0 if self.step is Step.RENAME else self.size


class Tally(NamedTuple):
    """So many needs, which take so many bytes."""

    files: int
    room: int


NOTHING = Tally(0, 0)


_STEPS, _REASONS = tuple(Step), tuple(Reason)
_RENAME = _STEPS.index(Step.RENAME)
_WIDTH = len(_REASONS)


class Promise(NamedTuple):
    """What items that stand alike are to have: their rule, and the drives (by id) with good copies of them once all
    that they need is done."""

    rule: Rule
    drives: tuple[str, ...]


class Steps:
    """What some vaults need of an item, as `Needs` keeps it: the same for all items whose copies stand alike."""

    __slots__ = ("copying", "doings", "places", "promise")

    def __init__(self, places: Sequence[int], doings: bytes, promise: int) -> None:
        self.places, self.doings, self.promise = array("H", places), doings, promise
        self.copying = [place for place, doing in zip(places, doings, strict=True) if doing // _WIDTH != _RENAME]


class Needs:
    """Needs as they were gathered, each with a number from 0. All that one item needs is best added in one go, and so
    are items that need the same."""

    def __init__(self, needs: Iterable[Need] = ()) -> None:
        self.vaults: list[str] = []
        self._rooms: list[int] = []
        # Of each item:
        self._keys: list[bytes] = []
        self.items, self.sizes, self.copies = array("q"), array("q"), array("q")
        self._priorities, self._wanted, self._libraries = array("q"), array("q"), array("q")
        self._promises: list[Promise | None] = [None]
        self._promised = array("L")
        self._starts = array("Q", (0,))  # where its needs begin, and those of the last one end
        # Of each need:
        self.rows, self.places, self._doings = array("L"), array("H"), bytearray()
        for need in needs:
            self.add(need)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, need: Need) -> None:
        """Add one by itself."""
        folder, name = split(need.path)
        of_item = need.size, need.good_copies, need.priority, need.wanted
        steps = self.steps(((need.vault_id, need.step, need.reason),))
        self.add_all(need.item_id, need.library_id, folder, name, *of_item, steps)

    def steps(self, steps: Iterable[tuple[str, Step, Reason]], promise: Promise | None = None) -> Steps:
        """What `add_all` takes: what is done on which vaults, in the order of their ids, and why."""
        found = list(steps)
        for vault_id, _, _ in found:
            if vault_id not in self.vaults:
                self.vaults.append(vault_id)
                self._rooms.append(0)
        if promise is not None and promise != self._promises[-1]:
            self._promises.append(promise)
        return Steps(
            [self.vaults.index(vault_id) for vault_id, _, _ in found],
            bytes(_STEPS.index(step) * _WIDTH + _REASONS.index(reason) for _, step, reason in found),
            0 if promise is None else len(self._promises) - 1,
        )

    def add_all(
        self,
        item_id: int,
        library_id: int,
        folder: bytes,
        name: bytes,
        size: int,
        good_copies: int,
        priority: int,
        wanted: int,
        steps: Steps,
    ) -> None:
        """Add all that is needed of one item."""
        self.add_alike([(item_id, folder, name, size, good_copies)], library_id, priority, wanted, steps)

    def add_alike(
        self,
        items: Sequence[tuple[int, bytes, bytes, int, int]],
        library_id: int,
        priority: int,
        wanted: int,
        steps: Steps,
    ) -> None:
        """Add all that is needed of items (id, folder, name, size, good copies) that need the same."""
        first, amount, width = len(self._keys), len(items), len(steps.places)
        ids, folders, names, sizes, copies = zip(*items, strict=True)
        self._keys += [folder + b"\0" + name for folder, name in zip(folders, names, strict=True)]
        self.items.extend(ids)
        self.sizes.extend(sizes)
        self.copies.extend(copies)
        self._priorities.extend([priority] * amount)
        self._wanted.extend([wanted] * amount)
        self._libraries.extend([library_id] * amount)
        self._promised.extend([steps.promise] * amount)
        begin = len(self.rows)
        self.rows.extend([row for row in range(first, first + amount) for _ in range(width)])
        self.places.extend(steps.places * amount)
        self._doings += steps.doings * amount
        self._starts.extend([begin + width * number for number in range(1, amount + 1)])
        room = sum(sizes)
        for place in steps.copying:
            self._rooms[place] += room

    def need(self, number: int) -> Need:
        """The need with this number."""
        row, (step, reason) = self.rows[number], divmod(self._doings[number], _WIDTH)
        return Need(
            self.items[row],
            self.vaults[self.places[number]],
            self.path(number),
            self.sizes[row],
            self.copies[row],
            _STEPS[step],
            _REASONS[reason],
            self._priorities[row],
            self._wanted[row],
            self._libraries[row],
        )

    def promise(self, row: int) -> Promise | None:
        """What the item of this row is to have, where somebody said."""
        return self._promises[self._promised[row]]

    def path(self, number: int) -> bytes:
        folder, _, name = self._keys[self.rows[number]].partition(b"\0")
        return join(folder, name)

    def is_rename(self, number: int) -> bool:
        return self._doings[number] // _WIDTH == _RENAME

    def room(self, number: int) -> int:
        """The bytes that it takes."""
        return 0 if self.is_rename(number) else self.sizes[self.rows[number]]

    def urgency(self, number: int, coming: int = 0) -> tuple[int, int]:
        """The less, the sooner; `coming` copies are on their way."""
        row = self.rows[number]
        return self.copies[row] + coming, -self._priorities[row]

    def tally(self, numbers: Sequence[int] | None = None) -> dict[str, Tally]:
        """How much each vault needs: of all, or of these; vaults that need nothing are left out."""
        if numbers is None:
            counts = [self.places.count(place) for place in range(len(self.vaults))]
            rooms = self._rooms
        else:
            counts, rooms = [0] * len(self.vaults), [0] * len(self.vaults)
            for number in numbers:
                place = self.places[number]
                counts[place] += 1
                rooms[place] += self.room(number)
        every = zip(self.vaults, counts, rooms, strict=True)
        return {vault_id: Tally(count, room) for vault_id, count, room in every if count}

    def ordered(self) -> Sequence[int]:
        """All numbers: fewest good copies first, then by priority, then folder by folder, by path and vault."""
        # Sorted by keys that are there already: a tuple for each item would take more than all the rest.
        by_path = sorted(range(len(self._keys)), key=self._keys.__getitem__)
        urgent: dict[tuple[int, int], array[int]] = {}
        for row in by_path:
            urgent.setdefault((self.copies[row], -self._priorities[row]), array("L")).append(row)
        del by_path
        found = array("Q")
        for urgency in sorted(urgent):
            self._by_path(urgent.pop(urgency), found)
        return found

    def _by_path(self, rows: Sequence[int], found: array[int]) -> None:
        """Add the needs of these rows, which are in the order of their paths."""
        keys, starts = self._keys, self._starts
        begun, last = 0, None
        for row in rows:
            key = keys[row]
            if key != last:
                last, begun = key, len(found)
                found.extend(range(starts[row], starts[row + 1]))
            else:  # several items of one path, or one that was added piece by piece
                found.extend(range(starts[row], starts[row + 1]))
                found[begun:] = array("Q", sorted(found[begun:], key=self._vault_of))

    def _vault_of(self, number: int) -> str:
        return self.vaults[self.places[number]]


class Chosen(Sequence[Need]):
    """Some needs in some order, made as they are looked at."""

    def __init__(self, needs: Needs, numbers: Sequence[int]) -> None:
        self._needs, self._numbers = needs, numbers

    def tally(self) -> dict[str, Tally]:
        """How much each vault needs of this; vaults of which there is nothing are left out."""
        return self._needs.tally(None if len(self) == len(self._needs) else self._numbers)

    def unkept(self) -> dict[tuple[Promise, tuple[str, ...]], Tally]:
        """If these needs aren't met: how many items, and their bytes, lack copies on which vaults, by what they are to
        have."""
        needs, without = self._needs, dict[int, list[int]]()
        for number in self._numbers:
            without.setdefault(needs.rows[number], []).append(needs.places[number])
        found: dict[tuple[Promise, tuple[int, ...]], list[int]] = {}
        for row, places in without.items():
            promise = needs.promise(row)
            if promise is not None:
                amounts = found.setdefault((promise, tuple(sorted(places))), [0, 0])
                amounts[0] += 1
                amounts[1] += needs.sizes[row]
        return {
            (promise, tuple(needs.vaults[place] for place in places)): Tally(*amounts)
            for (promise, places), amounts in found.items()
        }

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Need: ...
    @overload
    def __getitem__(self, index: slice) -> Chosen: ...
    def __getitem__(self, index: int | slice) -> Need | Chosen:
        if isinstance(index, slice):
            return Chosen(self._needs, self._numbers[index])
        return self._needs.need(self._numbers[index])

    def __iter__(self) -> Iterator[Need]:
        return map(self._needs.need, self._numbers)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def of(self, vault_id: str) -> Chosen:
        """Those of one vault."""
        if vault_id not in self._needs.vaults:
            return Chosen(self._needs, array("Q"))
        place, places = self._needs.vaults.index(vault_id), self._needs.places
        return self._those(lambda number: places[number] == place)

    @property
    def renames(self) -> Chosen:
        return self._those(self._needs.is_rename)

    @property
    def copies(self) -> Chosen:
        """Those that copy something, as a new file or in place of an older version."""
        return self._those(lambda number: not self._needs.is_rename(number))

    def _those(self, which: Callable[[int], bool]) -> Chosen:
        return Chosen(self._needs, array("Q", filter(which, self._numbers)))

    @property
    def room(self) -> int:
        """The bytes that all of them take."""
        return sum(one.room for one in self.tally().values())
