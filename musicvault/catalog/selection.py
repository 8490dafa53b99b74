"""Queries as SQL: what each field of the language means in the tables.

Everything that a person typed goes through parameters; the SQL is put together from the pieces of this module alone.
A condition comes in two shapes. As *sets* ("the item is one of those that the index gives") SQLite finds the few items
that match among a million. As *probes* ("look at this one item") it is quick for a handful of given items, and for
walking along an order until a page is full. Both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musicvault.domain.policy import Standing
from musicvault.domain.query import (
    All,
    AnyOf,
    Choice,
    Everything,
    Lacking,
    Name,
    Not,
    Query,
    Range,
    Words,
    folded,
)
from musicvault.domain.query.fields import TEXTS, YES
from musicvault.domain.query.parsing import says_something
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL that is true or false (never NULL) for the row `i` of `item`, and its parameters."""

    text: str
    parameters: tuple[object, ...] = ()


def condition(query: Query, now: float, *, probe: bool = False) -> tuple[str, tuple[object, ...]]:
    """What to write behind WHERE for the items of the query, and its parameters. The table `item` must stand there
    as `i`. `now` is in seconds since the epoch; `probe` chooses the shape for few items. Libraries that were removed
    and items that were forgotten are the caller's to leave out."""
    found = _compiled(query, _Shape(now, probe))
    return found.text, found.parameters


@dataclass(frozen=True, slots=True)
class _Shape:
    now: float
    probe: bool

    def among(self, table: str, key: str, where: str, *parameters: object) -> Sql:
        """Whether a row of `table` whose `key` is the item's id fulfils `where`."""
        if self.probe:
            return Sql(f"EXISTS(SELECT 1 FROM {table} WHERE {key} = i.id AND {where})", parameters)
        return Sql(f"i.id IN (SELECT {key} FROM {table} WHERE {where})", parameters)


def _compiled(query: Query, shape: _Shape) -> Sql:
    if isinstance(query, Everything):
        return Sql("1")
    if isinstance(query, All):
        return _joined(" AND ", query.terms, shape)
    if isinstance(query, AnyOf):
        return _joined(" OR ", query.terms, shape)
    if isinstance(query, Not):
        inner = _compiled(query.term, shape)
        return Sql(f"NOT {inner.text}", inner.parameters)
    return _term(query, shape)


def _joined(word: str, terms: Iterable[Query], shape: _Shape) -> Sql:
    parts = [_compiled(term, shape) for term in terms]
    return Sql(
        f"({word.join(part.text for part in parts)})", tuple(value for part in parts for value in part.parameters)
    )


def _term(term: Words | Lacking | Range | Choice | Name, shape: _Shape) -> Sql:
    if isinstance(term, Words):
        return _words(term, shape)
    if isinstance(term, Lacking):
        return _lacking(term.field, shape)
    if isinstance(term, Range):
        return _range(term, shape)
    if isinstance(term, Choice):
        return _choice(term, shape)
    return _name(term, shape)


# -- texts


def match_expression(words: Words) -> str:
    """The words as an FTS5 expression; nothing in them can be FTS5 syntax."""
    phrase = '"' + folded(words.text).replace('"', '""') + '"' + ("*" if words.prefix else "")
    return f"{{{words.field}}} : {phrase}" if words.field else phrase


def _words(words: Words, shape: _Shape) -> Sql:
    if not words.whole and shape.probe:
        columns = [words.field] if words.field else WORD_COLUMNS
        # The table in which the index keeps its texts; its columns are numbered.
        stored = " || char(10) || ".join(f"c{WORD_COLUMNS.index(column)}" for column in columns)
        says = f"says({stored}, ?, ?)"
        return shape.among("words_content", "id", says, words.text, int(words.prefix))
    if not words.whole:
        return shape.among("words", "rowid", "words MATCH ?", match_expression(words))
    if words.field == "path":
        return _path(words.text)
    value = folded(words.text)
    if words.field in _TRACK_TEXTS:
        column = f"folded({words.field})"
        # Several values stand in the column joined by "; ".
        return shape.among("track", "item_id", f"instr('; ' || {column} || '; ', '; ' || ? || '; ')", value)
    return shape.among("words", "rowid", f"folded({words.field}) = ?", value)


WORD_COLUMNS = (*(name for name in TEXTS if name != "path"), "rest", "path")
"""The columns of the full-text index, as the schema has them."""

_TRACK_TEXTS = frozenset(("title", "artist", "album", "albumartist", "genre"))


def _path(text: str) -> Sql:
    """A file, or all below a folder."""
    path = text.strip("/").encode()
    folder, _, name = path.rpartition(b"/")
    return Sql(
        "(i.folder = ? OR (i.folder > ? AND i.folder < ?) OR (i.folder = ? AND i.name = ?))",
        (path, path + b"/", path + b"0", folder, name),
    )


def _lacking(field: str, shape: _Shape) -> Sql:
    if field in _COLUMNS:
        return Sql(f"NOT {shape.among('track', 'item_id', f'{_COLUMNS[field]} IS NOT NULL').text}")
    if field in _TRACK_TEXTS or field in ("format", "codec"):
        column = "container" if field == "format" else field
        return Sql(f"NOT {shape.among('track', 'item_id', f'''{column} <> {_EMPTY}''').text}")
    if field in ("drive", "site"):
        return Sql(f"NOT {_on_drives(shape, '1' if field == 'drive' else _SITED).text}")
    if field == "proof":
        return Sql(f"NOT {_replicas(shape, 'proven_at IS NOT NULL').text}")
    if field in _WORD_COLUMNS:
        return Sql(f"NOT {shape.among('words', 'rowid', f'''{field} <> {_EMPTY}''').text}")
    return Sql("0")  # size, copies, state, standing: every item has one


_EMPTY = "''"
_SITED = "site <> ''"
_WORD_COLUMNS = frozenset(("composer", "performer", "conductor", "label", "comment"))


# -- numbers


_COLUMNS = {
    "year": "year",
    "rating": "rating",
    "plays": "plays",
    "length": "duration",
    "bits": "bits",
    "samplerate": "sample_rate",
    "channels": "channels",
    "bitrate": "bitrate",
    "lossless": "lossless",
}
"""Fields that are a column of `track`."""


def _range(asked: Range, shape: _Shape) -> Sql:
    if asked.field == "proof":
        return _proof(asked, shape)
    if asked.field == "added":
        return _bounds("i.added_at", asked if asked.dated else _moments(asked, shape.now))
    if asked.field == "copies":
        return _bounds("i.good", asked)
    if asked.field == "size":
        bounds = _bounds("c.size", asked)
        if shape.probe:
            return Sql(
                f"EXISTS(SELECT 1 FROM content c WHERE c.id = i.content_id AND {bounds.text})", bounds.parameters
            )
        # Of all versions' sizes the index gives, only the current one counts.
        return Sql(
            f"i.id IN (SELECT o.id FROM content c CROSS JOIN item o ON o.id = c.item_id AND o.content_id = c.id"
            f" WHERE {bounds.text})",
            bounds.parameters,
        )
    bounds = _bounds(_COLUMNS[asked.field], asked)
    return shape.among("track", "item_id", bounds.text, *bounds.parameters)


def _bounds(column: str, asked: Range) -> Sql:
    parts, parameters = [], []
    if asked.low is not None:
        parts.append(f"{column} {'>' if asked.above else '>='} ?")
        parameters.append(asked.low)
    if asked.high is not None:
        parts.append(f"{column} {'<' if asked.below else '<='} ?")
        parameters.append(asked.high)
    return (
        Sql(" AND ".join(parts), tuple(parameters))
        if len(parts) < 2
        else Sql(f"({' AND '.join(parts)})", tuple(parameters))
    )


def _moments(ages: Range, now: float) -> Range:
    """Ages as times: the older, the earlier."""
    low = None if ages.high is None else now - ages.high
    high = None if ages.low is None else now - ages.low
    return Range(ages.field, low, high, ages.below, ages.above, dated=True)


def _proof(asked: Range, shape: _Shape) -> Sql:
    """By the oldest proof among the copies; what was never proven is older than any age."""
    moments = asked if asked.dated else _moments(asked, shape.now)
    parts = []
    if moments.high is not None:
        older = f"(r.proven_at IS NULL OR r.proven_at {'<' if moments.below else '<='} ?)"
        parts.append(_replicas(shape, older, moments.high))
    if moments.low is not None:
        younger = f"r.proven_at {'>' if moments.above else '>='} ?"
        too_old = f"(r.proven_at IS NULL OR r.proven_at {'<=' if moments.above else '<'} ?)"
        old = _replicas(shape, too_old, moments.low)
        parts += [_replicas(shape, younger, moments.low), Sql(f"NOT {old.text}", old.parameters)]
    return Sql(f"({' AND '.join(part.text for part in parts)})", tuple(p for part in parts for p in part.parameters))


# -- choices and names


def _choice(choice: Choice, shape: _Shape) -> Sql:
    value = choice.value
    if choice.field == "format":
        return shape.among("track", "item_id", "container = ?", value)
    if choice.field == "lossless":
        return shape.among("track", "item_id", "lossless = ?", int(value == YES))
    if choice.field == "kind":
        return Sql("i.kind = ?", (value,))
    if choice.field == "state":
        return _replicas(shape, "r.state = ?", value)
    if value == Standing.STALE:
        return Sql("(i.standing = 'stale' OR (i.standing = 'protected' AND i.due_at <= ?))", (shape.now,))
    if value == Standing.PROTECTED:
        return Sql("(i.standing = 'protected' AND i.due_at > ?)", (shape.now,))
    return Sql("i.standing = ?", (value,))


def _name(name: Name, shape: _Shape) -> Sql:
    value = folded(name.value)
    if name.field == "library":
        return Sql("i.library_id IN (SELECT id FROM library WHERE folded(name) = ?)", (value,))
    if name.field == "codec":
        return shape.among("track", "item_id", "(codec >= ? AND codec < ?)", value, value + "\U0010ffff")
    return _on_drives(shape, f"folded({'label' if name.field == 'drive' else 'site'}) = ?", value)


def _on_drives(shape: _Shape, which: str, *parameters: object) -> Sql:
    return _replicas(shape, f"r.vault_id IN (SELECT id FROM vault WHERE removed_at IS NULL AND {which})", *parameters)


_COUNTED = (
    "r.role = 'current' AND (r.vault_id IS NULL OR r.vault_id IN (SELECT id FROM vault WHERE removed_at IS NULL))"
)


def _replicas(shape: _Shape, where: str, *parameters: object) -> Sql:
    """Whether one of the copies (the library's own file, those on drives that were not let go) fulfils `where`."""
    return shape.among("replica r", "r.item_id", f"{_COUNTED} AND {where}", *parameters)


# -- what an index can give by itself


def driver(terms: Sequence[Query], now: float, *, forgotten: bool = False) -> Sql | None:
    """A SELECT of item ids, read from an index alone, among which are all items that fulfil these terms together
    (perhaps with others, perhaps twice). None where no index serves; with `forgotten` also where the index holds only
    what is expected."""
    words = [term for term in terms if isinstance(term, Words) and not (term.whole and term.field == "path")]
    if words and all(is_short(term) for term in words):
        return None
    if words:
        expression = " AND ".join(match_expression(term) for term in words if says_something(term.text))
        return Sql("SELECT rowid FROM words WHERE words MATCH ?", (expression,)) if expression else None
    term = terms[0]
    if isinstance(term, Words):
        return items_at(term.text)
    if isinstance(term, Range):
        return _driver_of_range(term, now)
    if isinstance(term, Choice):
        return None if forgotten and term.field in ("kind", "standing") else _driver_of_choice(term, now)
    if isinstance(term, Name):
        return _driver_of_name(term)
    return None


def is_exact(term: Query) -> bool:
    """Whether what `driver` gives for the term alone fulfils it: then it needn't be asked of each item again."""
    if isinstance(term, Words):
        return not term.whole and not is_short(term)
    if isinstance(term, Range):
        return term.field not in ("proof", "size")
    return isinstance(term, Name) or (isinstance(term, Choice) and term.field != "state")


def is_short(words: Words) -> bool:
    """Whether one letter is all that is known of a word: the index would read a tenth of itself for it."""
    return words.prefix and sum(one.isalnum() for one in words.text) == 1


def items_at(text: str) -> Sql:
    """A SELECT of the ids of the file of this path, or of all below this folder, in any library."""
    found = _path(text)
    alternatives = found.text[1:-1].split(" OR ")
    selects = (
        f"SELECT i.id FROM library l CROSS JOIN item i ON i.library_id = l.id WHERE {part}" for part in alternatives
    )
    return Sql(" UNION ALL ".join(selects), found.parameters)


def _driver_of_range(asked: Range, now: float) -> Sql | None:
    shape = _Shape(now, probe=False)
    if asked.field == "proof":
        moments = asked if asked.dated else _moments(asked, now)
        if moments.low is not None:
            return _from_census("r.proven_at >= ?", moments.low)
        assert moments.high is not None
        older = _from_census("r.proven_at <= ?", moments.high)
        never = _from_census("r.proven_at IS NULL")
        return Sql(f"{older.text} UNION ALL {never.text}", older.parameters)
    if asked.field in ("added", "copies"):
        bounds = _range(asked, shape)
        return Sql(f"SELECT i.id FROM item i WHERE {bounds.text}", bounds.parameters)
    if asked.field == "size":
        bounds = _bounds("c.size", asked)
        return Sql(f"SELECT c.item_id FROM content c WHERE {bounds.text}", bounds.parameters)
    column = _COLUMNS[asked.field]
    bounds = _bounds(column, asked)
    if asked.field in _INDEXED_ABOVE:
        usual = _INDEXED_ABOVE[asked.field]
        if asked.low is None or asked.low < usual or (asked.low == usual and not asked.above):
            return None
        return Sql(f"SELECT item_id FROM track WHERE {column} > {usual} AND {bounds.text}", bounds.parameters)
    return (
        None if asked.field == "bitrate" else Sql(f"SELECT item_id FROM track WHERE {bounds.text}", bounds.parameters)
    )


def _driver_of_choice(choice: Choice, now: float) -> Sql | None:
    if choice.field in ("kind", "standing"):
        found = _choice(choice, _Shape(now, probe=False))
        listed = ", ".join(f"'{standing.value}'" for standing in Standing)
        return Sql(
            "SELECT i.id FROM library l CROSS JOIN item i ON i.library_id = l.id AND i.forgotten_at IS NULL"
            f" WHERE i.standing IN ({listed}) AND {found.text}",
            found.parameters,
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
