"""What the next run will find: everything in a room that it can see, in one digest.

Where a process is killed, nothing but that counts. Two points at which the same stands on the disks are one point, for
whatever the next runs do: they begin with the same. (SQLite is taken at its word: a transaction that was not committed
has not been.)
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path

from blake3 import blake3

_CATALOG = "catalog.sqlite3"
_BESIDE = ("-wal", "-shm", "-journal")


def state_of(*folders: Path, but: Path | None = None) -> bytes:
    """Names, bytes and modes of all files there and below, the times that are kept, and what the catalog in the first
    folder says; nothing below `but`."""
    found = blake3()
    marks: set[tuple[int, int]] = set()
    for folder in folders:
        for path, told in sorted(_entries(str(folder), "" if but is None else str(but), marks)):
            found.update(f"{path}\0{told}\n".encode("utf-8", "surrogateescape"))
    if (folders[0] / _CATALOG).exists():
        found.update(_said(folders[0] / _CATALOG, marks))
    return found.digest()


def _entries(folder: str, but: str, marks: set[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.path == but or (entry.name.startswith(_CATALOG) and entry.name.endswith(_BESIDE)):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield entry.path, "folder"
                yield from _entries(entry.path, but, marks)
                continue
            found = entry.stat(follow_symlinks=False)
            marks.add((found.st_ino, found.st_ctime_ns))
            told = f"{found.st_mode} {found.st_nlink}"
            if found.st_mtime_ns < LONG_AGO_NS:
                told += f" {found.st_mtime_ns}"
            if entry.name in _SNAPSHOTS:
                told += f" {_said(Path(entry.path), marks).hex()}"
            elif not entry.path.endswith(_PROCESS) and f"{_CATALOG}.locks/" not in entry.path:
                told += f" {_digest(entry.path, found.st_ino, found.st_size, found.st_ctime_ns, found.st_mtime_ns)}"
            yield entry.path, told


LONG_AGO_NS = 1_500_000_000 * 10**9
"""Times before this are those of stages, and must be kept; later ones are those of edits."""
_SNAPSHOTS = ("catalog.sqlite3", "catalog.previous.sqlite3", "catalog.partial")
_PROCESS = "/musicvault/lock"
"""It names its process, as those in `.locks` do, which is dead: what counts is that they are there."""


@lru_cache(100_000)
def _digest(path: str, *_: int) -> str:
    """Read only where something moved."""
    data = Path(path).read_bytes()
    return blake3(re.sub(rb"^[0-9a-f]{64}(?=  catalog)", b"", data)).hexdigest()


def image_of(image: Path) -> bytes:
    """A disk's image: what would be on it if the power went now."""
    found = blake3()
    with image.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        at = 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            until = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            found.update(f"{at} {until}\n".encode())
            found.update(os.pread(file.fileno(), until - at, at))
            at = until
    return found.digest()


@contextmanager
def looked_into(catalog: Path) -> Iterator[sqlite3.Connection]:
    """A copy of a catalog, and of what it hasn't taken in yet: looking must not do the next run's work for it."""
    with tempfile.TemporaryDirectory(prefix="looked-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as aside:
        for path in catalog.parent.glob(f"{catalog.name}*"):
            if path.name == catalog.name or path.name.endswith(_BESIDE[::2]):
                shutil.copyfile(path, Path(aside) / path.name)
        with closing(sqlite3.connect(Path(aside) / catalog.name)) as connection:
            yield connection


def _said(catalog: Path, marks: set[tuple[int, int]]) -> bytes:
    """All rows. Of a file's number and time of change counts only whether a file has them: each run gives it others."""
    found = blake3()
    try:
        with looked_into(catalog) as connection:
            for table in _tables(connection):
                rows = connection.execute(f"SELECT * FROM {table}")
                columns = [told[0] for told in rows.description]
                own = [column not in _OF_THE_DISK for column in columns]
                there = [columns.index(column) for column in _OF_THE_DISK if column in columns]
                for row in rows:
                    kept = [value for value, is_own in zip(row, own, strict=True) if is_own]
                    mark = tuple(row[number] for number in there)
                    found.update(repr((table, kept, mark in marks)).encode("utf-8", "surrogateescape"))
    except sqlite3.Error as error:  # half made: then its bytes count
        found.update(repr(error).encode() + catalog.read_bytes())
    return found.digest()


_OF_THE_DISK = ("inode", "ctime_ns")


def _tables(connection: sqlite3.Connection) -> list[str]:
    """All but the search index, which follows from them."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    made = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")
    virtual = [row[0] for row in made]
    return [name for name in names if not any(name == one or name.startswith(f"{one}_") for one in virtual)]
