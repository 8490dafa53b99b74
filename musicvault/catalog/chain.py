"""The audit log: events chained by digest, so that a changed or lost record shows.

digest = BLAKE3(previous digest, then the record as compact JSON). Before the first record stand 32 zero bytes.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from musicvault.domain.events import Event

START = bytes(32)
COLUMNS = (
    "id", "at", "type", "outcome", "item_id", "library_id", "vault_id", "path", "detail", "batch", "agent", "previous",
    "digest",
)  # fmt: skip


def append(connection: sqlite3.Connection, event: Event, at: float, agent: str) -> int:
    """Append one event inside the caller's transaction; gives its number."""
    last = connection.execute("SELECT digest FROM event ORDER BY id DESC LIMIT 1").fetchone()
    previous = last[0] if last else START
    detail = json.dumps(dict(event.detail), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    digest = _digest(
        previous,
        (at, event.type.value, event.outcome.value, event.item_id, event.library_id, event.vault_id),
        event.path,
        (detail, event.batch, agent),
    )
    cursor = connection.execute(
        "INSERT INTO event(at, type, outcome, item_id, library_id, vault_id, path, detail, batch, agent,"
        " previous, digest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            at,
            event.type.value,
            event.outcome.value,
            event.item_id,
            event.library_id,
            event.vault_id,
            event.path,
            detail,
            event.batch,
            agent,
            previous,
            digest,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _digest(previous: bytes, head: tuple[object, ...], path: bytes | None, tail: tuple[object, ...]) -> bytes:
    shown = None if path is None else base64.b64encode(path).decode("ascii")
    record = json.dumps([*head, shown, *tail], ensure_ascii=False, separators=(",", ":"))
    return blake3(previous + record.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """Outcome of walking the chain: how many records, and the first that doesn't fit (None: all fit)."""

    events: int
    broken_at: int | None


ALL = f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY id"
"""The query whose rows `walk` takes."""


def verify(connection: sqlite3.Connection) -> ChainCheck:
    """Walk the whole chain."""
    return walk(connection.execute(ALL))


def walk(rows: Iterable[Sequence[Any]]) -> ChainCheck:
    """Walk a chain, given the rows of `ALL`. Numbers have no gaps: one that was given is never given again, so that
    events which went on after an end was cut off show it."""
    previous, count, number = START, 0, 0
    for row in rows:
        count += 1
        if not fits(row, previous) or (number and row[0] != number + 1):
            return ChainCheck(count, row[0])
        previous, number = row[-1], row[0]
    return ChainCheck(count, None)


def fits(row: Sequence[Any], previous: bytes) -> bool:
    """Whether an event (its `COLUMNS`) is what was written, after the event with the digest `previous`."""
    return bool(row[11] == previous and row[12] == _digest(previous, tuple(row[1:7]), row[7], tuple(row[8:11])))
