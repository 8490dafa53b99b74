"""Full-text search over tags and paths: accents and case folded, every word matches by prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.decodes import Decoded
from musicvault.domain.paths import join
from musicvault.domain.query.fields import TEXTS

_COLUMNS = tuple(name for name in TEXTS if name != "path")
_APART = frozenset((*_COLUMNS, "lyrics"))
_LIMIT = 4000
"""Characters of a column."""

_INSERT = f"INSERT INTO words(rowid, {', '.join(_COLUMNS)}, rest, path) VALUES({', '.join('?' * (len(_COLUMNS) + 3))})"


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
    return (
        item_id,
        *[" ".join(fields.get(name, ()))[:_LIMIT] for name in _COLUMNS],
        rest[:_LIMIT],
        _words_of(path),
    )


def rename(transaction: Transaction, item_id: int, path: bytes) -> None:
    """The item's path changed: its words are written anew from the stored tags."""
    from musicvault.catalog.items import unpack_wrapper

    row = transaction.execute(
        "SELECT d.wrapper FROM item i JOIN content_detail d ON d.content_id = i.content_id WHERE i.id = ?", (item_id,)
    ).fetchone()
    index(transaction, item_id, path, unpack_wrapper(row[0]).fields if row else {})


def _words_of(path: bytes) -> str:
    return path.decode("utf-8", "replace").replace("/", " ").replace("_", " ")


def match_expression(query: str) -> str:
    """The query as an FTS5 expression: all words must occur, each as a prefix; "quoted phrases" stay together.
    Nothing that the user types can be FTS5 syntax."""
    parts: list[str] = []
    for phrase, word in re.findall(r'"([^"]*)"?|(\S+)', query):
        if phrase.strip():
            parts.append(f'"{phrase.strip()}"')
        elif word:
            text = word.replace('"', " ").strip()
            if re.search(r"\w", text):
                parts.append(f'"{text}"*')
    return " AND ".join(parts)


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
ORDER BY i.library_id, i.folder, i.name LIMIT ?
"""


def _found(row: Row) -> Found:
    decode = None if row[16] is None else Decoded(*row[16:21])
    fields: tuple[Any, ...] = (row[0], row[1], join(row[2], row[3]), *row[4:13], bool(row[13]), *row[14:16], decode)
    return Found(*fields)


def find(catalog: Catalog, query: str, limit: int | None = None, *, forgotten: bool = False) -> Iterator[Found]:
    """Items whose tags or path hold all words of the query, by path; an empty query gives every item."""
    expression = match_expression(query)
    if query.strip() and not expression:
        return
    # The plus keeps SQLite to the index on paths, so that everything streams in order without being sorted.
    condition = "1" if forgotten else "+i.forgotten_at IS NULL"
    first, parameters = "", list[object]()
    if expression:
        first, condition = "words CROSS JOIN ", f"words MATCH ? AND i.id = words.rowid AND {condition}"
        parameters.append(expression)
    sql = _FOUND.format(first=first, condition=condition)
    for row in catalog.stream(sql, (*parameters, -1 if limit is None else limit)):
        yield _found(row)


def item_ids(catalog: Catalog, query: str, *, forgotten: bool = False) -> list[int]:
    """Ids of the matching items, by path."""
    return [found.item_id for found in find(catalog, query, forgotten=forgotten)]
