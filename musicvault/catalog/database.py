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
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from musicvault import __version__
from musicvault.catalog import chain, health, locks, migrating, noted, schema
from musicvault.catalog.connections import BUSY_SECONDS, Connections
from musicvault.catalog.faults import damaged, full, no_catalog, translated
from musicvault.catalog.migrating import Tell
from musicvault.domain.events import Event
from musicvault.errors import CatalogNewer, VaultError, reason_of
from musicvault.language import tr

AGENT = f"MusicVault {__version__}"
SQLITE_VERSION = sqlite3.sqlite_version
Row = tuple[Any, ...]


def _in_silence(done: int, of: int) -> None:
    """Nobody listens."""


class Transaction:
    """One atomic change. `touch` the items whose replicas changed: their standing is brought up to date
    just before the commit. `now` is the time of everything in it (seconds since the epoch)."""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self.now = now
        self._connection = connection
        self._touched: set[int] = set()
        self.touches_all = False
        self.has_events = False
        self.judging: Callable[[int, int], None] = _in_silence
        """Hears now and then, where all items are judged anew, how many of them are done, of how many."""

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

    def touch_all(self) -> None:
        """The standing of every item may be another after this."""
        self.touches_all = True

    @property
    def touched(self) -> frozenset[int]:
        return frozenset(self._touched)

    def event(self, event: Event) -> int:
        """Append an audit event, chained to the one before it; gives its number."""
        self.has_events = True
        return chain.append(self._connection, event, self.now, AGENT)


class Catalog:
    """An open catalog. Cheap to open; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = Connections(path)
        self._writing = threading.RLock()
        self._presence: health.Presence | None = None
        self.is_migrated = False
        """Whether it was of an older version until it was opened."""
        self.is_only_read = False
        """Whether its disk is full, so that every change of it raises CatalogFull."""
        self._file: os.stat_result | None = None
        self._log_grew = False

    # -- opening

    @classmethod
    def open(cls, path: Path, tell: Tell = migrating.silently, *, to_read: bool = False) -> Catalog:
        """Open the catalog, creating or migrating it (with a backup first), and check it after an unclean stop. A
        migration takes minutes at a million items: `tell` hears how far it is. `to_read`: on a disk that is full what
        is there will do, for a while (others wait for it).

        Raises CatalogNewer, CatalogDamaged, CatalogFull, Locked, or VaultError where the folder can't be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VaultError(
                tr(
                    "The catalog's folder {folder} can't be made: {cause}. Choose another with --catalog.",
                    folder=path.parent,
                    cause=reason_of(error),
                )
            ) from error
        catalog = cls(path)
        try:
            with translated(path):
                if health.has_room(path):
                    catalog._prepare(tell)
                elif to_read and path.exists():
                    catalog._prepare_to_read()
                else:
                    raise full(path)
        except BaseException:
            catalog.close()
            raise
        return catalog

    def _prepare(self, tell: Tell) -> None:
        unfinished = health.has_log(self.path)
        with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS)) as connection:  # nothing else is made beside it
            version = self._looked_at(connection)
        self._presence = health.Presence(self.path)
        if unfinished and self._presence.alone:
            self._check(self._connections.mine())
        if version < schema.VERSION:
            with locks.waiting(self.path, "migration"):
                self._migrate(self._connections.mine(), tell)
        self._file = os.stat(self.path)

    def _prepare_to_read(self) -> None:
        """The disk is full, and nobody else has the catalog open."""
        self.is_only_read = True
        unfinished = health.has_log(self.path)
        self._connections.read_alone()
        connection = self._connections.mine()
        if self._looked_at(connection) < schema.VERSION:
            raise full(self.path)
        if unfinished:
            self._check(connection)
        self._file = os.stat(self.path)

    def _looked_at(self, connection: sqlite3.Connection) -> int:
        """The version of the file, which may not be ours."""
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > schema.VERSION:
            raise CatalogNewer(
                tr(
                    "The catalog {path} was written by a newer MusicVault. Update this program; nothing was changed.",
                    path=self.path,
                )
            )
        if not schema.is_ours(connection, version):
            raise no_catalog(self.path)
        return version

    def _migrate(self, connection: sqlite3.Connection, tell: Tell) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == schema.VERSION:
            return  # another process was faster
        connection.execute("PRAGMA journal_mode = WAL")
        if version:
            migrating.back_up(connection, self.path, version, tell)
        migrating.migrate(connection, self.path, str(uuid.uuid4()), tell if version else migrating.silently)
        self.is_migrated = bool(version)

    def close(self) -> None:
        """Close every thread's connection; the catalog can't be used after it."""
        with self._writing:
            if self._log_grew:
                self._log_grew = False
                self._note_head()
            self._connections.close()
            if self._presence is not None:
                self._presence.end()

    def _note_head(self) -> None:
        """Note where the log ends; what was noted before stays where the log has lost it."""
        with suppress(VaultError, sqlite3.Error):
            before = noted.noted(self.path, self.catalog_id)
            if (
                before is not None
                and self.value("SELECT digest FROM event WHERE id = ?", (before.number,)) != before.digest
            ):
                return
            row = self.row("SELECT id, digest FROM event ORDER BY id DESC LIMIT 1")
            if row is not None and self.is_in_place:
                noted.note(self.path, noted.Head(*row), self.catalog_id)

    # -- health

    @property
    def is_in_place(self) -> bool:
        """Whether the file that was opened is the one at `path` still: another may have been put there (a backup), and
        what is written to the old one is lost."""
        try:
            return self._file is None or os.path.samestat(self._file, os.stat(self.path))
        except OSError:
            return False

    def check(self) -> list[str]:
        """What SQLite's own `quick_check` has to say; empty when all is well."""
        with translated(self.path):
            return health.quick_check(self._connections.mine())

    def check_weekly(self, now: float) -> None:
        """Check the catalog if that wasn't done for a week. Raises CatalogDamaged."""
        row = self.row("SELECT value FROM meta WHERE key = 'checked_at'")
        if row is not None and 0 <= now - float(row[0]) < health.WEEK_S:
            return
        with translated(self.path):
            self._check(self._connections.mine())
        with self.transaction(now) as transaction:
            transaction.execute("INSERT OR REPLACE INTO meta VALUES('checked_at', ?)", (str(now),))

    def _check(self, connection: sqlite3.Connection) -> None:
        if health.quick_check(connection):
            raise damaged(self.path)

    # -- reading

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with translated(self.path):
            return self._connections.mine().execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        with translated(self.path):
            found: Row | None = self._connections.mine().execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, None without a row."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def stream(self, sql: str, parameters: Sequence[object] = (), size: int = 1000) -> Iterator[Row]:
        """Rows one by one in constant memory. Don't write to the same tables while iterating."""
        for batch in self.batches(sql, parameters, size):
            yield from batch

    def batches(self, sql: str, parameters: Sequence[object] = (), size: int = 1000) -> Iterator[list[Row]]:
        """The same, some rows at once: where there are millions, passing each on takes as long as reading it."""
        with translated(self.path):
            cursor = self._connections.watch(self._connections.mine().execute(sql, parameters))
            while batch := cursor.fetchmany(size):
                yield batch

    @property
    def catalog_id(self) -> str:
        return str(self.value("SELECT value FROM meta WHERE key = 'catalog_id'"))

    # -- writing

    def _begun(self) -> sqlite3.Connection:
        """This thread's connection, in a transaction."""
        if self.is_only_read:
            raise full(self.path)
        connection = self._connections.mine()
        connection.execute("BEGIN IMMEDIATE")
        return connection

    @contextmanager
    def transaction(self, now: float) -> Iterator[Transaction]:
        """All or nothing: commits at the end of the block, rolls back on any exception."""
        from musicvault.catalog.standing import refresh

        with self._writing, translated(self.path):
            connection = self._begun()
            try:
                transaction = Transaction(connection, now)
                yield transaction
                refresh(transaction)
                connection.execute("COMMIT")
                self._log_grew = self._log_grew or transaction.has_events
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def derived(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """A short write to what can be computed again; outside the audit log and the chain of events."""
        with self._writing, translated(self.path):
            connection = self._begun()
            try:
                yield connection.execute
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def as_json(value: object) -> str:
    """Compact, sorted JSON: one spelling for one value, so that it can be digested."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
