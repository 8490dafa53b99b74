"""All items of a query as one set: what the index of each term gives, joined, cut and taken away as the query says.

A set holds one byte for each id, in one long integer: joining two sets of a million items takes a tenth of a
millisecond, whatever is in them. What takes time is reading an index (some 0.2 µs an item), so the smallest terms come
first, and once few items are left the others are asked of each instead. Of a term that nearly all items fulfil, those
that don't are read where an index gives them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress

from musicvault.catalog.database import Catalog
from musicvault.catalog.drivers import AMONG, THESE, driver, ids_of, is_exact, questions
from musicvault.catalog.selection import Sql, condition, moments
from musicvault.domain.query import (
    All,
    AnyOf,
    Choice,
    Everything,
    Not,
    Nothing,
    Query,
    Range,
    Words,
    simplified,
)
from musicvault.domain.states import ReplicaState

_COUNTED = 200_000
"""Items of one term that are counted; above, all terms are alike."""

_UNKNOWN = 1 << 40
_INTACT = Choice("state", ReplicaState.INTACT)
_INTACT_IN_LIBRARY = Sql("SELECT item_id FROM replica WHERE vault_id IS NULL AND role = 'current' AND state = 'intact'")
_IN_LIBRARY = "SELECT count(*) FROM replica WHERE vault_id IS NULL AND role = 'current'"
_TROUBLED_IN_LIBRARY = Sql(
    "SELECT item_id FROM replica WHERE state <> 'intact' AND +vault_id IS NULL AND +role = 'current'"
)
_OF_SEVERAL_VERSIONS = Sql("SELECT item_id FROM content GROUP BY item_id HAVING count(*) > 1")
_NOTHING = Sql("SELECT 0 WHERE 0")
_PROBE = 4
_PROBE_OF_WORDS = 20
"""Items that an index gives in the time in which one item is asked whether it fulfils a term."""


class Marks:
    """A set of ids below `size`."""

    __slots__ = ("_bytes", "size")

    def __init__(self, size: int, packed: int) -> None:
        self.size, self._bytes = size, packed

    @classmethod
    def of(cls, size: int, ids: Iterable[int]) -> Marks:
        """Ids from `size` on came later than the question, and are left out."""
        marks = bytearray(size)
        for number in ids:
            if number < size:
                marks[number] = 1
        return cls(size, int.from_bytes(marks, "little"))

    @classmethod
    def every(cls, size: int) -> Marks:
        return cls(size, int.from_bytes(b"\0" + b"\1" * (size - 1), "little"))

    def __and__(self, other: Marks) -> Marks:
        return Marks(self.size, self._bytes & other._bytes)

    def __or__(self, other: Marks) -> Marks:
        return Marks(self.size, self._bytes | other._bytes)

    def __sub__(self, other: Marks) -> Marks:
        return Marks(self.size, self._bytes & (self._bytes ^ other._bytes))

    def __len__(self) -> int:
        return self._bytes.bit_count()

    def flags(self) -> bytes:
        """One byte for each id: 1 where it is in the set."""
        return self._bytes.to_bytes(self.size, "little")

    def ids(self) -> list[int]:
        """In ascending order."""
        flags = self.flags()
        if len(self) * 50 > self.size:
            return list(compress(range(self.size), flags))
        found = []
        at = flags.find(1)
        while at >= 0:
            found.append(at)
            at = flags.find(1, at + 1)
        return found


def matching(catalog: Catalog, query: Query, now: float, *, forgotten: bool = False) -> Marks:
    """The items that fulfil the query. Whether they were let go or their library was removed is the caller's question
    (with `forgotten` all of those are among them), as is whether ids that were not given out are any item's."""
    return _Asked(catalog, now, forgotten=forgotten).matching(query)


def expected(catalog: Catalog, found: Marks) -> Marks:
    """Without those that were let go."""
    gone = catalog.stream("SELECT id FROM item WHERE forgotten_at IS NOT NULL")
    return found - Marks.of(found.size, (row[0] for row in gone))


class _Asked:
    """One question to the catalog as it is now."""

    def __init__(self, catalog: Catalog, now: float, *, forgotten: bool) -> None:
        self._catalog = catalog
        self._now = now
        self._forgotten = forgotten
        self._counts: dict[tuple[Query, ...], int] = {}
        self._size = int(catalog.value("SELECT coalesce(max(id), 0) FROM item")) + 1

    def matching(self, query: Query) -> Marks:
        if isinstance(query, Everything):
            return Marks.every(self._size)
        if isinstance(query, Nothing):
            return Marks(self._size, 0)
        if isinstance(query, All):
            return self._all(query.terms)
        if isinstance(query, AnyOf):
            return self._any(query.terms)
        if isinstance(query, Not):
            return Marks.every(self._size) - self.matching(query.term)
        if isinstance(query, Range) and _is_put_together(query):
            return self._proof(query)
        if query == _INTACT:
            return self._intact()
        opposite = simplified(Not(query))
        if not isinstance(opposite, Not) and self._count((query,)) == _COUNTED > self._count((opposite,)):
            return Marks.every(self._size) - self._loaded((opposite,))
        return self._loaded((query,))

    def _intact(self) -> Marks:
        """Nearly all have an intact copy in their library; the others are looked at one by one."""
        if self._catalog.value(_IN_LIBRARY) == self._catalog.value("SELECT count(*) FROM item"):
            found = Marks.every(self._size) - self._read(_TROUBLED_IN_LIBRARY)
        else:  # some have no copy there at all, not even one that is gone
            found = self._read(_INTACT_IN_LIBRARY)
        return found | self._probed(Marks.every(self._size) - found, (_INTACT,))

    def _proof(self, asked: Range) -> Marks:
        """By the oldest proof: some copy was proven before the one bound, none before the other."""
        times = asked if asked.dated else moments(asked, self._now)
        if times.low is None:
            return self._read(driver((times,), self._now) or _NOTHING)
        since = replace(times, high=None, below=False)
        older = Range("proof", high=times.low, below=not times.above, dated=True)
        found = self._read(driver((since,), self._now) or _NOTHING) - self._proof(older)
        return found if times.high is None else found & self._proof(replace(times, low=None, above=False))

    def _any(self, terms: Sequence[Query]) -> Marks:
        found = Marks(self._size, 0)
        for term in terms:
            found = found | self.matching(term)
        return found

    def _all(self, terms: Sequence[Query]) -> Marks:
        wanted = [term for term in terms if not isinstance(term, Not)]
        sizes = sorted((self._count(group), number, group) for number, group in enumerate(questions(wanted)))
        found = None
        for size, _, group in sizes:
            found = self._cut(found, group, size)
        for term in terms:
            if isinstance(term, Not):
                found = self._less(found, term)
        return found if found is not None else Marks.every(self._size)

    def _cut(self, found: Marks | None, group: tuple[Query, ...], size: int) -> Marks:
        """Those of the found that fulfil the terms of this group as well."""
        if found is None:
            return self._matching(group)
        probe = _PROBE_OF_WORDS if isinstance(group[0], Words) else _PROBE
        return self._probed(found, group) if len(found) * probe <= size else found & self._matching(group)

    def _matching(self, group: tuple[Query, ...]) -> Marks:
        return self.matching(group[0]) if len(group) == 1 else self._loaded(group)

    def _less(self, found: Marks | None, term: Not) -> Marks:
        if found is None:
            return self.matching(term)
        size = self._count((term.term,))
        return self._probed(found, (term,)) if len(found) * _PROBE <= size else found - self.matching(term.term)

    def _count(self, group: tuple[Query, ...]) -> int:
        """How many items an index gives for these terms, up to `_COUNTED`."""
        term = group[0]
        if isinstance(term, AnyOf):
            return sum(self._count((one,)) for one in term.terms)
        if isinstance(term, All):
            return min(self._count(part) for part in questions(term.terms))
        if group not in self._counts:
            sql = driver(group, self._now, forgotten=self._forgotten)
            counted = "" if sql is None else f"SELECT count(*) FROM ({sql.text} LIMIT {_COUNTED})"
            self._counts[group] = _UNKNOWN if sql is None else self._catalog.value(counted, sql.parameters)
        return self._counts[group]

    def _loaded(self, group: tuple[Query, ...]) -> Marks:
        """All that fulfil these terms: by their index if it says just that, else by looking."""
        sql = driver(group, self._now, forgotten=self._forgotten)
        if sql is not None and all(is_exact(term) for term in group):
            return self._read(sql)
        if sql is not None:
            return self._checked(self._read(sql), group)
        where, parameters = condition(_together(group), self._now, probe=True)
        return self._read(Sql(f"SELECT i.id FROM item i WHERE {where}", parameters))

    def _checked(self, found: Marks, group: tuple[Query, ...]) -> Marks:
        """Those that really fulfil the terms. The index of sizes gives older versions too, which few items have."""
        if isinstance(group[0], Range):
            several = found & self._read(_OF_SEVERAL_VERSIONS)
            return found - several | self._probed(several, group)
        return self._probed(found, group)

    def _probed(self, found: Marks, group: tuple[Query, ...]) -> Marks:
        if not len(found):
            return found
        where, parameters = condition(_together(group), self._now, probe=True)
        sql = f"SELECT i.id FROM {THESE}item i WHERE {AMONG} AND {where}"
        return self._read(Sql(sql, (json.dumps(found.ids()), *parameters)))

    def _read(self, sql: Sql) -> Marks:
        return Marks.of(self._size, ids_of(self._catalog, sql))


def _together(group: tuple[Query, ...]) -> Query:
    return group[0] if len(group) == 1 else All(group)


def _is_put_together(query: Query) -> bool:
    """Whether several sets make the answer."""
    several = isinstance(query, All | AnyOf | Not) or query == _INTACT
    return several or (isinstance(query, Range) and query.field == "proof")
