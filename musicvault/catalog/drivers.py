"""What an index can give by itself: for a term, or several at once, a SELECT of the ids of all items that fulfil it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from musicvault.catalog.database import Catalog
from musicvault.catalog.schema import LACKING_TEXTS
from musicvault.catalog.selection import TRACK_COLUMNS, Sql, at_path, bounds, condition, match_expression, moments
from musicvault.domain.policy import Standing
from musicvault.domain.query import Choice, Lacking, Name, Query, Range, Words, folded
from musicvault.domain.query.fields import YES
from musicvault.domain.query.parsing import says_something
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind


def driver(terms: Sequence[Query], now: float, *, forgotten: bool = False) -> Sql | None:
    """A SELECT of item ids, read from an index alone, among which are all items that fulfil these terms together
    (perhaps with others, perhaps twice). None where no index serves; with `forgotten` also where the index holds only
    what is expected."""
    words = [term for term in terms if isinstance(term, Words) and not (term.whole and term.field == "path")]
    if words:
        expression = " AND ".join(match_expression(term) for term in words if says_something(term.text))
        return Sql("SELECT rowid FROM words WHERE words MATCH ?", (expression,)) if expression else None
    term = terms[0]
    if isinstance(term, Words):
        return items_at(term.text)
    if isinstance(term, Lacking):
        return _tracks_lacking(term.field) if _TRACK in terms else None
    if isinstance(term, Range):
        return _driver_of_range(term, now)
    if isinstance(term, Choice):
        return None if forgotten and term.field in ("kind", "standing") else _driver_of_choice(term, now)
    if isinstance(term, Name):
        return _driver_of_name(term)
    return None


def ids_of(catalog: Catalog, sql: Sql) -> list[int]:
    """What a SELECT of ids gives. As one text: a row for each id would take twice as long."""
    listed = f"WITH found(id) AS ({sql.text}) SELECT json_group_array(id) FROM found"
    return [number for (found,) in catalog.rows(listed, sql.parameters) for number in json.loads(found)]


def is_exact(term: Query) -> bool:
    """Whether what `driver` gives for the term alone fulfils it: then it needn't be asked of each item again."""
    if isinstance(term, Words):
        return not term.whole
    if isinstance(term, Range):
        # Some copy was proven before the one bound; that none was proven before the other, the index doesn't say.
        return term.field != "size" and (term.field != "proof" or (term.low if term.dated else term.high) is None)
    return isinstance(term, Name) or (isinstance(term, Choice) and term.field != "state")


_TRACK = Choice("kind", Kind.TRACK)
_UNKNOWN = {"year": "year", "length": "duration", "lossless": "lossless"}  # NULL stands in the index of the column
_UNNAMED = {"format": "container", "codec": "codec"}


def _tracks_lacking(field: str) -> Sql | None:
    """Every item of the kind has a row in `track`; what is no track has none, and lacks all of it."""
    if field in LACKING_TEXTS:
        return Sql(f"SELECT item_id FROM track WHERE {field} IS NULL OR {field} = ''")
    if field in _UNKNOWN:
        return Sql(f"SELECT item_id FROM track WHERE {_UNKNOWN[field]} IS NULL")
    if field in _UNNAMED:
        column = _UNNAMED[field]
        return Sql(f"SELECT item_id FROM track WHERE {column} IS NULL OR {column} = ''")
    return None


def is_short(term: Query) -> bool:
    """Whether one letter is all that is known of a word: the index reads a tenth of itself for it."""
    return isinstance(term, Words) and term.prefix and sum(one.isalnum() for one in term.text) == 1


def items_at(text: str) -> Sql:
    """A SELECT of the ids of the file of this path, or of all below this folder, in any library."""
    found = at_path(text)
    alternatives = found.text[1:-1].split(" OR ")
    selects = (
        f"SELECT i.id FROM library l CROSS JOIN item i ON i.library_id = l.id WHERE {part}" for part in alternatives
    )
    return Sql(" UNION ALL ".join(selects), found.parameters)


def _driver_of_range(asked: Range, now: float) -> Sql | None:
    if asked.field == "proof":
        times = asked if asked.dated else moments(asked, now)
        if times.low is not None:
            return _from_census(f"r.proven_at {'>' if times.above else '>='} ?", times.low)
        assert times.high is not None
        older = _from_census(f"r.proven_at {'<' if times.below else '<='} ?", times.high)
        never = _from_census("r.proven_at IS NULL")
        return Sql(f"{older.text} UNION ALL {never.text}", older.parameters)
    if asked.field in ("added", "copies"):
        where, parameters = condition(asked, now)
        return Sql(f"SELECT i.id FROM item i WHERE {where}", parameters)
    if asked.field == "size":
        size = bounds("c.size", asked)
        return Sql(f"SELECT c.item_id FROM content c WHERE {size.text}", size.parameters)
    column = TRACK_COLUMNS[asked.field]
    within = bounds(column, asked)
    if asked.field in _INDEXED_ABOVE:
        usual = _INDEXED_ABOVE[asked.field]
        if asked.low is None or asked.low < usual or (asked.low == usual and not asked.above):
            return None
        return Sql(f"SELECT item_id FROM track WHERE {column} > {usual} AND {within.text}", within.parameters)
    return (
        None if asked.field == "bitrate" else Sql(f"SELECT item_id FROM track WHERE {within.text}", within.parameters)
    )


def _driver_of_choice(choice: Choice, now: float) -> Sql | None:
    if choice.field in ("kind", "standing"):
        where, parameters = condition(choice, now)
        listed = ", ".join(f"'{standing.value}'" for standing in Standing)
        return Sql(
            "SELECT i.id FROM library l CROSS JOIN item i ON i.library_id = l.id AND i.forgotten_at IS NULL"
            f" WHERE i.standing IN ({listed}) AND {where}",
            parameters,
        )
    if choice.field == "state":
        if choice.value == ReplicaState.INTACT:
            return None
        return Sql("SELECT r.item_id FROM replica r WHERE r.state = ? AND r.state <> 'intact'", (choice.value,))
    column, value = ("container", choice.value) if choice.field == "format" else ("lossless", choice.value == YES)
    return Sql(f"SELECT item_id FROM track WHERE {column} = ?", (value,))


def _driver_of_name(name: Name) -> Sql | None:
    value = folded(name.value)
    if name.field == "codec":
        return Sql("SELECT item_id FROM track WHERE codec >= ? AND codec < ?", (value, value + "\U0010ffff"))
    if name.field == "library":
        return Sql(
            "SELECT i.id FROM library l CROSS JOIN item i ON i.library_id = l.id WHERE folded(l.name) = ?", (value,)
        )
    return Sql(
        "SELECT r.item_id FROM vault v CROSS JOIN replica r ON r.vault_id = v.id AND r.role = 'current'"
        f" WHERE v.removed_at IS NULL AND folded(v.{'label' if name.field == 'drive' else 'site'}) = ?",
        (value,),
    )


def _from_census(where: str, *parameters: object) -> Sql:
    """Copies by their proof: for each vault (and the libraries) and state a range of one index."""
    listed = ", ".join(f"('{state.value}')" for state in ReplicaState)
    return Sql(
        f"SELECT r.item_id FROM (SELECT id FROM vault WHERE removed_at IS NULL UNION ALL SELECT NULL) v"
        f" CROSS JOIN (VALUES{listed}) s CROSS JOIN replica r INDEXED BY replica_census"
        f" ON r.vault_id IS v.id AND r.role = 'current' AND r.state = s.column1 WHERE {where}",
        parameters,
    )


_INDEXED_ABOVE = {"bits": 16, "samplerate": 48000, "channels": 2}
"""Columns of `track` of which only the unusual values are indexed: those above the named one."""


# -- asking for several terms at once


THESE = "(SELECT value FROM json_each(?)) these CROSS JOIN "
"""Stands before `item i` and takes a JSON list of ids, with which SQLite then begins; behind WHERE stands `AMONG`."""

AMONG = "i.id = these.value"


def questions(terms: Iterable[Query]) -> Iterator[tuple[Query, ...]]:
    """The terms in groups that `driver` answers at once: words of which one index knows all, a lack together with the
    kind that makes it rare, then each other term."""
    terms = tuple(terms)
    words = tuple(term for term in terms if isinstance(term, Words) and is_exact(term) and not is_short(term))
    if words:
        yield words
    for term in terms:
        if isinstance(term, Lacking) and _TRACK in terms:
            yield term, _TRACK
        elif term not in words:
            yield (term,)
