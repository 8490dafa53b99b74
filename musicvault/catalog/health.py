"""Whether the catalog was closed cleanly, and SQLite's own check of it: after an unclean stop, and weekly.

Every process that has the catalog open shares a lock, which dies with it. Who opens it alone and finds a write-ahead
log, which the last one to close it removes, knows that a process or the whole computer stopped in between.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from musicvault.catalog import locks
from musicvault.errors import Locked, VaultError, reason_of
from musicvault.language import tr

WEEK_S = 7 * 86400.0
_ROOM = 128 << 10
_PLENTY = 16 << 20
_OPEN = "open"


class Presence:
    """This process's share in the catalog. `alone`: nobody else had it open."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = None
        self.alone = False
        with suppress(OSError):  # a folder that can't be written: the first write will tell
            self._descriptor = locks.open_file(path, _OPEN)
        if self._descriptor is not None:
            self.alone = locks.is_alone(self._descriptor)
            locks.share(self._descriptor)

    def end(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def has_log(path: Path) -> bool:
    """Whether a write-ahead log with something in it lies beside the catalog. To be asked before opening it."""
    try:
        return os.stat(f"{path}-wal").st_size > 0
    except OSError:
        return False


def set_aside(path: Path) -> Path:
    """Give a damaged catalog another name beside it, so that a new one can be made in its place; gives that name. Its
    write-ahead log goes first: what is left after a crash in between is the damaged catalog, as before.

    Raises Locked where another process has it open, VaultError where it can't be renamed.
    """
    presence = Presence(path)
    try:
        if not presence.alone:
            raise Locked(tr("Another MusicVault has the catalog {path} open. Close it first.", path=path))
        aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        for end in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                os.rename(f"{path}{end}", f"{aside}{end}")
    except OSError as error:
        raise VaultError(
            tr("The catalog {path} can't be set aside: {cause}.", path=path, cause=reason_of(error))
        ) from error
    finally:
        presence.end()
    return aside


def has_room(path: Path) -> bool:
    """Whether there is room for the memory that SQLite shares with others beside the catalog, where this is the first
    to open it: a page of a memory map that the disk can't hold is a bus error, which ends the process."""
    try:
        found = os.statvfs(path.parent)
        if found.f_bavail * found.f_frsize > _PLENTY or locks.is_held(path, _OPEN):
            return True
        descriptor = os.open(path.parent, os.O_RDWR | os.O_TMPFILE)
    except (OSError, AttributeError):
        return True  # no such thing here, or SQLite will say it
    try:
        os.posix_fallocate(descriptor, 0, _ROOM)  # what is kept for root, or for nobody, is counted in many ways
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    finally:
        os.close(descriptor)
    return True


def quick_check(connection: sqlite3.Connection) -> list[str]:
    """What SQLite's `quick_check` has to say; empty when all is well."""
    return [str(row[0]) for row in connection.execute("PRAGMA main.quick_check") if row[0] != "ok"]
