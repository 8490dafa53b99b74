"""Opening the catalog, and the transactions through which everything in it changes.

WAL, foreign keys, `synchronous=FULL`, short `BEGIN IMMEDIATE` transactions, rollback on any exception. One
connection per thread; writers of one process take turns, other processes wait up to 30 s.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from musicvault import __version__
from musicvault.catalog import chain, schema
from musicvault.domain.events import Event
from musicvault.errors import CatalogDamaged, CatalogNewer, Locked, VaultError
from musicvault.language import tr

AGENT = f"MusicVault {__version__}"
Row = tuple[Any, ...]
_BUSY_SECONDS = 30


class Transaction:
    """One atomic change. `touch` the items whose replicas changed: their standing is brought up to date
    just before the commit. `now` is the time of everything in it (seconds since the epoch)."""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self.now = now
        self._connection = connection
        self._touched: set[int] = set()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)

    def insert(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Execute an INSERT and give the new row's id."""
        row_id = self._connection.execute(sql, parameters).lastrowid
        assert row_id is not None
        return row_id

    def touch(self, *item_ids: int) -> None:
        self._touched.update(item_ids)

    @property
    def touched(self) -> frozenset[int]:
        return frozenset(self._touched)

    def event(self, event: Event) -> int:
        """Append an audit event, chained to the one before it; gives its number."""
        return chain.append(self._connection, event, self.now, AGENT)


class Catalog:
    """An open catalog. Cheap to open; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.RLock()
        self._connections: list[sqlite3.Connection] = []
        self._closed = False

    # -- opening

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """Open the catalog, creating or migrating it (with a backup first).

        Raises CatalogNewer, CatalogDamaged, Locked, or VaultError where the folder can't be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VaultError(
                tr("The catalog's folder {folder} can't be made: {cause}. Choose another with --catalog.")
                .replace("{folder}", str(path.parent))
                .replace("{cause}", error.strerror or "")
            ) from error
        catalog = cls(path)
        with translated(path):
            catalog._prepare()
        return catalog

    def _prepare(self) -> None:
        connection = self._connection()
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == schema.VERSION:
            return
        if version > schema.VERSION:
            self.close()
            raise CatalogNewer(
                tr(
                    "The catalog {path} was written by a newer MusicVault. Update this program; nothing was changed.",
                    path=self.path,
                )
            )
        with self._writing:
            connection.execute("PRAGMA journal_mode = WAL")
            if version:
                self._back_up(connection, version)
            schema.migrate(connection)
            connection.execute("INSERT OR IGNORE INTO meta VALUES('catalog_id', ?)", (str(uuid.uuid4()),))

    def _back_up(self, connection: sqlite3.Connection, version: int) -> None:
        aside = self.path.with_name(f"{self.path.name}.before-version-{version}")
        if not aside.exists():
            connection.execute("VACUUM INTO ?", (str(aside),))

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise VaultError(tr("The catalog is closed."))
        existing: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if existing is not None:
            return existing
        with translated(self.path):
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA mmap_size = 0")  # a read error in a mapped file is SIGBUS
            connection.execute("ATTACH DATABASE ? AS derived", (os.fspath(self.path) + "-derived",))
            connection.execute("PRAGMA derived.synchronous = NORMAL")
            connection.executescript(schema.DERIVED)
        self._local.connection = connection
        with self._writing:
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Close every thread's connection; the catalog can't be used after it."""
        with self._writing:
            self._closed = True
            for connection in self._connections:
                with suppress(sqlite3.Error):
                    connection.close()
            self._connections.clear()

    # -- reading

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with translated(self.path):
            return self._connection().execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        with translated(self.path):
            found: Row | None = self._connection().execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, None without a row."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def stream(self, sql: str, parameters: Sequence[object] = (), size: int = 1000) -> Iterator[Row]:
        """Rows one by one in constant memory. Don't write to the same tables while iterating."""
        with translated(self.path):
            cursor = self._connection().execute(sql, parameters)
            while batch := cursor.fetchmany(size):
                yield from batch

    @property
    def catalog_id(self) -> str:
        return str(self.value("SELECT value FROM meta WHERE key = 'catalog_id'"))

    # -- writing

    @contextmanager
    def transaction(self, now: float) -> Iterator[Transaction]:
        """All or nothing: commits at the end of the block, rolls back on any exception."""
        from musicvault.catalog.standing import refresh

        with self._writing, translated(self.path):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                transaction = Transaction(connection, now)
                yield transaction
                refresh(transaction)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def derived(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """A short write to what can be computed again; outside the audit log and the chain of events."""
        with self._writing, translated(self.path):
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection.execute
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def check(self) -> list[str]:
        """What SQLite's own `quick_check` has to say; empty when all is well."""
        return [str(row[0]) for row in self.rows("PRAGMA quick_check") if row[0] != "ok"]


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, with what to do about them."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        primary = code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked(
                tr("Another process is writing to the catalog {path}. Try again when it is done.", path=path)
            ) from error
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise CatalogDamaged(
                tr(
                    "The catalog {path} is damaged or is no catalog. Set it aside (rename it) and "
                    "recreate it from a drive, or choose another with --catalog.",
                    path=path,
                )
            ) from error
        if primary == sqlite3.SQLITE_FULL:
            raise VaultError(tr("The disk that holds the catalog {path} is full.", path=path)) from error
        if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
            raise VaultError(
                tr("The catalog {path} can't be opened or written: {cause}.", path=path, cause=error)
            ) from error
        raise


def as_json(value: object) -> str:
    """Compact, sorted JSON: one spelling for one value, so that it can be digested."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
