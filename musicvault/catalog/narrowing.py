"""The first page of a query in bounded work, whatever the size of the library.

Three ways lead there. Where a term matches much, so do the first rows in the order asked for, and walking along that
order, looking at each item, fills the page soon. Where an index gives few items, these are looked for along the order,
or sorted if they don't come soon. Where neither is so (much of this and much of that, but hardly anything of both), the
query is answered whole, as sets. Which way it is, is found out by asking the indexes for a few more items than would be
worth reading; nothing is estimated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from musicvault.catalog import sets
from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import AMONG, THESE, ids_of
from musicvault.catalog.fewest import WORTH_SORTING, Few, asks_words, few
from musicvault.catalog.selection import Sql, condition, is_at_hand
from musicvault.domain.query import All, Everything, Name, Nothing, Query, folded, simplified

_GLANCE = 2_000
"""Items along the order of paths that are looked at before any index is asked: what is frequent is found among them."""

_GLANCE_AT_WORDS = 500
"""The same where words are looked for: it takes four times as long to look at those of an item."""

_SOON = 5_000
"""The walk goes on at once where what matched until now says that the page will be full by then."""

_WALKED = 20_000
"""So far the walk goes on where no index narrows the query down."""

_FURTHEST = 40_000
"""Items along the order of paths, after which answering the query as sets takes no longer than walking on."""

_MET = 36_000
"""Items of an index whose ids are read and looked for along the order: most of them are never fetched."""

_PASSED = 5
"""Ids that are passed along the order in the time in which one is fetched and sorted."""

_FURTHEST_MET = 100_000
"""Ids that are passed at most."""

_RATHER_SORTED = 100_000
"""Items of a set that are sorted, since walking along the order until they come may take longer."""

_COLUMNS = ("library_id", "folder", "name", "kind", "content_id", "added_at", "standing", "good", "due_at")
"""What conditions may ask of an item itself."""

_ORDER = "i.library_id, i.folder, i.name"
_NOT_LET_GO = "NOT EXISTS(SELECT 1 FROM item o WHERE o.id = i.id AND o.forgotten_at IS NOT NULL)"
_KNOWN = "i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


def first_ids(catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool = False) -> list[int]:
    """The first items of the query by path."""
    query = simplified(query)
    if isinstance(query, Nothing):
        return []
    walked = _GLANCE_AT_WORDS if asks_words(query) else _GLANCE
    found = _walked(catalog, query, now, limit, 0, walked, forgotten=forgotten)
    if len(found) * _SOON < limit * walked:
        # To read more ids than the walk still has to pass takes longer than to go on.
        most = min(_MET, limit * walked // len(found)) if found else _MET
        narrow = few(catalog, query, now, most, forgotten=forgotten)
        first = None if narrow is None else _first_of_few(catalog, narrow, now, limit, forgotten=forgotten)
        if first is not None:
            return first
    while len(found) < limit:
        if walked >= _FURTHEST or (walked >= _WALKED and len(found) * _FURTHEST < limit * walked):
            return _first_of_set(catalog, query, now, limit, forgotten=forgotten)
        further = _WALKED if walked < _WALKED else 2 * walked
        found += _walked(catalog, query, now, limit - len(found), walked, further, forgotten=forgotten)
        walked = further
    return found


def _first_of_few(catalog: Catalog, narrow: Few, now: float, limit: int, *, forgotten: bool) -> list[int] | None:
    """Items that are spread over the order are soon met along it; those that stand together somewhere are sorted. None
    where they are too many for that, or the rest of the query seldom holds."""
    first = _met(catalog, narrow, now, limit, forgotten=forgotten)
    if len(first) == limit:
        return first
    if len(narrow.ids) > (_MET if is_at_hand(narrow.rest) else WORTH_SORTING):
        return None
    return _sorted(catalog, narrow.ids, narrow.rest, now, limit, forgotten=forgotten)


def _met(catalog: Catalog, narrow: Few, now: float, limit: int, *, forgotten: bool) -> list[int]:
    """The first of them that the walk meets; fewer than `limit` as soon as it looks as if sorting were quicker."""
    # So far the walk would go for `limit` ids, were they evenly spread.
    even = limit * int(catalog.value("SELECT max(id) FROM item")) // max(1, len(narrow.ids))
    furthest = len(narrow.ids) * _PASSED  # in the time that it takes to sort them
    among, chosen = json.dumps(_libraries(catalog, Everything())), set(narrow.ids)
    found: list[int] = []
    start, end = 0, max(1, even // 2)
    while even <= furthest and start < _FURTHEST_MET:
        passed = ids_of(catalog, Sql(f"{_BY_PATH} LIMIT ? OFFSET ?", (among, end - start, start)))
        met = [number for number in passed if number in chosen]
        found += _sorted(catalog, met, narrow.rest, now, limit - len(found), forgotten=forgotten) if met else ()
        if len(found) == limit or (limit - len(found)) * end > furthest * len(found):
            break
        start, end = end, end + max(1, even // 2, end // 2)
    return found


def _sorted(catalog: Catalog, ids: list[int], rest: Query, now: float, limit: int, *, forgotten: bool) -> list[int]:
    """The first by path of these items, of those that fulfil the rest."""
    probe, parameters = condition(rest, now, probe=True)
    expected = "1" if forgotten else "+i.forgotten_at IS NULL"
    sql = f"SELECT i.id FROM {THESE}item i WHERE {AMONG} AND {_KNOWN} AND {expected}"
    if asks_words(rest):
        # Asked in order until the page is full; the limit keeps SQLite from asking all before it sorts.
        first = f"({sql} ORDER BY {_ORDER} LIMIT -1) first"
        sql = f"SELECT i.id FROM {first} CROSS JOIN item i ON i.id = first.id WHERE {probe} LIMIT ?"
    else:
        sql += f" AND {probe} ORDER BY {_ORDER} LIMIT ?"
    return [row[0] for row in catalog.rows(sql, (json.dumps(ids), *parameters, limit))]


def _first_of_set(catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool) -> list[int]:
    found = sets.matching(catalog, query, now, forgotten=forgotten)
    if len(found) <= _RATHER_SORTED:
        return _sorted(catalog, found.ids(), Everything(), now, limit, forgotten=forgotten)
    flags = found.flags() if forgotten else sets.expected(catalog, found).flags()
    first: list[int] = []
    for (number,) in catalog.stream(_BY_PATH, (json.dumps(_libraries(catalog, query)),)):
        if number < len(flags) and flags[number]:
            first.append(number)
            if len(first) == limit:
                break
    return first


_INSIDE = "i.library_id IN (SELECT value FROM json_each(?))"
_BY_PATH = f"SELECT i.id FROM item i WHERE {_INSIDE} ORDER BY {_ORDER}"
"""Read from the index on paths alone."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What to write before `item i` and behind WHERE, and the parameters of both."""

    first: str
    where: str
    parameters: tuple[object, ...]


def narrowed(
    catalog: Catalog, query: Query, now: float, first_of: int | None = None, *, forgotten: bool = False
) -> Narrowed:
    """How the items of the query are read in one go; with `first_of`, how so many of them are read by path."""
    query = simplified(query)
    if isinstance(query, Everything | Nothing):
        return Narrowed("", *condition(query, now))
    narrow = few(catalog, query, now, forgotten=forgotten)
    if narrow is not None:
        probe, parameters = condition(narrow.rest, now, probe=True)
        return Narrowed(THESE, f"{AMONG} AND {probe}", (json.dumps(narrow.ids), *parameters))
    if first_of is not None and len(_walked(catalog, query, now, first_of, 0, _WALKED, forgotten=True)) == first_of:
        return Narrowed("", *condition(query, now, probe=True))
    found = sets.matching(catalog, query, now, forgotten=forgotten)
    if len(found) <= _RATHER_SORTED:
        return Narrowed(THESE, AMONG, (json.dumps(found.ids()),))
    return Narrowed("", *condition(query, now))


def _walked(
    catalog: Catalog,
    query: Query,
    now: float,
    limit: int,
    start: int,
    end: int,
    *,
    forgotten: bool,
) -> list[int]:
    """What matches among the items from `start` to `end` (their numbers by path), `limit` of it."""
    probe, parameters = condition(query, now, probe=True)
    # The index on paths alone is read, unless the query asks something else of the items themselves.
    asked = "".join(f", i.{column}" for column in _COLUMNS if f"i.{column}" in probe)
    walk = f"SELECT i.id{asked} FROM item i WHERE {_INSIDE} ORDER BY {_ORDER} LIMIT {end - start} OFFSET {start}"
    sql = f"SELECT i.id FROM ({walk}) i WHERE {probe} AND {'1' if forgotten else _NOT_LET_GO} LIMIT ?"
    among = json.dumps(_libraries(catalog, query))
    return [row[0] for row in catalog.rows(sql, (among, *parameters, limit))]


def _libraries(catalog: Catalog, query: Query) -> list[int]:
    """The libraries in which the query can find anything: a whole one before them would be walked in vain."""
    found = catalog.rows("SELECT id, slug FROM library WHERE removed_at IS NULL ORDER BY id")
    for term in query.terms if isinstance(query, All) else (query,):
        if isinstance(term, Name) and term.field == "library":
            sql = "SELECT id, slug FROM library WHERE removed_at IS NULL AND folded(name) = ? ORDER BY id"
            named = catalog.rows(sql, (folded(term.value),))
            found = [row for row in found if row in named]
        elif isinstance(term, Name) and term.field in ("drive", "site"):
            found = [row for row in found if _is_on(catalog, term, row[1])]
    return [row[0] for row in found]


def _is_on(catalog: Catalog, term: Name, slug: str) -> bool:
    """Whether anything of the library is on such a drive: copies stand there below its slug."""
    column = "label" if term.field == "drive" else "site"
    below = f"data/{slug}".encode()
    sql = (
        "SELECT 1 FROM vault v CROSS JOIN replica r ON r.vault_id = v.id AND r.path > ? AND r.path < ?"
        f" WHERE v.removed_at IS NULL AND folded(v.{column}) = ? LIMIT 1"
    )
    return catalog.row(sql, (below + b"/", below + b"0", folded(term.value))) is not None
