"""Reading the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicvault.catalog import chain, noted, schema
from musicvault.catalog.chain import ChainCheck
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.noted import Head

_COLUMNS = "id, at, type, outcome, item_id, library_id, vault_id, path, detail, batch, agent"


@dataclass(frozen=True, slots=True)
class Record:
    """One audit event as it was written."""

    id: int
    at: float
    type: str
    outcome: str
    item_id: int | None
    library_id: int | None
    vault_id: str | None
    path: bytes | None
    detail: Mapping[str, object]
    batch: str | None
    agent: str


def _record(row: Row) -> Record:
    head, detail, tail = row[:8], json.loads(row[8]), row[9:]
    fields: tuple[Any, ...] = (*head, detail, *tail)
    return Record(*fields)


def latest(catalog: Catalog, limit: int | None = None, before: int | None = None) -> Iterator[Record]:
    """Events, newest first."""
    sql = f"SELECT {_COLUMNS} FROM event WHERE (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?"
    for row in catalog.stream(sql, (before, before, -1 if limit is None else limit)):
        yield _record(row)


def matching(
    catalog: Catalog, types: Sequence[str] = (), text: str = "", before: int | None = None, limit: int = 500
) -> list[Record]:
    """Events of these types (none named: of all) that have the text in their path, in what they tell or in the name of
    the place, newest first, from before an event on."""
    sql = f"SELECT {_COLUMNS} FROM event WHERE (? IS NULL OR id < ?)"
    values: list[object] = [before, before]
    if types:
        sql += f" AND type IN ({','.join('?' * len(types))})"
        values += types
    if text:
        wanted = text.lower()
        sql += (
            " AND (instr(lower(CAST(path AS TEXT)), ?) OR instr(lower(detail), ?)"
            " OR vault_id IN (SELECT id FROM vault WHERE instr(lower(label), ?))"
            " OR library_id IN (SELECT id FROM library WHERE instr(lower(name), ?)))"
        )
        values += [wanted] * 4
    rows = catalog.rows(sql + " ORDER BY id DESC LIMIT ?", (*values, limit))
    return [_record(row) for row in rows]


def of_item(catalog: Catalog, item_id: int) -> list[Record]:
    """Every event of one item, newest first."""
    sql = f"SELECT {_COLUMNS} FROM event WHERE item_id = ? ORDER BY id DESC"
    return [_record(row) for row in catalog.rows(sql, (item_id,))]


def of_batch(catalog: Catalog, batch: str) -> list[Record]:
    """The events of one batch, in order."""
    return [_record(row) for row in catalog.rows(f"SELECT {_COLUMNS} FROM event WHERE batch = ? ORDER BY id", (batch,))]


def get(catalog: Catalog, event_id: int) -> Record | None:
    row = catalog.row(f"SELECT {_COLUMNS} FROM event WHERE id = ?", (event_id,))
    return None if row is None else _record(row)


def last_batch(catalog: Catalog, event_type: str, decision: str = "") -> list[Record]:
    """The events of the newest batch of this type (and that say this `decision`, where one is given) that hasn't been
    undone and undoes nothing itself."""
    row = catalog.row(
        "SELECT batch FROM event WHERE batch IS NOT NULL AND type = ? AND json_extract(detail, '$.undoes') IS NULL"
        " AND id NOT IN (SELECT json_extract(detail, '$.undoes') FROM event"
        "                WHERE batch IS NOT NULL AND json_extract(detail, '$.undoes') IS NOT NULL)"
        " AND ? IN ('', json_extract(detail, '$.decision')) ORDER BY id DESC LIMIT 1",
        (event_type, decision),
    )
    return [] if row is None else of_batch(catalog, row[0])


def is_undone(catalog: Catalog, event_id: int) -> bool:
    """Whether a later event says that it undid this one."""
    sql = "SELECT 1 FROM event WHERE batch IS NOT NULL AND json_extract(detail, '$.undoes') = ?"
    return catalog.row(sql, (event_id,)) is not None


# -- whether it is still what was written


def head(catalog: Catalog) -> Head | None:
    """Where the chain ends now; None before the first event."""
    row = catalog.row("SELECT id, digest FROM event ORDER BY id DESC LIMIT 1")
    return None if row is None else Head(row[0], row[1])


def verify(catalog: Catalog) -> ChainCheck:
    """Walk the whole chain: each event's digest must fit what it says and the event before it, and the last is the one
    that was numbered last (SQLite counts on when an end is cut off)."""
    walked = chain.walk(catalog.stream(chain.ALL))
    last = head(catalog)
    end = 0 if last is None else last.number
    if walked.broken_at is None and end < (catalog.value("SELECT seq FROM sqlite_sequence WHERE name = 'event'") or 0):
        return ChainCheck(walked.events, end + 1)
    return walked


def has(catalog: Catalog, known: Head) -> bool:
    """Whether the log has the event that somebody noted as its end once."""
    return bool(catalog.value("SELECT digest FROM event WHERE id = ?", (known.number,)) == known.digest)


def noted_beside(catalog: Catalog) -> Head | None:
    """The end of the log that was noted beside the catalog last, None where none was."""
    return noted.noted(catalog.path, catalog.catalog_id)


def is_guarded(catalog: Catalog) -> bool:
    """Whether all that keeps the log append-only stands in the catalog as it was made."""
    there = {name: schema.plain(sql) for name, sql in catalog.rows(_TRIGGERS)}
    return all(there.get(name) == sql for name, sql in schema.guards().items())


def guard(transaction: Transaction) -> None:
    """Put what keeps the log append-only in place again."""
    for name, sql in schema.guards().items():
        transaction.execute(f"DROP TRIGGER IF EXISTS {name}")
        transaction.execute(sql)


_TRIGGERS = "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'"
