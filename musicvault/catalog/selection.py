"""Queries as SQL: what each field of the language means in the tables.

Everything that a person typed goes through parameters; the SQL is put together from the pieces of this module alone.
A condition comes in two shapes. As *sets* ("the item is one of those that the index gives") SQLite finds the few items
that match among a million. As *probes* ("look at this one item") it is quick for a handful of given items, and for
walking along an order until a page is full. Both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    Nothing,
    Query,
    Range,
    Words,
    folded,
)
from musicvault.domain.query.fields import TEXTS, YES


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
    if isinstance(query, Nothing):
        return Sql("0")
    if isinstance(query, All):
        return _joined(" AND ", query.terms, shape)
    if isinstance(query, AnyOf):
        return _joined(" OR ", query.terms, shape)
    if isinstance(query, Not):
        inner = _compiled(query.term, shape)
        return Sql(f"NOT {inner.text}", inner.parameters)
    return _term(query, shape)


def _joined(word: str, terms: Iterable[Query], shape: _Shape) -> Sql:
    # SQLite asks from left to right: first what takes least.
    parts = [_compiled(term, shape) for term in sorted(terms, key=_dearness)]
    return Sql(
        f"({word.join(part.text for part in parts)})", tuple(value for part in parts for value in part.parameters)
    )


def _dearness(term: Query) -> int:
    """What asking it of an item takes, from least to most: the item itself is at hand, its track has one more row, its
    copies several, its words are looked at in Python."""
    if isinstance(term, Not):
        return _dearness(term.term)
    if isinstance(term, All | AnyOf):
        return max(map(_dearness, term.terms))
    if isinstance(term, Words):
        return 3
    if isinstance(term, Range | Choice | Name | Lacking):
        return 0 if term.field in _OF_ITEM else 2 if term.field in _OF_COPIES else 1
    return 0


def is_at_hand(query: Query) -> bool:
    """Whether the row of the item itself says it all."""
    return _dearness(query) == 0


_OF_ITEM = frozenset(("added", "copies", "kind", "standing", "library"))
_OF_COPIES = frozenset(("proof", "state", "drive", "site"))


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
        return at_path(words.text)
    value = folded(words.text)
    if words.field in _TRACK_TEXTS:
        column = f"folded({words.field})"
        # Several values stand in the column joined by "; ".
        return shape.among("track", "item_id", f"instr('; ' || {column} || '; ', '; ' || ? || '; ')", value)
    return shape.among("words", "rowid", f"folded({words.field}) = ?", value)


WORD_COLUMNS = (*(name for name in TEXTS if name != "path"), "rest", "path")
"""The columns of the full-text index, as the schema has them."""

_TRACK_TEXTS = frozenset(("title", "artist", "album", "albumartist", "genre"))


def at_path(text: str) -> Sql:
    """A file, or all below a folder."""
    path = text.strip("/").encode()
    folder, _, name = path.rpartition(b"/")
    return Sql(
        "(i.folder = ? OR (i.folder > ? AND i.folder < ?) OR (i.folder = ? AND i.name = ?))",
        (path, path + b"/", path + b"0", folder, name),
    )


def _lacking(field: str, shape: _Shape) -> Sql:
    if field in TRACK_COLUMNS:
        return Sql(f"NOT {shape.among('track', 'item_id', f'{TRACK_COLUMNS[field]} IS NOT NULL').text}")
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


TRACK_COLUMNS = {
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
        return bounds("i.added_at", asked if asked.dated else moments(asked, shape.now))
    if asked.field == "copies":
        return bounds("i.good", asked)
    if asked.field == "size":
        size = bounds("c.size", asked)
        if shape.probe:
            return Sql(f"EXISTS(SELECT 1 FROM content c WHERE c.id = i.content_id AND {size.text})", size.parameters)
        # Of all versions' sizes the index gives, only the current one counts.
        return Sql(
            f"i.id IN (SELECT o.id FROM content c CROSS JOIN item o ON o.id = c.item_id AND o.content_id = c.id"
            f" WHERE {size.text})",
            size.parameters,
        )
    within = bounds(TRACK_COLUMNS[asked.field], asked)
    return shape.among("track", "item_id", within.text, *within.parameters)


def bounds(column: str, asked: Range) -> Sql:
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


def moments(ages: Range, now: float) -> Range:
    """Ages as times: the older, the earlier."""
    low = None if ages.high is None else now - ages.high
    high = None if ages.low is None else now - ages.low
    return Range(ages.field, low, high, ages.below, ages.above, dated=True)


def _proof(asked: Range, shape: _Shape) -> Sql:
    """By the oldest proof among the copies; what was never proven is older than any age."""
    times = asked if asked.dated else moments(asked, shape.now)
    parts = []
    if times.high is not None:
        older = f"(r.proven_at IS NULL OR r.proven_at {'<' if times.below else '<='} ?)"
        parts.append(_replicas(shape, older, times.high))
    if times.low is not None:
        younger = f"r.proven_at {'>' if times.above else '>='} ?"
        too_old = f"(r.proven_at IS NULL OR r.proven_at {'<=' if times.above else '<'} ?)"
        old = _replicas(shape, too_old, times.low)
        parts += [_replicas(shape, younger, times.low), Sql(f"NOT {old.text}", old.parameters)]
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
    """Whether there is a current copy on one of these drives, of those that were not let go."""
    drives = f"SELECT id FROM vault WHERE removed_at IS NULL AND {which}"
    # The index that has one current copy for each place is enough to look at one item.
    place = "r.place" if shape.probe else "r.vault_id"
    return shape.among("replica r", "r.item_id", f"r.role = 'current' AND {place} IN ({drives})", *parameters)


_COUNTED = (
    "r.role = 'current' AND (r.vault_id IS NULL OR r.vault_id IN (SELECT id FROM vault WHERE removed_at IS NULL))"
)


def _replicas(shape: _Shape, where: str, *parameters: object) -> Sql:
    """Whether one of the copies (the library's own file, those on drives that were not let go) fulfils `where`."""
    return shape.among("replica r", "r.item_id", f"{_COUNTED} AND {where}", *parameters)
