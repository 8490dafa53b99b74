"""Searching the catalog by the query language, and the full-text index that its words are found in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from musicvault.catalog import narrowing
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.decodes import Decoded
from musicvault.catalog.drivers import AMONG, THESE, items_at
from musicvault.catalog.selection import WORD_COLUMNS
from musicvault.catalog.wordmatch import stored
from musicvault.domain.paths import join
from musicvault.domain.query import LONGEST, Query, Words, parse

_COLUMNS = WORD_COLUMNS[:-2]
_APART = frozenset((*_COLUMNS, "lyrics"))
_LIMIT = 4000
"""Characters of a column."""

_INSERT = f"INSERT INTO words(rowid, {', '.join(WORD_COLUMNS)}) VALUES({', '.join('?' * (len(WORD_COLUMNS) + 1))})"


def index(
    transaction: Transaction, item_id: int, path: bytes, fields: Mapping[str, tuple[str, ...]], *, new: bool = False
) -> None:
    """(Re)write an item's words; `new` says that it has none yet."""
    if not new:
        transaction.execute("DELETE FROM words WHERE rowid = ?", (item_id,))
    transaction.execute(_INSERT, _row(item_id, path, fields))


def index_new(transaction: Transaction, items: Iterator[tuple[int, bytes, Mapping[str, tuple[str, ...]]]]) -> None:
    """Write the words of items that have none yet: (item id, path, fields) each."""
    transaction.executemany(_INSERT, (_row(item_id, path, fields) for item_id, path, fields in items))


def _row(item_id: int, path: bytes, fields: Mapping[str, tuple[str, ...]]) -> tuple[object, ...]:
    rest = " ".join([value for name, values in fields.items() if name not in _APART for value in values])
    texts = (*[" ".join(fields.get(name, ()))[:_LIMIT] for name in _COLUMNS], rest[:_LIMIT], _words_of(path))
    return (item_id, *map(stored, texts))


def rename(transaction: Transaction, item_id: int, path: bytes) -> None:
    """The item's path changed: its words are written anew from the stored tags."""
    from musicvault.catalog.packed import unpack_wrapper

    row = transaction.execute(
        "SELECT d.wrapper FROM item i JOIN content_detail d ON d.content_id = i.content_id WHERE i.id = ?", (item_id,)
    ).fetchone()
    index(transaction, item_id, path, unpack_wrapper(row[0]).fields if row else {})


def _words_of(path: bytes) -> str:
    return path.decode("utf-8", "replace").replace("/", " ").replace("_", " ")


def understood(catalog: Catalog, text: str) -> Query:
    """The query that a person typed. What is exactly the path of a file or folder of some library, is meant as such,
    whatever brackets and dashes are in it. Raises QueryError."""
    path = _path_in_libraries(catalog, text)
    return Words(path, "path", whole=True) if path else parse(text)


def _path_in_libraries(catalog: Catalog, text: str) -> str:
    """The text as a path within a library where a file or folder stands there, else nothing."""
    if "/" not in text or len(text) > LONGEST:
        return ""
    raw = text.strip().encode("utf-8", "surrogateescape")
    for root in (row[0] for row in catalog.rows("SELECT root FROM library WHERE removed_at IS NULL")):
        inside = raw.removeprefix(root.rstrip(b"/") + b"/").strip(b"/")
        shown = inside.decode("utf-8", "replace")
        there = items_at(shown)
        if shown and catalog.row(f"{there.text} LIMIT 1", there.parameters) is not None:
            return shown
    return ""


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a search: what lists show, and the digests that scripts want."""

    item_id: int
    library_id: int
    path: bytes
    kind: str
    size: int
    title: str | None
    artist: str | None
    album: str | None
    duration: float | None
    blake3: bytes
    sha256: bytes
    essence: bytes | None
    fingerprint: bool
    standing: str
    good: int
    decode: Decoded | None


_FOUND = """
SELECT i.id, i.library_id, i.folder, i.name, i.kind, c.size, t.title, t.artist, t.album, t.duration,
       c.blake3, c.sha256, c.essence,
       EXISTS(SELECT 1 FROM derived.fingerprint f WHERE f.problem IS NULL AND f.blake3 = c.blake3)
       OR (c.essence IS NOT NULL
           AND EXISTS(SELECT 1 FROM derived.fingerprint f WHERE f.problem IS NULL AND f.essence = c.essence)),
       i.standing, i.good, d.outcome, d.tool, d.version, d.detail, d.at
FROM {first}item i JOIN content c ON c.id = i.content_id LEFT JOIN track t ON t.item_id = i.id
     LEFT JOIN derived.decode d ON d.blake3 = c.blake3
WHERE i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL) AND {condition}
ORDER BY i.library_id, i.folder, i.name
"""


def _found(row: Row) -> Found:
    decode = None if row[16] is None else Decoded(*row[16:21])
    fields: tuple[Any, ...] = (row[0], row[1], join(row[2], row[3]), *row[4:13], bool(row[13]), *row[14:16], decode)
    return Found(*fields)


def find(
    catalog: Catalog, query: str, limit: int | None = None, *, forgotten: bool = False, now: float | None = None
) -> Iterator[Found]:
    """Items of the query, by path. Ages are counted from `now`, else from the computer's clock. Raises QueryError."""
    sql, parameters = _question(_FOUND, catalog, query, limit, forgotten, now)
    for row in catalog.stream(sql, parameters):
        yield _found(row)


def item_ids(catalog: Catalog, query: str, *, forgotten: bool = False, now: float | None = None) -> list[int]:
    """Ids of the matching items, by path. Raises QueryError."""
    sql, parameters = _question(_IDS, catalog, query, None, forgotten, now)
    return [row[0] for row in catalog.stream(sql, parameters)]


_IDS = """
SELECT i.id FROM {first}item i
WHERE i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL) AND {condition}
ORDER BY i.library_id, i.folder, i.name
"""


def _question(
    select: str, catalog: Catalog, query: str, limit: int | None, forgotten: bool, now: float | None
) -> tuple[str, tuple[object, ...]]:
    asked, now = understood(catalog, query), time.time() if now is None else now
    if limit is not None:
        ids = narrowing.first_ids(catalog, asked, now, limit, forgotten=forgotten)
        return select.format(first=THESE, condition=AMONG), (json.dumps(ids),)
    narrow = narrowing.narrowed(catalog, asked, now, forgotten=forgotten)
    # The plus keeps SQLite to the index on paths, so that everything streams in order without being sorted.
    expected = "1" if forgotten else "+i.forgotten_at IS NULL"
    return select.format(first=narrow.first, condition=f"{expected} AND {narrow.where}"), narrow.parameters
