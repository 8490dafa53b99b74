"""What vaults lack, found by joins in SQLite, so that a sync's work grows with what changed (S4)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class Lack:
    """An item that is wanted on a vault, and what the catalog has there for it: `replica_id`, `state`, `stored` (path)
    and `held` (content id) are None without a replica. `source`: the library's own file is intact and
    holds the current content, so that a copy may be made from it (M3)."""

    item_id: int
    library_id: int
    path: bytes
    content_id: int
    size: int
    good: int
    source: bool
    replica_id: int | None
    state: ReplicaState | None
    stored: bytes | None
    held: int | None
    rule_id: int = 1


# `lacking` is kept by triggers and by `standing`: it may be set for nothing, and is never missing where it matters.
# The plus leaves SQLite the index of those that lack something, which are few.
_LACKS = """
SELECT i.id, i.library_id, i.folder, i.name, i.content_id, c.size, i.good,
       o.state = 'intact' AND o.content_id = i.content_id,
       r.id, r.state, r.path, r.content_id, i.rule_id
FROM item i JOIN library l ON l.id = i.library_id AND l.removed_at IS NULL
     JOIN content c ON c.id = i.content_id
     LEFT JOIN replica o ON o.item_id = i.id AND o.place = '' AND o.role = 'current'
     LEFT JOIN replica r ON r.item_id = i.id AND r.place = ? AND r.role = 'current'
WHERE i.lacking AND +i.forgotten_at IS NULL AND (
    r.id IS NULL OR r.state = 'missing' OR r.content_id <> i.content_id
    OR r.path <> CAST('data/' || l.slug || '/' || CASE WHEN i.folder = x'' THEN i.name
                      ELSE i.folder || '/' || i.name END AS BLOB)
)
"""


def lacks(catalog: Catalog, vault_id: str) -> Iterator[Lack]:
    """Items of which the vault has no copy, only one of an older content, or one under another name. Names that had to
    be escaped look like other names here: `storage.names` tells."""
    for row in catalog.stream(_LACKS, (vault_id,)):
        yield Lack(
            item_id=row[0],
            library_id=row[1],
            path=join(row[2], row[3]),
            content_id=row[4],
            size=row[5],
            good=row[6],
            source=bool(row[7]),
            replica_id=row[8],
            state=None if row[9] is None else ReplicaState(row[9]),
            stored=row[10],
            held=row[11],
            rule_id=row[12],
        )


class Held(NamedTuple):
    """A current copy: its state, whether it holds the current content, and whether it lies under the item's own name
    (one that had to be escaped looks like another here)."""

    state: ReplicaState
    current: bool
    named: bool


Wanting = tuple[Any, ...]
"""An item that some drive may lack something of, plain, because there may be millions: its id, library, folder, name,
size, good copies, rule, then the codes that say which copies there are (`Survey.copies`)."""

CODES = 7
"""Where the codes begin."""


_BITS = 6  # of a place: four for the state, then whether the copy is current, and named
_PER_COLUMN = 10  # places in one 64-bit integer
_STATES = tuple(ReplicaState)

_NAMED = """
ifnull(r.path = CAST('data/' || l.slug || '/' || CASE WHEN i.folder = x'' THEN i.name ELSE i.folder || '/' || i.name END
                     AS BLOB), 1)
"""


class Group(NamedTuple):
    """Items of one library and rule whose current copies (`copies`, by vault) stand alike; `short`: there are too few
    of them."""

    library_id: int
    rule_id: int
    short: bool
    copies: Mapping[str, Held]
    items: int
    bytes: int

    def lack(self, vault_id: str) -> bool:
        """Whether a vault lacks their current content."""
        copy = self.copies.get(vault_id)
        return copy is None or not copy.current or copy.state is ReplicaState.MISSING

    def are_in(self, libraries: Collection[int], vaults: Collection[str]) -> bool:
        """Whether one of these places holds good copies of them."""
        return any(
            copy.current
            and copy.state is ReplicaState.INTACT
            and (place in vaults if place else self.library_id in libraries)
            for place, copy in self.copies.items()
        )


# The plus leaves SQLite the index of those that lack something, which are few.
_WANTING = (
    "FROM item i CROSS JOIN library l ON l.id = i.library_id AND l.removed_at IS NULL"
    " CROSS JOIN content c ON c.id = i.content_id WHERE i.lacking AND +i.forgotten_at IS NULL"
)


class Survey:
    """Everything of which some drive may lack something, all copies of an item in a number or two."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        rows = catalog.rows("SELECT id FROM vault WHERE removed_at IS NULL ORDER BY created_at, id")
        self._places: list[str] = ["", *(row[0] for row in rows)]

    def batches(self, vaults: Sequence[str]) -> Iterator[list[Wanting]]:
        """A row for each item, some at once. Names are looked at in these vaults, and taken for right in all others."""
        columns, parameters = self._codes(vaults)
        sql = f"SELECT i.id, i.library_id, i.folder, i.name, c.size, i.good, i.rule_id, {columns} {_WANTING}"
        return self._catalog.batches(sql, parameters)

    def groups(self) -> list[Group]:
        """The same counted, without looking at names."""
        columns, parameters = self._codes(())
        sql = f"SELECT i.library_id, i.rule_id, i.standing IN ('at-risk', 'short'), {columns}, c.size {_WANTING}"
        # Counted here: SQLite would sort everything for it.
        found: dict[tuple[Any, ...], list[int]] = {}
        for row in self._catalog.stream(sql, parameters):
            amounts = found.setdefault(row[:-1], [0, 0])
            amounts[0] += 1
            amounts[1] += row[-1]
        return [Group(key[0], key[1], bool(key[2]), self.copies(key[3:]), *sums) for key, sums in found.items()]

    def _codes(self, vaults: Sequence[str]) -> tuple[str, list[str]]:
        """The columns of the codes, in which the names on these vaults are looked at."""
        named = f"CASE WHEN r.place IN ({', '.join('?' * len(vaults))}) THEN {_NAMED} ELSE 1 END" if vaults else "1"
        state = "CASE r.state " + " ".join(f"WHEN '{one.value}' THEN {n + 1}" for n, one in enumerate(_STATES)) + " END"
        bits = f"({state} + 16 * (r.content_id = i.content_id) + 32 * {named})"
        columns, parameters = [], []
        for start in range(0, len(self._places), _PER_COLUMN):
            some = self._places[start : start + _PER_COLUMN]
            shifts = " ".join(f"WHEN ? THEN {_BITS * number}" for number in range(len(some)))
            columns.append(
                # The index of current copies alone: its rows are the fewest, and lie in the order of the items.
                f"ifnull((SELECT sum({bits} << CASE r.place {shifts} END) FROM replica r INDEXED BY replica_current"
                " WHERE r.item_id = i.id AND r.role = 'current'), 0)"
            )
            parameters += [*vaults, *some]
        return ", ".join(columns), parameters

    def copies(self, codes: Sequence[int]) -> Mapping[str, Held]:
        """The current copies by vault; the library's own is that of ''."""
        found = {}
        for number, place in enumerate(self._places):
            code = codes[number // _PER_COLUMN] >> (_BITS * (number % _PER_COLUMN)) & ((1 << _BITS) - 1)
            if code:
                found[place] = Held(_STATES[(code & 15) - 1], bool(code & 16), bool(code & 32))
        return found


def stored_path(catalog: Catalog, vault_id: str, item_id: int) -> bytes | None:
    """Where the current copy of an item lies in a vault."""
    path: bytes | None = catalog.value(
        "SELECT path FROM replica WHERE item_id = ? AND place = ? AND role = 'current'", (item_id, vault_id)
    )
    return path


def with_twins(catalog: Catalog, item_ids: Iterable[int]) -> frozenset[int]:
    """Those of the items whose bytes other items hold as well, or held."""
    rows = catalog.rows(
        "SELECT i.id FROM (SELECT value FROM json_each(?)) these CROSS JOIN item i ON i.id = these.value"
        " CROSS JOIN content c ON c.id = i.content_id"
        " WHERE EXISTS(SELECT 1 FROM content o WHERE o.blake3 = c.blake3 AND o.item_id <> i.id)",
        (json.dumps(list(item_ids)),),
    )
    return frozenset(row[0] for row in rows)


def up_to_date(catalog: Catalog, vault_id: str) -> int:
    """How many wanted items the vault has in their current content, by all that is known."""
    return int(
        catalog.value(
            "SELECT count(*) FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
            " WHERE r.vault_id = ? AND r.role = 'current' AND r.content_id = i.content_id AND r.state = 'intact'"
            " AND i.forgotten_at IS NULL AND l.removed_at IS NULL",
            (vault_id,),
        )
    )


@dataclass(frozen=True, slots=True)
class Child:
    """What a stored folder of a vault holds, by name. `item` is the path in the library of the item that lies there, or
    of some item below it."""

    name: bytes
    is_folder: bool
    item: bytes


_CHILDREN = """
SELECT r.path, i.folder, i.name FROM replica r JOIN item i ON i.id = r.item_id
WHERE r.vault_id = ? AND r.path >= ? AND r.path < ? AND r.role = 'current' ORDER BY r.path LIMIT 200
"""


def children(catalog: Catalog, vault_id: str, folder: bytes) -> Iterator[Child]:
    """What the catalog knows directly in a stored folder. Subfolders are leapt over, however much they hold."""
    start, end = folder + b"/", folder + b"0"  # "0" is the byte after "/"
    low = start
    while rows := catalog.rows(_CHILDREN, (vault_id, low, end)):
        for path, item_folder, item_name in rows:
            if path < low:
                continue  # in a subfolder that was seen
            name, below, _ = path[len(start) :].partition(b"/")
            yield Child(name, bool(below), join(item_folder, item_name))
            low = start + name + (b"0" if below else b"\0")


def holder(catalog: Catalog, vault_id: str, path: bytes) -> int | None:
    """The id of the current replica that lies at a stored path."""
    found = catalog.value(
        "SELECT id FROM replica WHERE vault_id = ? AND path = ? AND role = 'current'", (vault_id, path)
    )
    return None if found is None else int(found)
