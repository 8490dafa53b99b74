"""Judging items in bulk: many items share one shape (which rule, on which drives, in which states), and each shape is
judged once. A batch is read replica by replica; a sweep over everything lets SQLite put each item's copies into one
row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.domain.drives import Drive, library_drive
from musicvault.domain.policy import Judgement, Rule
from musicvault.domain.states import ReplicaState

Execute = Callable[..., Iterable[tuple[Any, ...]]]
Shape = tuple[tuple[str | None, str, bool], ...]
"""Of each current copy: the vault (None: the library), the state, and whether it holds the current content."""

WINDOW = 20_000
_PER_COLUMN = 15  # places in one 64-bit integer, four bits each
_STATES = tuple(ReplicaState)


class Weighed(NamedTuple):
    """The judgement of a shape, the places that take part (by their position in the shape), and the vaults that want a
    copy that they haven't."""

    judgement: Judgement
    places: tuple[int, ...]
    lacking: tuple[str, ...]


class Scales:
    """All that is the same for every item: rules by number, drives by id, the site of the computer, the time."""

    def __init__(self, rules: Sequence[Stored], drives: Mapping[str, Drive], home: str, now: float) -> None:
        self.rules: dict[int, Rule] = {stored.id: stored.rule for stored in rules}
        self.drives = drives
        self.now = now
        self._home = home
        self.vaults = [drive for drive in drives.values() if not drive.in_library]
        self._known: dict[tuple[int, int, Shape], Weighed] = {}

    def weigh(self, rule_id: int, library_id: int, shape: Shape) -> Weighed:
        key = (rule_id, library_id, shape)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._weighed(*key)
        return found

    def _weighed(self, rule_id: int, library_id: int, shape: Shape) -> Weighed:
        rule = self.rules.get(rule_id) or self.rules[DEFAULT_ID]
        own = library_drive(library_id)
        places, used = [], []
        has: set[str] = set()
        for position, (vault_id, state, current) in enumerate(shape):
            drive = self.drives.get(own if vault_id is None else vault_id)
            if drive is None:
                continue  # on a drive that isn't used any more
            places.append((ReplicaState(state), current, drive))
            used.append(position)
            if vault_id is not None and state != ReplicaState.MISSING and current:
                has.add(vault_id)
        wanting = (drive for drive in self.vaults if not drive.retired and rule.permits(drive))
        lacking = tuple(drive.id for drive in wanting if drive.id not in has)
        return Weighed(Judgement(places, rule, self.now, self._home), tuple(used), lacking)


class Item(NamedTuple):
    """An item as it is stored; what standing is written into, in the order of `standing.COLUMNS`."""

    id: int
    library_id: int
    content_id: int
    size: int
    stored: tuple[Any, ...]


# -- a batch

_COPIES = """
SELECT r.item_id, r.vault_id, r.state, r.content_id = i.content_id, r.proven_at,
       r.vault_id IS NULL OR r.state = 'missing' OR r.path = CAST('data/' || l.slug || '/' || CASE
           WHEN i.folder = x'' THEN i.name ELSE i.folder || '/' || i.name END AS BLOB)
FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id
WHERE r.role = 'current' AND r.item_id IN ({marks})
"""


class Copies(NamedTuple):
    """The current copies of one item, its shape, when each was proven, and whether each lies under its right name."""

    shape: Shape
    proven: list[float | None]
    named: bool


def copies(execute: Execute, item_ids: Sequence[int]) -> dict[int, Copies]:
    """The current copies of these items (a few hundred at most)."""
    rows: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in execute(_COPIES.format(marks=",".join("?" * len(item_ids))), item_ids):
        rows[row[0]].append(row)
    return {
        item_id: Copies(
            tuple((row[1], row[2], bool(row[3])) for row in found),
            [row[4] for row in found],
            all(row[5] for row in found),
        )
        for item_id, found in rows.items()
    }


# -- everything


class Swept(NamedTuple):
    """An item of a sweep: its rule's number, its judgement, when its proofs fall due. `item.stored` is what the
    catalog had."""

    item: Item
    rule_id: int
    weighed: Weighed
    due_at: float


def sweep(
    execute: Execute, scales: Scales, members: Mapping[int, int], columns: str, *, sizes: bool = False
) -> Iterator[list[Swept]]:
    """All items, window by window in the order of their ids. `columns` are those of `Item.stored`; `members` the items
    that another rule than the default one decides for. Reads a window before it gives it, so that it may be written."""
    last = next(iter(execute("SELECT coalesce(max(id), 0) FROM item")))[0]
    window = _Window(execute, scales, columns, sizes=sizes)
    for low in range(0, last, WINDOW):
        yield window.read(low, members)


class _Window:
    def __init__(self, execute: Execute, scales: Scales, columns: str, *, sizes: bool) -> None:
        self._execute, self._scales = execute, scales
        size, join = ("c.size", "LEFT JOIN content c ON c.id = i.content_id") if sizes else ("0", "")
        self._items = (
            f"SELECT i.id, i.library_id, i.content_id, {size}, {columns} FROM item i {join}"
            " WHERE i.id > ? AND i.id <= ? ORDER BY i.id"
        )
        self._places: list[str | None] = [None, *(drive.id for drive in scales.vaults)]
        self._copies, self._parameters = self._grouped()
        self._known: dict[tuple[Any, ...], Weighed] = {}

    def _grouped(self) -> tuple[str, tuple[object, ...]]:
        """One row for each item: its content if all copies have one, four bits for each place, each place's proof."""
        parameters: list[object] = []
        codes = []
        state = "CASE r.state " + " ".join(f"WHEN '{one.value}' THEN {n + 1}" for n, one in enumerate(_STATES)) + " END"
        for start in range(0, len(self._places), _PER_COLUMN):
            shifts = []
            for shift, place in enumerate(self._places[start : start + _PER_COLUMN]):
                shifts.append(f"WHEN r.vault_id {'IS NULL' if place is None else '= ?'} THEN {4 * shift}")
                parameters += [] if place is None else [place]
            codes.append(f"sum(({state}) << (CASE {' '.join(shifts)} END))")
        proofs = []
        for place in self._places:
            proofs.append(f"max(CASE WHEN r.vault_id {'IS NULL' if place is None else '= ?'} THEN r.proven_at END)")
            parameters += [] if place is None else [place]
        self._codes = len(codes)
        return (
            f"SELECT r.item_id, min(r.content_id), max(r.content_id), {', '.join(codes)}, {', '.join(proofs)}"
            " FROM replica r INDEXED BY replica_current"
            " WHERE r.role = 'current' AND r.item_id > ? AND r.item_id <= ? GROUP BY r.item_id",
            tuple(parameters),
        )

    def read(self, low: int, members: Mapping[int, int]) -> list[Swept]:
        high = low + WINDOW
        grouped = iter(self._execute(self._copies, (*self._parameters, low, high)))
        found: list[Swept] = []
        odd: list[Item] = []
        now, known, first = self._scales.now, self._known, 3 + self._codes
        row = next(grouped, None)
        for item_id, library_id, content_id, size, *stored in self._execute(self._items, (low, high)):
            while row is not None and row[0] < item_id:
                row = next(grouped, None)
            item = Item(item_id, library_id, content_id, size, tuple(stored))
            if row is None or row[0] != item_id or row[1] != content_id or row[2] != content_id:
                odd.append(item)  # another content somewhere: read copy by copy
                continue
            rule_id = members.get(item_id, DEFAULT_ID)
            key = (rule_id, library_id, *row[3:first])
            weighed = known.get(key)
            if weighed is None:
                weighed = known[key] = self._weighed(key)
            proofs = row[first:]
            due_at = weighed.judgement.due([proofs[place] for place in weighed.places], now)
            found.append(Swept(item, rule_id, weighed, due_at))
        for start in range(0, len(odd), 500):
            found += self._one_by_one(odd[start : start + 500], members)
        return found

    def _weighed(self, key: tuple[Any, ...]) -> Weighed:
        """The shape that the bits say; places are those of the columns."""
        shape, columns = [], []
        for number, place in enumerate(self._places):
            code = key[2 + number // _PER_COLUMN] >> (4 * (number % _PER_COLUMN)) & 15
            if code:
                shape.append((place, _STATES[code - 1].value, True))
                columns.append(number)
        weighed = self._scales.weigh(key[0], key[1], tuple(shape))
        return weighed._replace(places=tuple(columns[place] for place in weighed.places))

    def _one_by_one(self, items: Sequence[Item], members: Mapping[int, int]) -> Iterator[Swept]:
        found = copies(self._execute, [item.id for item in items])
        for item in items:
            its = found.get(item.id, Copies((), [], True))
            rule_id = members.get(item.id, DEFAULT_ID)
            weighed = self._scales.weigh(rule_id, item.library_id, its.shape)
            due_at = weighed.judgement.due([its.proven[place] for place in weighed.places], self._scales.now)
            yield Swept(item, rule_id, weighed, due_at)
