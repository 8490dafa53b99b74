"""Judging items in bulk: many items share one shape (which rule, on which drives, in which states), and each shape is
judged once. A batch is read replica by replica; a sweep over everything lets SQLite put each item's copies into one
row.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.catalog.uncollected import uncollected
from musicvault.domain.drives import Drive, library_drive
from musicvault.domain.policy import Judgement, Rule
from musicvault.domain.states import ReplicaState

Execute = Callable[..., Iterable[tuple[Any, ...]]]
Shape = tuple[tuple[str | None, str, bool], ...]
"""Of each current copy: the vault (None: the library), the state, and whether it holds the current content."""

WINDOW = 20_000
_BITS = 5  # of a place: four for the state, then whether the copy holds an older content
_OLDER = 16
_PER_COLUMN = 12  # places in one 64-bit integer
_STATES = tuple(ReplicaState)


class Weighed:
    """The judgement of a shape, the places that take part (by their position in the shape), the vaults that want a copy
    that they haven't, and the drives that hold a good one. `due` says when the proofs will no longer do, which stand by
    position in the shape."""

    __slots__ = ("_tails", "due", "holders", "judgement", "lacking", "places")

    def __init__(
        self,
        judgement: Judgement,
        places: tuple[int, ...],
        lacking: tuple[str, ...],
        holders: tuple[str, ...],
        now: float,
    ) -> None:
        self.judgement, self.places, self.lacking, self.holders = judgement, places, lacking, holders
        self.due = _due(judgement, places, now)
        self._tails: dict[tuple[bool, bool, int], tuple[object, ...]] = {}

    def tail(self, stale: bool, lacking: bool, rule_id: int) -> tuple[object, ...]:
        """What is stored of an item of this shape beside its due time, in the order of `TAIL`."""
        key = (stale, lacking, rule_id)
        found = self._tails.get(key)
        if found is None:
            outcome = self.judgement.stale if stale else self.judgement.sound
            missing = json.dumps([one.value for one in outcome.missing])
            counts = (outcome.good, outcome.volumes, outcome.sources)
            found = self._tails[key] = (outcome.standing.value, *counts, missing, rule_id, int(lacking))
        return found


def _due(
    judgement: Judgement, places: Sequence[int], now: float
) -> Callable[[tuple[Any, ...] | Sequence[float | None]], float]:
    """Asked for each of a million items: what is the same for all is looked up here, once."""

    def slowly(proven: tuple[Any, ...] | Sequence[float | None]) -> float:
        return judgement.due([proven[place] for place in places], now)

    if judgement.quick is None or len(judgement.quick[0]) < 2:
        return slowly
    counting, needed = judgement.quick
    chosen, interval = itemgetter(*(places[index] for index in counting)), judgement.interval

    def quickly(proven: tuple[Any, ...] | Sequence[float | None]) -> float:
        try:
            times: list[float] = sorted(chosen(proven))
            if times[-1] <= now:
                return times[-needed] + interval
        except TypeError:
            pass  # one was never proven
        return slowly(proven)

    return quickly


TAIL = "standing, good, volumes, sources, missing, rule_id, lacking"


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
        places, used, holders = [], [], []
        has: set[str] = set()
        for position, (vault_id, state, current) in enumerate(shape):
            drive = self.drives.get(own if vault_id is None else vault_id)
            if drive is None:
                continue  # on a drive that isn't used any more
            places.append((ReplicaState(state), current, drive))
            used.append(position)
            if current and state == ReplicaState.INTACT:
                holders.append(drive.id)
            if vault_id is not None and state != ReplicaState.MISSING and current:
                has.add(vault_id)
        wanting = (drive for drive in self.vaults if not drive.retired and rule.permits(drive))
        lacking = tuple(drive.id for drive in wanting if drive.id not in has)
        judgement = Judgement(places, rule, self.now, self._home)
        return Weighed(judgement, tuple(used), lacking, tuple(holders), self.now)


# -- a batch

_NAMED = """
r.vault_id IS NULL OR r.state = 'missing' OR r.path = CAST('data/' || l.slug || '/' || CASE
WHEN i.folder = x'' THEN i.name ELSE i.folder || '/' || i.name END AS BLOB)
"""

_COPIES = """
SELECT r.item_id, r.vault_id, r.state, r.content_id = i.content_id, r.proven_at, {named}
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
    for row in execute(_COPIES.format(named=_NAMED, marks=",".join("?" * len(item_ids))), item_ids):
        rows[row[0]].append(row)
    return {
        item_id: Copies(
            tuple((row[1], row[2], bool(row[3])) for row in found),
            [row[4] for row in found],
            all(row[5] for row in found),
        )
        for item_id, found in rows.items()
    }


def misnamed(execute: Execute, item_ids: Iterable[int]) -> frozenset[int]:
    """Those of the items of which some current copy lies under another name than the library's."""
    rows = execute(
        "SELECT r.item_id FROM (SELECT value FROM json_each(?)) these CROSS JOIN item i ON i.id = these.value"
        " CROSS JOIN library l ON l.id = i.library_id CROSS JOIN replica r ON r.item_id = i.id AND r.role = 'current'"
        f" WHERE NOT ({_NAMED})",
        (json.dumps(list(item_ids)),),
    )
    return frozenset(row[0] for row in rows)


# -- everything


LOOKED_AFTER = "i.forgotten_at IS NULL AND i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"
"""A column of a sweep: whether the item isn't let go, and its library is looked after."""

Swept = tuple[tuple[Any, ...], int, Weighed, float]
"""An item of a sweep: its row (id, library, the columns that were asked for, and more that is nobody else's), its
rule's number, how its shape weighs, when its proofs fall due."""


def sweep(
    execute: Execute, scales: Scales, members: Mapping[int, int], columns: Sequence[str], *, contents: bool = False
) -> Iterator[list[Swept]]:
    """All items, window by window in the order of their ids. `columns` follow in each item's row, with `contents` those
    of `c` as well; `members` are the items that another rule than the default one decides for. Reads a window before
    giving it, so that it may be written."""
    last = next(iter(execute("SELECT coalesce(max(id), 0) FROM item")))[0]
    window = _Window(execute, scales, columns, contents=contents)
    with uncollected():
        for low in range(0, last, WINDOW):
            yield window.read(low, members)


class _Window:
    def __init__(self, execute: Execute, scales: Scales, columns: Sequence[str], *, contents: bool) -> None:
        self._execute, self._scales = execute, scales
        self._places: list[str | None] = [None, *(drive.id for drive in scales.vaults)]
        codes, proofs, parameters = self._grouped()
        join = "LEFT JOIN content c ON c.id = i.content_id" if contents else ""
        # The copies are looked up item by item: SQLite needn't sort, nor Python bring two answers together.
        self._sql = (
            f"SELECT i.id, i.library_id, {', '.join((*columns, *codes, *proofs))}"
            f" FROM item i {join} LEFT JOIN replica r INDEXED BY replica_current"
            " ON r.item_id = i.id AND r.role = 'current' WHERE i.id > ? AND i.id <= ? GROUP BY i.id"
        )
        self._parameters = parameters
        self._first = 2 + len(columns)
        self._end = self._first + len(codes)
        self._alike = itemgetter(1, *range(self._first, self._end))
        self._known: defaultdict[int, dict[tuple[Any, ...], Weighed]] = defaultdict(dict)

    def _grouped(self) -> tuple[list[str], list[str], tuple[object, ...]]:
        """What is asked of an item's copies together: some bits for each place, and each place's proof."""
        parameters: list[object] = []
        codes = []
        state = "CASE r.state " + " ".join(f"WHEN '{one.value}' THEN {n + 1}" for n, one in enumerate(_STATES)) + " END"
        for start in range(0, len(self._places), _PER_COLUMN):
            shifts = []
            for shift, place in enumerate(self._places[start : start + _PER_COLUMN]):
                shifts.append(f"WHEN r.vault_id {'IS NULL' if place is None else '= ?'} THEN {_BITS * shift}")
                parameters += [] if place is None else [place]
            bits = f"{state} + {_OLDER} * (r.content_id IS NOT i.content_id)"
            codes.append(f"coalesce(sum(({bits}) << (CASE {' '.join(shifts)} END)), 0)")
        proofs = []
        for place in self._places:
            proofs.append(f"max(r.proven_at) FILTER (WHERE r.vault_id {'IS NULL' if place is None else '= ?'})")
            parameters += [] if place is None else [place]
        return codes, proofs, tuple(parameters)

    def read(self, low: int, members: Mapping[int, int]) -> list[Swept]:
        found: list[Swept] = []
        known, alike = self._known, self._alike
        for row in self._execute(self._sql, (*self._parameters, low, low + WINDOW)):
            rule_id = members.get(row[0], DEFAULT_ID) if members else DEFAULT_ID
            key = alike(row)
            weighed = known[rule_id].get(key) or self._learnt(rule_id, key)
            found.append((row, rule_id, weighed, weighed.due(row)))
        return found

    def _learnt(self, rule_id: int, key: tuple[Any, ...]) -> Weighed:
        found = self._known[rule_id][key] = self._weighed(rule_id, key[0], key[1:])
        return found

    def _weighed(self, rule_id: int, library_id: int, codes: tuple[int, ...]) -> Weighed:
        """The shape that the bits say; its places are the columns with their proofs."""
        shape, columns = [], []
        for number, place in enumerate(self._places):
            code = codes[number // _PER_COLUMN] >> (_BITS * (number % _PER_COLUMN)) & ((1 << _BITS) - 1)
            if code:
                shape.append((place, _STATES[code % _OLDER - 1].value, code < _OLDER))
                columns.append(self._end + number)
        weighed = self._scales.weigh(rule_id, library_id, tuple(shape))
        places = tuple(columns[place] for place in weighed.places)
        return Weighed(weighed.judgement, places, weighed.lacking, weighed.holders, self._scales.now)
