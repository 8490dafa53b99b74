"""A copy of the catalog for a drive: one file that any SQLite opens, consistent as of one moment.

`VACUUM INTO` reads inside one transaction and never blocks a writer. Fingerprints and the like live in a file of their
own (`schema.DERIVED`) and stay out, so that a snapshot is small.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from musicvault.catalog import faults
from musicvault.catalog.database import Catalog
from musicvault.domain.paths import display
from musicvault.errors import NoSpace, VaultError
from musicvault.language import tr


def write(catalog: Catalog, target: bytes) -> None:
    """Write a snapshot to `target`, which must not exist. Not flushed: making it durable is the caller's work.

    The catalog is only read, so what can't be written is the target. Raises NoSpace where its drive is too full, else
    VaultError.
    """
    try:
        _write(catalog, target)
    except VaultError as error:
        primary = (getattr(error.__cause__, "sqlite_errorcode", None) or 0) & 0xFF
        folder = display(os.path.dirname(target))
        if primary == sqlite3.SQLITE_FULL:
            text = tr("There is too little room for a copy of the catalog in {folder}.", folder=folder)
            raise NoSpace(text) from error
        if primary not in faults.UNUSABLE:
            raise
        raise VaultError(
            tr(
                "A copy of the catalog could not be written to {folder}: {cause}. Check that drive and its cable.",
                folder=folder,
                cause=error.__cause__,
            )
        ) from error


def _write(catalog: Catalog, target: bytes) -> None:
    path = os.fsdecode(target)
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        # SQLite takes names as UTF-8 only; the folder is reached by its number instead.
        _write_below(catalog, target)
        return
    catalog.rows("VACUUM main INTO ?", (path,))


def _write_below(catalog: Catalog, target: bytes) -> None:
    folder, _, name = target.rpartition(b"/")
    if not hasattr(os, "O_DIRECTORY") or not Path("/proc/self/fd").is_dir():
        raise VaultError(tr("The catalog can't be copied to a folder whose name is not UTF-8 on this system."))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        catalog.rows("VACUUM main INTO ?", (f"/proc/self/fd/{handle}/{name.decode('utf-8')}",))
    finally:
        os.close(handle)


def size(catalog: Catalog) -> int:
    """Upper bound of a snapshot's size in bytes."""
    return int(catalog.value("PRAGMA main.page_count")) * int(catalog.value("PRAGMA main.page_size"))
