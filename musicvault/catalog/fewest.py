"""Items among which all those of a query are, by the index that gives the fewest.

To count what an index gives takes a part of the time that reading it takes: so every index is counted, no further than
the narrowest before it, and only the narrowest is read. The index of words can't be counted so cheaply. It is asked
last, and only where the others give many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import driver, ids_of, is_exact, is_short, questions
from musicvault.catalog.selection import Sql
from musicvault.domain.query import All, AnyOf, Everything, Not, Query, Words, folded

WORTH_SORTING = 12_000
"""Items. Fetching and sorting that many takes about as long as looking at that many that don't match."""

_FEW_ENOUGH = 1_000
"""Where an index gives no more items than that, the index of words isn't asked."""

Group = tuple[Query, ...]
"""Terms that one index answers together (`drivers.questions`)."""


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
    return _Indexes(catalog, now, forgotten=forgotten).few(query, most)


def asks_words(query: Query) -> bool:
    """Whether words are looked for, which takes long of each item."""
    if isinstance(query, All | AnyOf):
        return any(map(asks_words, query.terms))
    return isinstance(query.term if isinstance(query, Not) else query, Words)


class _Indexes:
    """One question to the indexes."""

    def __init__(self, catalog: Catalog, now: float, *, forgotten: bool) -> None:
        self._catalog, self._now, self._forgotten = catalog, now, forgotten

    def few(self, query: Query, most: int) -> Few | None:
        if isinstance(query, AnyOf):
            ids = self._of_any(query.terms, most)
            return None if ids is None else Few(ids, query)
        terms = query.terms if isinstance(query, All) else (query,)
        groups = list(questions(terms))
        narrowest: Group | None = None
        for group in groups:
            if not asks_words(group[0]) and (amount := self._amount(group, most)) is not None:
                narrowest, most = group, amount - 1
        found = None
        for group in groups if narrowest is None or most > _FEW_ENOUGH else ():
            worth = most if len(groups) == 1 else min(most, WORTH_SORTING)
            if asks_words(group[0]) and (read := self._read(group, worth)) is not None:
                narrowest, found, most = group, read, len(read) - 1
        if narrowest is None:
            return None
        found = self._read(narrowest, most + 1) if found is None else found
        return None if found is None else Few(found, _left(terms, narrowest))

    def _of_any(self, terms: Iterable[Query], most: int) -> list[int] | None:
        found: set[int] = set()
        for term in terms:
            part = self.few(term, most)
            if part is None:
                return None
            found.update(part.ids)
        return sorted(found) if len(found) <= most else None

    def _amount(self, group: Group, most: int) -> int | None:
        """How many items an index gives; None where there is none, or where it gives more than `most`."""
        term = group[0]
        if isinstance(term, AnyOf):
            return self._amount_of_any(term.terms, most)
        if isinstance(term, All):
            amounts = [self._amount(part, most) for part in questions(term.terms)]
            return min((one for one in amounts if one is not None), default=None)
        sql = self._sql(group)
        if sql is None or self._has_more(sql, most):
            return None
        return int(self._catalog.value(f"SELECT count(*) FROM ({sql.text})", sql.parameters))

    def _amount_of_any(self, terms: Iterable[Query], most: int) -> int | None:
        total = 0
        for term in terms:
            amount = self._amount((term,), most - total)
            if amount is None:
                return None
            total += amount
        return total

    def _read(self, group: Group, most: int) -> list[int] | None:
        """What an index gives, in ascending order; None where there is none, or where it gives more than `most`."""
        if isinstance(group[0], AnyOf):
            return self._of_any(group[0].terms, most)
        sql = self._sql(group)
        if sql is None or self._is_frequent(group, most):
            return None
        found = ids_of(self._catalog, Sql(f"{sql.text} LIMIT ?", (*sql.parameters, most + 1)))
        return None if len(found) > most else sorted(set(found))

    def _sql(self, group: Group) -> Sql | None:
        return None if all(map(is_short, group)) else driver(group, self._now, forgotten=self._forgotten)

    def _is_frequent(self, group: Group, most: int) -> bool:
        """Whether the index of words gives too many. It passes over the items of a word quickly, and over those of all
        words that begin with two or three letters; of a longer beginning it first puts all items together, but already
        those of the word itself may be too many."""
        term = group[0]
        if len(group) > 1 or not isinstance(term, Words) or term.whole:
            return False
        last = re.findall(r"[^\W_]+", folded(term.text))[-1:]
        at_once = term.prefix and len("".join(last)) in (2, 3)
        sql = self._sql((term if at_once else replace(term, prefix=False),))
        return sql is not None and self._has_more(sql, most)

    def _has_more(self, sql: Sql, most: int) -> bool:
        # To pass over items takes half as long as to count them.
        return self._catalog.row(f"{sql.text} LIMIT 1 OFFSET ?", (*sql.parameters, most)) is not None


def _left(terms: Sequence[Query], asked: Group) -> Query:
    """What of these terms an index has not answered."""
    exact = all(map(is_exact, asked))
    rest = tuple(term for term in terms if not (exact and term in asked))
    return All(rest) if len(rest) > 1 else rest[0] if rest else Everything()
