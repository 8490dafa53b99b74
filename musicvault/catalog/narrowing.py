"""The first page of a query in bounded work, whatever the size of the library.

Three ways lead there. Where a term matches much, so do the first rows in the order asked for, and walking along that
order, looking at each item, fills the page soon. Where an index gives few items, these are looked for along the order,
or sorted if they don't come soon. Where neither is so (much of this and much of that, but hardly anything of both), the
query is answered whole, as sets. Which way it is, is found out by asking the indexes for a few more items than would be
worth reading; nothing is estimated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from musicvault.catalog import sets
from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import AMONG, THESE, driver, ids_of, is_exact, is_short, questions
from musicvault.catalog.selection import Sql, condition
from musicvault.domain.query import All, AnyOf, Everything, Name, Not, Nothing, Query, Words, folded, simplified

WORTH_SORTING = 12_000
"""Items. Fetching and sorting that many takes about as long as looking at that many that don't match."""

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

_SPREAD = 8
"""Items stand together somewhere, where the walk meets this part only of what it would meet of items evenly spread."""

_FEW_ENOUGH = 1_000
"""Where an index gives no more items than that, no other index is asked."""

_RATHER_SORTED = 100_000
"""Items of a set that are sorted, since walking along the order until they come may take longer."""

_COLUMNS = ("library_id", "folder", "name", "kind", "content_id", "added_at", "standing", "good", "due_at")
"""What conditions may ask of an item itself."""

_ORDER = "i.library_id, i.folder, i.name"
_NOT_LET_GO = "NOT EXISTS(SELECT 1 FROM item o WHERE o.id = i.id AND o.forgotten_at IS NOT NULL)"
_KNOWN = "i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


def first_ids(
    catalog: Catalog, query: Query, now: float, limit: int, *, forgotten: bool = False, most: int = _MET
) -> list[int]:
    """The first items of the query by path. Where an index gives at most `most` items, they are looked for."""
    query = simplified(query)
    if isinstance(query, Nothing):
        return []
    walked = _GLANCE_AT_WORDS if _asks_words(query) else _GLANCE
    found = _walked(catalog, query, now, limit, 0, walked, forgotten=forgotten)
    if len(found) * _SOON < limit * walked:
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


def _asks_words(query: Query) -> bool:
    if isinstance(query, All | AnyOf):
        return any(map(_asks_words, query.terms))
    return isinstance(query.term if isinstance(query, Not) else query, Words)


def _first_of_few(catalog: Catalog, narrow: Few, now: float, limit: int, *, forgotten: bool) -> list[int] | None:
    """Items that are spread over the order fill the page soon; those that stand together somewhere are sorted. None
    where they are too many for that, or the rest of the query seldom holds."""
    ids = narrow.ids
    even = limit * int(catalog.value("SELECT max(id) FROM item")) // max(1, len(ids))
    if 2 * even <= _FURTHEST:
        first = _met(catalog, narrow, now, limit, even, forgotten=forgotten)
        if len(first) == limit:
            return first
    if len(ids) > (_MET if isinstance(narrow.rest, Everything) else WORTH_SORTING):
        return None
    return _sorted(catalog, ids, narrow.rest, now, limit, forgotten=forgotten)


def _met(catalog: Catalog, narrow: Few, now: float, limit: int, even: int, *, forgotten: bool) -> list[int]:
    """Those that the walk meets, further and further. It would meet `limit` ids within `even` items, were they evenly
    spread."""
    among, chosen = json.dumps(_libraries(catalog, Everything())), set(narrow.ids)
    found: list[int] = []
    start, end = 0, max(1, even // 2)
    while len(found) < limit and start < _FURTHEST:
        passed = ids_of(catalog, Sql(f"{_BY_PATH} LIMIT ? OFFSET ?", (among, end - start, start)))
        met = [number for number in passed if number in chosen]
        if start == 0 and len(met) < limit // 2 // _SPREAD:
            break
        found += _sorted(catalog, met, narrow.rest, now, limit - len(found), forgotten=forgotten)
        start, end = end, 3 * end
    return found


def _sorted(catalog: Catalog, ids: list[int], rest: Query, now: float, limit: int, *, forgotten: bool) -> list[int]:
    """The first by path of these items, of those that fulfil the rest."""
    probe, parameters = condition(rest, now, probe=True)
    expected = "1" if forgotten else "+i.forgotten_at IS NULL"
    sql = f"SELECT i.id FROM {THESE}item i WHERE {AMONG} AND {_KNOWN} AND {expected}"
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
    """By the narrowest index; each is asked for no more than another gave. The words of all terms are one question to
    the full-text index, which comes last, since it takes longest to answer."""
    found: Few | None = None
    for terms in sorted(questions(query.terms), key=lambda group: _asks_words(group[0])):
        worth = min(most, WORTH_SORTING) if _asks_words(terms[0]) else most
        if len(terms) == 1 and isinstance(terms[0], AnyOf):
            part = few(catalog, terms[0], now, worth, forgotten=forgotten)
            ids = None if part is None else part.ids
        else:
            ids = _ids(catalog, terms, now, worth, forgotten)
        if ids is not None:
            found, most = Few(ids, _left(query.terms, terms)), len(ids) - 1
            if len(ids) <= _FEW_ENOUGH:
                break
    return found


def _left(terms: Iterable[Query], asked: tuple[Query, ...]) -> Query:
    exact = all(is_exact(term) for term in asked)
    rest = tuple(term for term in terms if not (exact and term in asked))
    return All(rest) if len(rest) > 1 else rest[0] if rest else Everything()


def _ids(catalog: Catalog, terms: tuple[Query, ...], now: float, most: int, forgotten: bool) -> list[int] | None:
    sql = None if all(is_short(term) for term in terms) else driver(terms, now, forgotten=forgotten)
    if sql is None:
        return None
    # Passed over first: giving rows takes several times as long. Only words take as long to be passed over.
    if not _asks_words(terms[0]) and catalog.row(f"{sql.text} LIMIT 1 OFFSET ?", (*sql.parameters, most)) is not None:
        return None
    found = ids_of(catalog, Sql(f"{sql.text} LIMIT ?", (*sql.parameters, most + 1)))
    return None if len(found) > most else sorted(set(found))
