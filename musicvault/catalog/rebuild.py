"""Filling a new catalog from a snapshot, and what a rebuild asks of one: all of it in transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from musicvault.catalog import chain, migrating, received, rules
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.libraries import NOWHERE
from musicvault.catalog.received import Received
from musicvault.catalog.wordmatch import stored
from musicvault.domain.events import Event, EventType
from musicvault.errors import SnapshotUnusable
from musicvault.language import tr

_UNFINISHED = "rebuilding"


def is_new(catalog: Catalog) -> bool:
    """Whether the catalog was never used, or only by a rebuild that was interrupted."""
    if is_unfinished(catalog):
        return True
    return not any(
        catalog.value(f"SELECT EXISTS(SELECT 1 FROM {table})") for table in ("library", "vault", "item", "event")
    )


def is_unfinished(catalog: Catalog) -> bool:
    """Whether a rebuild has begun here and not ended."""
    return catalog.value("SELECT 1 FROM meta WHERE key = ?", (_UNFINISHED,)) is not None


def is_filled(catalog: Catalog) -> bool:
    """Whether a snapshot was taken over already."""
    return bool(catalog.value("SELECT EXISTS(SELECT 1 FROM library) OR EXISTS(SELECT 1 FROM event)"))


def amounts(catalog: Catalog) -> dict[str, int]:
    """How many libraries, items and drives the catalog knows."""
    tables = {"libraries": "library", "items": "item", "drives": "vault"}
    return {key: int(catalog.value(f"SELECT count(*) FROM {table}")) for key, table in tables.items()}


def begin(transaction: Transaction) -> None:
    transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, '1')", (_UNFINISHED,))


def end(transaction: Transaction) -> None:
    """The rebuild is whole: from now on this is a catalog like any other."""
    transaction.execute("DELETE FROM meta WHERE key = ?", (_UNFINISHED,))
    transaction.touch(*(row[0] for row in transaction.execute("SELECT id FROM item")))


def fill(catalog: Catalog, snapshot: Received, now: float) -> None:
    """Take over all that a snapshot knows, in one transaction: libraries (not connected to any folder of this
    computer), items, copies, policy, and its events for as long as their chain holds.

    Raises `SnapshotUnusable`, with nothing taken over, where its values make no sense.
    """
    try:
        with catalog.transaction(now) as transaction:
            transaction.execute("PRAGMA defer_foreign_keys = ON")
            _copy(transaction, snapshot)
            received.check_values(lambda sql: iter(transaction.execute(sql)))
            rules.mend(transaction)
            disconnect(transaction)
            begin(transaction)
    except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.OperationalError, OverflowError) as error:
        raise SnapshotUnusable(tr("its tables don't fit together ({cause})", cause=error)) from error


def _copy(transaction: Transaction, snapshot: Received) -> None:
    theirs = snapshot.tables()
    for name, columns in _own_tables(transaction).items():
        shared = [column for column in columns if column in theirs.get(name, ())]
        if not shared:
            continue
        transaction.execute(f"DELETE FROM {name}")
        marks = ", ".join("?" * len(shared))
        listed = ", ".join(shared)
        rows = snapshot.rows(f"SELECT {listed} FROM {name}")
        transaction.executemany(f"INSERT INTO {name}({listed}) VALUES({marks})", rows)
    marks = ", ".join("?" * len(chain.COLUMNS))
    transaction.executemany(f"INSERT INTO event({', '.join(chain.COLUMNS)}) VALUES({marks})", snapshot.events())
    _copy_words(transaction, snapshot)
    migrating.forget_zeros(transaction.execute)
    migrating.escape_scopes(transaction.execute)


def _own_tables(transaction: Transaction) -> dict[str, list[str]]:
    return {
        name: columns
        for name, columns in received.copied_tables(transaction.execute).items()
        if not name.startswith("words")
    }


def _copy_words(transaction: Transaction, snapshot: Received) -> None:
    """The words of the search, from the plain table in which the index keeps them."""
    count = len(transaction.execute("SELECT * FROM words LIMIT 0").description)
    columns = ", ".join(f"c{number}" for number in range(count))
    marks = ", ".join("?" * (count + 1))
    names = ", ".join(column[0] for column in transaction.execute("SELECT * FROM words LIMIT 0").description)
    transaction.executemany(
        f"INSERT INTO words(rowid, {names}) VALUES({marks})",
        _texts(snapshot.rows(f"SELECT id, {columns} FROM words_content")),
    )


def _texts(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        if not isinstance(row[0], int):
            raise SnapshotUnusable(tr("its words are damaged"))
        yield (row[0], *(stored(value) if isinstance(value, str) else "" for value in row[1:]))


def disconnect(transaction: Transaction) -> None:
    """No library is connected to a folder of this computer, and the files of the other one count as no copies."""
    transaction.execute("UPDATE library SET volume_id = ?", (NOWHERE,))
    transaction.execute("DELETE FROM submount")
    transaction.execute("DELETE FROM unprotected")
    transaction.execute(
        "DELETE FROM finding WHERE replica_id IN (SELECT id FROM replica WHERE vault_id IS NULL)"
        " AND verdict <> 'born-damaged'"
    )
    transaction.execute("UPDATE replica SET state = 'forgotten' WHERE vault_id IS NULL")


def opened_segment(transaction: Transaction, detail: dict[str, object]) -> None:
    """The event with which the log goes on after a rebuild; it names every head that was found."""
    transaction.event(Event(EventType.CONFIGURATION, detail={"rebuilt": True, **detail}))
