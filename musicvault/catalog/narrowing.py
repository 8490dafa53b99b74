"""The first page of a query in bounded work, whatever the size of the library.

Two ways lead there. Where an index gives few items, they are taken and sorted. Where a term matches much, so do the
first rows in the order asked for, and walking along that order fills the page soon. Which way it is, is found out by
asking the indexes for a few more items than would be worth sorting; nothing is estimated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.catalog.selection import Sql, condition, driver, is_exact
from musicvault.domain.query import All, AnyOf, Everything, Name, Query, Words, folded

THESE = "(SELECT value FROM json_each(?)) these CROSS JOIN "
"""Stands before `item i` and takes a JSON list of ids, with which SQLite then begins; behind WHERE stands `AMONG`."""

AMONG = "i.id = these.value"

WORTH_SORTING = 12_000
"""Items. Fetching and sorting that many takes about as long as walking past that many that don't match."""


_GLANCE = 2_000
"""Items along the order of paths that are looked at before any index is asked: what is frequent is found among them."""

_WALKED = 20_000
"""Items along the order of paths, after which all that match are sorted after all, unless so many matched already that
the page will be full before `_FURTHEST`."""

_FURTHEST = 80_000
_TOGETHER = 3

_RATHER_SORTED = 200_000
"""Items that are sorted where the walk found too little: what matches stands together somewhere further on."""

_COLUMNS = "i.id, i.library_id, i.folder, i.name, i.kind, i.content_id, i.added_at, i.standing, i.good, i.due_at"
"""What conditions ask of an item."""

_ORDER = "i.library_id, i.folder, i.name"
_KNOWN = "i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


def first_ids(
    catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool = False, most: int = WORTH_SORTING
) -> list[int]:
    """The first items of the query by path. Indexes that give at most `most` items are taken at their word at once."""
    expected = "1" if forgotten else "+i.forgotten_at IS NULL"
    found, walked = _walked(catalog, query, now, limit, expected, _GLANCE), _GLANCE
    frequent = len(found) * _WALKED >= limit * walked
    if not found and not isinstance(query, All):
        most *= _TOGETHER  # it stands together somewhere further on
    narrow = None if frequent else few(catalog, query, now, most, forgotten=forgotten)
    while narrow is None and len(found) < limit:
        if walked >= _WALKED and len(found) * _FURTHEST < limit * walked:
            narrow = few(catalog, query, now, _RATHER_SORTED, forgotten=forgotten)
            if narrow is None:
                return _walked(catalog, query, now, limit, expected, -1)
        else:
            walked = _WALKED if walked < _WALKED else -1 if walked >= _FURTHEST else 2 * walked
            found = _walked(catalog, query, now, limit, expected, walked)
            if walked < 0:
                return found
    if narrow is None:
        return found
    probe, parameters = condition(narrow.rest, now, probe=True)
    sql = f"SELECT i.id FROM {THESE}item i WHERE {AMONG} AND {_KNOWN} AND {expected}"
    sql += f" AND {probe} ORDER BY {_ORDER} LIMIT ?"
    return [row[0] for row in catalog.rows(sql, (json.dumps(narrow.ids), *parameters, limit))]


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
    narrow = None if isinstance(query, Everything) else few(catalog, query, now, forgotten=forgotten)
    if narrow is not None:
        probe, parameters = condition(narrow.rest, now, probe=True)
        return Narrowed(THESE, f"{AMONG} AND {probe}", (json.dumps(narrow.ids), *parameters))
    dense = first_of is not None and len(_walked(catalog, query, now, first_of, "1", _WALKED)) == first_of
    return Narrowed("", *condition(query, now, probe=dense))


def _walked(catalog: Catalog, query: Query, now: float, limit: int, expected: str, items: int) -> list[int]:
    """What matches among so many first items by path (-1: all of them)."""
    probe, parameters = condition(query, now, probe=True)
    among = json.dumps(_libraries(catalog, query))
    inside = "i.library_id IN (SELECT value FROM json_each(?))"
    walk = f"SELECT {_COLUMNS} FROM item i WHERE {inside} AND {expected} ORDER BY {_ORDER} LIMIT {items}"
    sql = f"SELECT i.id FROM ({walk}) i WHERE {probe} LIMIT ?"
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


@dataclass(frozen=True, slots=True)
class Few:
    """Ids among which all items of the query are, and what of the query is still to be asked of each."""

    ids: list[int]
    rest: Query


def few(
    catalog: Catalog, query: Query, now: float, most: int = WORTH_SORTING, *, forgotten: bool = False
) -> Few | None:
    """The items of the query by an index; None where no index narrows them down to `most`. With `forgotten` none of
    those indexes that hold only what is expected."""
    if isinstance(query, All):
        return _fewest(catalog, query, now, most, forgotten)
    if isinstance(query, AnyOf):
        found: set[int] = set()
        for term in query.terms:
            part = few(catalog, term, now, most, forgotten=forgotten)
            if part is None:
                return None
            found.update(part.ids)
        return Few(sorted(found), query) if len(found) <= most else None
    sql = driver((query,), now, forgotten=forgotten)
    ids = None if sql is None else _ids(catalog, sql, most)
    return None if ids is None else Few(ids, _left((query,), (query,)))


def _fewest(catalog: Catalog, query: All, now: float, most: int, forgotten: bool) -> Few | None:
    """The words of all terms are one question to the full-text index; of the others the first that is narrow does."""
    for terms in _questions(query.terms):
        if len(terms) == 1 and isinstance(terms[0], AnyOf):
            part = few(catalog, terms[0], now, most, forgotten=forgotten)
            ids = None if part is None else part.ids
        else:
            sql = driver(terms, now, forgotten=forgotten)
            ids = None if sql is None else _ids(catalog, sql, most)
        if ids is not None:
            return Few(ids, _left(query.terms, terms))
    return None


def _questions(terms: Iterable[Query]) -> Iterator[tuple[Query, ...]]:
    words = tuple(term for term in terms if isinstance(term, Words) and is_exact(term))
    if words:
        yield words
    for term in terms:
        if term not in words:
            yield (term,)


def _left(terms: Iterable[Query], asked: tuple[Query, ...]) -> Query:
    rest = tuple(term for term in terms if not (term in asked and is_exact(term)))
    return All(rest) if len(rest) > 1 else rest[0] if rest else Everything()


def _ids(catalog: Catalog, sql: Sql, most: int) -> list[int] | None:
    rows = catalog.rows(f"{sql.text} LIMIT ?", (*sql.parameters, most + 1))
    return None if len(rows) > most else sorted({row[0] for row in rows})
