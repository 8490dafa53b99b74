"""SQLite's errors as ours, each with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from musicvault.errors import CatalogDamaged, CatalogFull, Locked, VaultError
from musicvault.language import tr

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNUSABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise Locked, CatalogDamaged or VaultError in the place of what SQLite raises; bugs pass as they are."""
    try:
        yield
    except sqlite3.Error as error:
        primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if primary in _BUSY:
            raise Locked(
                tr("Another process is writing to the catalog {path}. Try again when it is done.", path=path)
            ) from error
        if primary in _DAMAGED:
            raise damaged(path) from error
        if primary == sqlite3.SQLITE_FULL:
            raise full(path) from error
        if primary in UNUSABLE:
            raise VaultError(
                tr(
                    "The catalog {path} can't be opened or written: {cause}. Choose another with --catalog.",
                    path=path,
                    cause=tr("it is a folder") if path.is_dir() else error,
                )
            ) from error
        raise


def full(path: Path) -> CatalogFull:
    return CatalogFull(
        tr("The disk that holds the catalog {path} is full. Make room there; then everything goes on.", path=path)
    )


def damaged(path: Path) -> CatalogDamaged:
    return CatalogDamaged(
        tr(
            "The catalog {path} is damaged. Set it aside (rename it) and make a new one from your drives with: "
            "musicvault rebuild --from DRIVE (each drive that is named helps), or choose another with --catalog. Your "
            "music is not affected.",
            path=path,
        ),
        path,
    )


def no_catalog(path: Path) -> CatalogDamaged:
    return CatalogDamaged(
        tr(
            "{path} is no catalog of MusicVault. Set it aside (rename it) if it should be one, or choose another "
            "with --catalog. It was left as it is.",
            path=path,
        )
    )
