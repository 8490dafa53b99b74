"""One SQLite connection per thread, each with the same settings; those of threads that ended are closed."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from musicvault.catalog import schema
from musicvault.catalog.wordmatch import says
from musicvault.domain.query import folded
from musicvault.errors import VaultError
from musicvault.language import tr

BUSY_SECONDS = 30
"""How long a writer waits for another process's transaction."""

_CACHE_KIB = 16_000
"""Pages that a connection keeps: those that one question after another is answered from, as somebody types."""

_LOG_LIMIT = 64 << 20  # bytes: what a write-ahead log shrinks to again after a large transaction


class Connections:
    """The connections of this process to one catalog file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local: threading.local | SimpleNamespace = threading.local()
        self._guard = threading.Lock()
        self._open: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        self._closed = False
        self._alone = False

    def read_alone(self) -> None:
        """From now on one connection serves all threads. It needs no memory that is shared with other processes, which
        wait until it is closed, and changes nothing. To be called before the first is made."""
        self._alone, self._local = True, SimpleNamespace()

    def mine(self) -> sqlite3.Connection:
        """The calling thread's connection. Raises sqlite3.Error, and VaultError after `close`."""
        if self._closed:
            raise VaultError(tr("The catalog is closed."))
        existing: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if existing is not None:
            return existing
        connection = self._connect()
        with self._guard:
            for thread, old in self._open:
                if not thread.is_alive():
                    old.close()
            self._open = [(thread, old) for thread, old in self._open if thread.is_alive()]
            self._open.append((threading.current_thread(), connection))
        self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            if self._alone:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute("PRAGMA mmap_size = 0")  # a read error in a mapped file is SIGBUS
            connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")
            connection.create_function("folded", 1, lambda text: folded(text or ""), deterministic=True)
            connection.create_function("says", 3, says, deterministic=True)
            self._attach(connection)
            if self._alone:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _attach(self, connection: sqlite3.Connection) -> None:
        name = os.fsencode(self._path) + b"-derived"
        try:
            _attach_derived(connection, name)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            # What is in there can be computed again, so its damage must not stand in anyone's way.
            with suppress(sqlite3.Error):
                connection.execute("DETACH DATABASE derived")
            os.replace(name, name + b".damaged")
            for suffix in (b"-wal", b"-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(name + suffix)
            _attach_derived(connection, name)

    def watch(self, cursor: sqlite3.Cursor) -> sqlite3.Cursor:
        """Remember a cursor that stays open between calls: while it does, its connection can't be closed."""
        self._cursors.add(cursor)
        return cursor

    def close(self) -> None:
        """Close every thread's connection. The last process to do so folds the write-ahead log in and removes it."""
        with self._guard:
            self._closed = True
            for cursor in list(self._cursors):
                with suppress(sqlite3.Error):
                    cursor.close()
            for _, connection in self._open:
                with suppress(sqlite3.Error):
                    connection.close()
            self._open.clear()

    def __len__(self) -> int:
        return len(self._open)


def _attach_derived(connection: sqlite3.Connection, name: bytes) -> None:
    connection.execute("ATTACH DATABASE ? AS derived", (name,))
    connection.execute("PRAGMA derived.synchronous = NORMAL")
    newest = connection.execute("SELECT 1 FROM derived.sqlite_master WHERE name = ?", (schema.NEWEST_DERIVED,))
    if newest.fetchone() is None:
        # Write-ahead as well: with a rollback journal, one open list of items would keep fingerprints from being saved.
        connection.execute("PRAGMA derived.journal_mode = WAL")
        connection.executescript(schema.DERIVED)
