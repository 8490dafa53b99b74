"""The first page of a query in bounded work, whatever the size of the library.

Three ways lead there. Where an index gives few items, they are taken and sorted. Where a term matches much, so do the
first rows in the order asked for, and walking along that order fills the page soon. Where neither is so (much of this
and much of that, but hardly anything of both), the query is answered whole, as sets. Which way it is, is found out by
asking the indexes for a few more items than would be worth sorting; nothing is estimated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from musicvault.catalog import sets
from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import AMONG, THESE, driver, is_exact, is_short, questions
from musicvault.catalog.selection import condition
from musicvault.domain.query import All, AnyOf, Choice, Everything, Name, Not, Nothing, Query, Range, folded, simplified

WORTH_SORTING = 12_000
"""Items. Fetching and sorting that many takes about as long as walking past that many that don't match."""

_GLANCE = 2_000
"""Items along the order of paths that are looked at before any index is asked: what is frequent is found among them."""

_WALKED = 20_000
"""So far the walk goes on at once where what matched until now says that the page will be full by then."""

_FURTHEST = 40_000
"""Items along the order of paths, after which answering the query as sets takes no longer than walking on."""

_DEAR = 4
"""So many times as long as others takes a term that is asked of each copy of an item."""

_TOGETHER = 3

_RATHER_SORTED = 100_000
"""Items of a set that are sorted, since walking along the order until they come may take longer."""

_COLUMNS = "i.id, i.library_id, i.folder, i.name, i.kind, i.content_id, i.added_at, i.standing, i.good, i.due_at"
"""What conditions ask of an item."""

_ORDER = "i.library_id, i.folder, i.name"
_KNOWN = "i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


def first_ids(
    catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool = False, most: int = WORTH_SORTING
) -> list[int]:
    """The first items of the query by path. Indexes that give at most `most` items are taken at their word at once."""
    expected = "1" if forgotten else "+i.forgotten_at IS NULL"
    query = simplified(query)
    if isinstance(query, Nothing):
        return []
    found, walked = _walked(catalog, query, now, limit, expected, 0, _GLANCE), _GLANCE
    if not found and not isinstance(query, All):
        most *= _TOGETHER  # it stands together somewhere further on
    if len(found) * _WALKED < limit * walked * (_DEAR if _asks_copies(query) else 1):
        narrow = few(catalog, query, now, most, forgotten=forgotten)
        if narrow is not None:
            return _sorted(catalog, narrow.ids, narrow.rest, now, limit, expected)
    while len(found) < limit:
        if walked >= _FURTHEST or len(found) * _FURTHEST < limit * walked:
            return _first_of_set(catalog, query, now, limit, forgotten=forgotten)
        further = _WALKED if walked < _WALKED else 2 * walked
        found += _walked(catalog, query, now, limit - len(found), expected, walked, further)
        walked = further
    return found


def _asks_copies(query: Query) -> bool:
    if isinstance(query, All | AnyOf):
        return any(map(_asks_copies, query.terms))
    if isinstance(query, Not):
        return _asks_copies(query.term)
    return isinstance(query, Range | Choice | Name) and query.field in ("proof", "state", "drive", "site")


def _sorted(catalog: Catalog, ids: list[int], rest: Query, now: float, limit: int, expected: str) -> list[int]:
    """The first by path of these items, of those that fulfil the rest."""
    probe, parameters = condition(rest, now, probe=True)
    sql = f"SELECT i.id FROM {THESE}item i WHERE {AMONG} AND {_KNOWN} AND {expected}"
    sql += f" AND {probe} ORDER BY {_ORDER} LIMIT ?"
    return [row[0] for row in catalog.rows(sql, (json.dumps(ids), *parameters, limit))]


def _first_of_set(catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool) -> list[int]:
    found = sets.matching(catalog, query, now, forgotten=forgotten)
    if len(found) <= _RATHER_SORTED:
        expected = "1" if forgotten else "+i.forgotten_at IS NULL"
        return _sorted(catalog, found.ids(), Everything(), now, limit, expected)
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
    if first_of is not None and len(_walked(catalog, query, now, first_of, "1", 0, _WALKED)) == first_of:
        return Narrowed("", *condition(query, now, probe=True))
    found = sets.matching(catalog, query, now, forgotten=forgotten)
    if len(found) <= _RATHER_SORTED:
        return Narrowed(THESE, AMONG, (json.dumps(found.ids()),))
    return Narrowed("", *condition(query, now))


def _walked(catalog: Catalog, query: Query, now: float, limit: int, expected: str, start: int, end: int) -> list[int]:
    """What matches among the items from `start` to `end` (their numbers by path), `limit` of it."""
    probe, parameters = condition(query, now, probe=True)
    among = json.dumps(_libraries(catalog, query))
    walk = f"SELECT {_COLUMNS} FROM item i WHERE {_INSIDE} AND {expected} ORDER BY {_ORDER}"
    walk += f" LIMIT {end - start} OFFSET {start}"
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
    ids = _ids(catalog, (query,), now, most, forgotten)
    return None if ids is None else Few(ids, _left((query,), (query,)))


def _fewest(catalog: Catalog, query: All, now: float, most: int, forgotten: bool) -> Few | None:
    """The words of all terms are one question to the full-text index; of the others the first that is narrow does."""
    for terms in questions(query.terms):
        if len(terms) == 1 and isinstance(terms[0], AnyOf):
            part = few(catalog, terms[0], now, most, forgotten=forgotten)
            ids = None if part is None else part.ids
        else:
            ids = _ids(catalog, terms, now, most, forgotten)
        if ids is not None:
            return Few(ids, _left(query.terms, terms))
    return None


def _left(terms: Iterable[Query], asked: tuple[Query, ...]) -> Query:
    exact = all(is_exact(term) for term in asked)
    rest = tuple(term for term in terms if not (exact and term in asked))
    return All(rest) if len(rest) > 1 else rest[0] if rest else Everything()


def _ids(catalog: Catalog, terms: tuple[Query, ...], now: float, most: int, forgotten: bool) -> list[int] | None:
    sql = None if all(is_short(term) for term in terms) else driver(terms, now, forgotten=forgotten)
    if sql is None:
        return None
    # Counted first: giving rows takes several times as long.
    asked = (*sql.parameters, most + 1)
    if catalog.value(f"SELECT count(*) FROM ({sql.text} LIMIT ?)", asked) > most:
        return None
    return sorted({row[0] for row in catalog.rows(f"{sql.text} LIMIT ?", asked)})
