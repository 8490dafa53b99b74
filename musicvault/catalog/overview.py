"""The counts behind `status` and the Overview, each one indexed query."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import ids_of
from musicvault.catalog.selection import Sql
from musicvault.domain.policy import DAY
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class Totals:
    """Items that are not let go. `bytes` counts hard-linked files once."""

    items: int
    tracks: int
    bytes: int
    added_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands on one vault: current copies only; `oldest_proof` of the intact ones, in seconds since the epoch,
    None where one has none."""

    items: int
    bytes: int
    intact: int
    oldest_proof: float | None


@dataclass(frozen=True, slots=True)
class Census:
    """All copies by state, and what stands on each vault; `kept_bytes` are those of versions and quarantine."""

    states: Mapping[ReplicaState, int]
    places: Mapping[str, Place]
    kept_bytes: Mapping[str, int]


NOTHING = Place(0, 0, 0, None)


def totals(catalog: Catalog, library_id: int | None = None) -> Totals:
    """Of all libraries, or of one."""
    chosen = "" if library_id is None else " AND i.library_id = ?"
    parameters = () if library_id is None else (library_id,)
    # One pass over both tables side by side: in the order of an index on items, their contents lie scattered.
    row = catalog.row(
        "SELECT count(*), coalesce(sum(i.kind = 'track'), 0), coalesce(sum(c.size), 0) FROM item i NOT INDEXED"
        " CROSS JOIN content c ON c.id = i.content_id"
        f" WHERE i.forgotten_at IS NULL AND i.library_id IN ({_LOOKED_AFTER})" + chosen,
        parameters,
    )
    assert row is not None
    # Hard links are few and have an index of their own: the plus and the CROSS JOIN make SQLite begin with them.
    twice = catalog.value(
        "SELECT coalesce(sum(size * (n - 1)), 0) FROM (SELECT r.size AS size, count(*) AS n FROM replica r"
        " CROSS JOIN item i ON i.id = r.item_id WHERE +r.vault_id IS NULL AND r.links > 1 AND i.forgotten_at IS NULL"
        f" AND i.library_id IN ({_LOOKED_AFTER})" + chosen + " GROUP BY i.library_id, r.inode)",
        parameters,
    )
    added_at = catalog.value("SELECT added_at FROM item ORDER BY id DESC LIMIT 1")
    return Totals(int(row[0]), int(row[1]), int(row[2]) - int(twice), added_at)


_LOOKED_AFTER = "SELECT id FROM library WHERE removed_at IS NULL"


def census(catalog: Catalog) -> Census:
    """One pass over an index that holds all of it; copies on removed drives and of removed libraries don't count."""
    states = dict.fromkeys(ReplicaState, 0)
    places: dict[str, Place] = {}
    kept: Counter[str] = Counter()
    removed = {row[0] for row in catalog.rows("SELECT id FROM vault WHERE removed_at IS NOT NULL")}
    for vault_id, role, state, count, size, oldest in catalog.rows(
        "SELECT vault_id, role, state, count(*), sum(size), min(coalesce(proven_at, 0)) FROM replica GROUP BY 1, 2, 3"
    ):
        if vault_id in removed:
            continue
        if role != "current":
            kept[vault_id] += size
            continue
        states[ReplicaState(state)] += count
        if vault_id is not None and state != ReplicaState.MISSING:
            places[vault_id] = _with(places.get(vault_id), state, count, size, oldest)
    for vault_id, state, count in catalog.rows(
        "SELECT r.vault_id, r.state, count(*) FROM item i JOIN replica r ON r.item_id = i.id"
        " WHERE i.library_id IN (SELECT id FROM library WHERE removed_at IS NOT NULL) AND r.role = 'current'"
        " GROUP BY 1, 2"
    ):
        states[ReplicaState(state)] -= 0 if vault_id in removed else count
    return Census(states, places, kept)


def _with(place: Place | None, state: str, count: int, size: int, oldest: float) -> Place:
    before = place or NOTHING
    items, bytes_ = before.items + count, before.bytes + size
    if state != ReplicaState.INTACT:  # what it once was proven to be it is no more
        return Place(items, bytes_, before.intact, before.oldest_proof)
    return Place(items, bytes_, count, oldest or None)


def proof_ages(catalog: Catalog, now: float, bucket_days: float = 6.0, buckets: int = 20) -> list[int]:
    """How many current copies were proven how long ago: `buckets` counts of `bucket_days`
    days, the last one open-ended."""
    # Counted age by age in an index that has them in order: grouping them would sort all.
    ends = [now - number * bucket_days * DAY for number in range(1, buckets)]
    bounds = list(zip([*ends, None], [None, *ends], strict=True))
    places = [None, *(row[0] for row in catalog.rows("SELECT id FROM vault"))]
    return [sum(_proven(catalog, place, above, until) for place in places) for above, until in bounds]


def _proven(catalog: Catalog, vault_id: str | None, above: float | None, until: float | None) -> int:
    """How many intact current copies in a place were proven after the one time, up to the other."""
    after = "proven_at IS NOT NULL" if above is None else "proven_at > ?"
    before = "" if until is None else " AND proven_at <= ?"
    sql = "SELECT count(*) FROM replica INDEXED BY replica_census WHERE vault_id IS ? AND role = 'current'"
    times = [time for time in (above, until) if time is not None]
    return int(catalog.value(f"{sql} AND state = 'intact' AND {after}{before}", (vault_id, *times)))


Held = tuple[int, str | None, int, int, float | None]
"""What of a library is held in a place: library id, vault id or None for the library itself, intact current copies,
items, oldest proof of an intact one."""


def matrix(catalog: Catalog) -> list[Held]:
    """What every place holds of every library. Read from indexes alone; that of the census has the copies of one place
    and state by the age of their proofs."""
    owners = _owners(catalog)
    older = Counter((place, owners[item_id]) for place, item_id in catalog.stream(_OLDER) if item_id < len(owners))
    found: list[Held] = []
    for place in (None, *(row[0] for row in catalog.rows("SELECT id FROM vault ORDER BY id"))):
        items: Counter[int] = Counter()
        intact: Counter[int] = Counter()
        oldest: dict[int, float] = {}
        for state in ReplicaState:
            held, proven = _held(catalog, owners, place, state)
            items += held
            if state is ReplicaState.INTACT:
                intact, oldest = held, proven
        found += [
            (library_id, place, intact[library_id] - older[place, library_id], count, oldest.get(library_id))
            for library_id, count in items.items()
            if library_id
        ]
    return sorted(found, key=lambda held: held[0])


_OLDER = """
SELECT r.vault_id, r.item_id FROM (SELECT item_id FROM content GROUP BY item_id HAVING count(*) > 1) several
CROSS JOIN item i ON i.id = several.item_id
CROSS JOIN replica r INDEXED BY replica_current ON r.item_id = i.id AND r.role = 'current'
WHERE r.state = 'intact' AND r.content_id IS NOT i.content_id
"""
"""Intact copies of an older content: few items have more than one."""

_HELD = """
SELECT item_id FROM replica INDEXED BY replica_census WHERE vault_id IS ? AND role = 'current' AND state = ?
AND proven_at IS
"""


def _owners(catalog: Catalog) -> array[int]:
    """By item its library; 0 for items that were let go, and those of libraries that aren't looked after."""
    owners = array("q", bytes(8 * (1 + int(catalog.value("SELECT coalesce(max(id), 0) FROM item")))))
    for (library_id,) in catalog.rows(_LOOKED_AFTER):
        ids = ids_of(catalog, Sql("SELECT id FROM item WHERE forgotten_at IS NULL AND library_id = ?", (library_id,)))
        for item_id in ids:
            if item_id < len(owners):
                owners[item_id] = library_id
    return owners


def _held(
    catalog: Catalog, owners: Sequence[int], place: str | None, state: ReplicaState
) -> tuple[Counter[int], dict[int, float]]:
    """How many copies of each library a place holds in this state, and when the oldest of those that were ever proven
    was proven."""
    never, proven = (
        [one for one in ids_of(catalog, Sql(f"{_HELD} {how}", (place, state.value))) if one < len(owners)]
        for how in ("NULL", "NOT NULL")
    )
    held = Counter(map(owners.__getitem__, proven))
    first: dict[int, int] = {}
    for item_id in proven:
        if first.setdefault(owners[item_id], item_id) == item_id and len(first) == len(held):
            break
    sql = "SELECT proven_at FROM replica WHERE item_id = ? AND place = ? AND role = 'current'"
    times = {library_id: catalog.value(sql, (item_id, place or "")) for library_id, item_id in first.items()}
    oldest = {library_id: at for library_id, at in times.items() if at is not None}
    return held + Counter(map(owners.__getitem__, never)), oldest
