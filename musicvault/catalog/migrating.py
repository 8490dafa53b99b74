"""Bringing an older catalog to the tables of today: a backup first, then one migration (sqlite-utils) after the other.

sqlite-utils takes 0.2 s to import, so it is imported only when there is something to migrate. A million items take
minutes, so whoever opens the catalog hears how far it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from musicvault.catalog import schema
from musicvault.catalog.wordmatch import stored
from musicvault.domain.notices import Advanced, Notice, Started
from musicvault.domain.query import escaped

JOB = "migrate"

Tell = Callable[[Notice], None]
"""Hears `Started` at each stage and `Advanced` now and then (files stand for items); must be quick."""

_STEPS = 500_000
"""Steps of SQLite's machine between two looks at how far it is: some tens of milliseconds."""

_ITEMS = 5_000


def silently(notice: Notice) -> None:
    """Nobody listens."""


def back_up(connection: sqlite3.Connection, path: Path, version: int, tell: Tell) -> None:
    """Keep the catalog as it is beside itself."""
    aside = path.with_name(f"{path.name}.before-version-{version}")
    half = aside.with_name(aside.name + ".partial")
    half.unlink(missing_ok=True)
    pages, size = (connection.execute(f"PRAGMA page_{what}").fetchone()[0] for what in ("count", "size"))
    tell(Started(JOB, path.name, bytes=pages * size))

    def look() -> None:
        with suppress(OSError):
            tell(Advanced(0, min(half.stat().st_size, pages * size)))

    with _looking(connection, look):
        connection.execute("VACUUM main INTO ?", (str(half),))
    half.replace(aside)


def migrate(connection: sqlite3.Connection, path: Path, catalog_id: str, tell: Tell) -> None:
    """Bring the tables of the catalog at `path` to `schema.VERSION`; each migration and its record are one transaction.
    A new catalog becomes `catalog_id`, all in one transaction: it is flushed once, and never there in part."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations("musicvault")

    @migrations()
    def first_tables(db: Database) -> None:
        for statement in schema.statements(schema.TABLES):
            db.conn.execute(statement)
        db.conn.execute("INSERT INTO meta VALUES('catalog_id', ?)", (catalog_id,))

    @migrations()
    def folded_words(db: Database) -> None:
        _fold_words(db.conn, path, tell)

    @migrations()
    def unknown_numbers(db: Database) -> None:
        forget_zeros(db.conn.execute)

    @migrations()
    def scopes_still_understood(db: Database) -> None:
        escape_scopes(db.conn.execute)

    @migrations()
    def events_replaced_by_none(db: Database) -> None:
        db.conn.execute(schema.NEVER_REPLACED)

    @migrations()
    def indexes_of_what_is_lacking(db: Database) -> None:
        for statement in schema.statements(schema.INDEXES):
            db.conn.execute(statement)

    database = Database(connection, recursive_triggers=False)
    is_new = not migrations.applied(database)
    tell(Started(JOB, path.name))
    with _looking(connection, lambda: tell(Advanced(0, 0))), database.atomic() if is_new else nullcontext():
        migrations.apply(database)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")


@contextmanager
def _looking(connection: sqlite3.Connection, look: Callable[[], None]) -> Iterator[None]:
    """Look how far it is while SQLite is at work."""

    def looked() -> int:
        look()
        return 0  # go on

    connection.set_progress_handler(looked, _STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def forget_zeros(execute: Callable[[str], object]) -> None:
    """Version 1 had 0 for what isn't known of a track."""
    for column in ("duration", "sample_rate", "channels", "bits", "bitrate", "year"):
        execute(f"UPDATE track SET {column} = NULL WHERE {column} = 0")


def escape_scopes(execute: Callable[..., Iterable[tuple[Any, ...]]]) -> None:
    """Version 1 took the name of a field without a value for a word. A scope that isn't understood stops everything."""
    for number, scope in list(execute("SELECT id, scope FROM rule")):
        execute("UPDATE rule SET scope = ? WHERE id = ?", (escaped(scope), number))


def _fold_words(connection: sqlite3.Connection, path: Path, tell: Tell) -> None:
    """Version 1 left folding to the index, which knows the accents of Latin letters alone."""
    columns = [column[0] for column in connection.execute("SELECT * FROM words LIMIT 0").description]
    kept = ", ".join(f"coalesce(c{number}, '')" for number in range(len(columns)))
    rows = connection.execute(f"SELECT id, {kept} FROM words_content")
    changed = [(*map(stored, texts), item_id) for item_id, *texts in rows if not all(map(str.isascii, texts))]
    tell(Started(JOB, path.name, len(changed)))

    def told() -> Iterator[tuple[object, ...]]:
        for number, row in enumerate(changed):
            if number % _ITEMS == 0:
                tell(Advanced(number, 0))
            yield row

    connection.executemany(f"UPDATE words SET {', '.join(f'{name} = ?' for name in columns)} WHERE rowid = ?", told())
    tell(Started(JOB, path.name))
