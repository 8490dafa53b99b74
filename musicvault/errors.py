"""Every error that MusicVault raises on purpose and that leaves the package in which it is raised.

    Exception
    ├── ItemError              one file or replica; the job goes on
    │   └── UnstableError      the file changed while it was read
    ├── Cancelled              the user stopped the job                          exit 130
    ├── SnapshotUnusable       a drive's snapshot is no catalog of ours; a rebuild goes on without it
    ├── UsageError             the request itself can't be carried out           exit 2
    │   └── QueryError         a query can't be understood, and where (`domain.query.errors`)
    └── VaultError             the job stops cleanly                             exit 10
        ├── DriveGone          a drive, or the mount below it, isn't there       exit 11
        ├── NoSpace            a drive is full                                   exit 12
        ├── CatalogFull        the disk of the catalog is full                   exit 10
        ├── CatalogNewer       the catalog belongs to a newer MusicVault         exit 13
        ├── CatalogDamaged     SQLite says that the catalog is damaged           exit 14
        ├── Locked             another process works there                       exit 15
        ├── DriveRefused       nested folders, links, a newer format             exit 16
        │   └── NotOurs        wrong owner, generation ahead                     exit 16
        ├── DriveUnwritable    read-only, or no permission                       exit 17
        ├── BagRefused         no BagIt bag, or none that can be trusted         exit 18
        └── MailRefused        a report could not be handed over                 exit 10

Damage is not an error: it is a value (`domain.verdict.Finding`). The message of a
VaultError says what to do next; it is shown to the user as it stands.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TypeVar


class ItemError(Exception):
    """One file or replica could not be worked on. No row is removed because of it (M2).

    `path` is for display, `operation` one of the verbs "read", "list", "write", "tag",
    "fingerprint", "decode", "copy"; `offset` is in bytes where a read failed. `problem` is the sentence without the
    path, for where the item is named already (`path` may be that of a private copy of it).
    """

    def __init__(self, path: str, operation: str, cause: str, offset: int | None = None) -> None:
        at = "" if offset is None else f" at byte {offset:,}"
        self.problem = f"could not {operation}{at}: {cause}"
        super().__init__(f"{path}: {self.problem}")
        self.path = path
        self.operation = operation
        self.cause = cause
        self.offset = offset


class UnstableError(ItemError):
    """The file's size or times moved while it was read: look again later."""


class Cancelled(Exception):  # noqa: N818  (an outcome that the user asked for, not a fault)
    """The user stopped the job; what was done stays done."""

    exit_code = 130


class SnapshotUnusable(Exception):  # noqa: N818
    """A snapshot of a catalog can't be used; the message says why, as the end of a sentence."""


class UsageError(Exception):
    """What was asked can't be done as asked; nothing was changed."""

    exit_code = 2


class VaultError(Exception):
    """The job can't go on. What was finished stays finished; the next run goes on from there."""

    exit_code = 10


class DriveGone(VaultError):  # noqa: N818
    """A drive that the job needs isn't mounted where it was."""

    exit_code = 11


class NoSpace(VaultError):  # noqa: N818
    """A drive is too full for what should go there: so many bytes are `lacking`, 0 where nobody reckoned."""

    exit_code = 12

    def __init__(self, *args: object, lacking: int = 0) -> None:
        super().__init__(*args)
        self.lacking = lacking


class CatalogFull(VaultError):  # noqa: N818
    """The disk that holds the catalog is full: nothing more can be recorded, so nothing more is done."""


class CatalogNewer(VaultError):  # noqa: N818
    """The catalog was written by a newer version of MusicVault."""

    exit_code = 13


class CatalogDamaged(VaultError):  # noqa: N818
    """SQLite reports that the catalog file is damaged or is no catalog. `path` is what could be set aside to begin
    anew; None where that is somebody else's file."""

    exit_code = 14

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class Locked(VaultError):  # noqa: N818
    """Another process is at work on the same library, vault or catalog."""

    exit_code = 15


class DriveRefused(VaultError):  # noqa: N818
    """The vault is another catalog's (`NotOurs`), of a newer format, or lies in the wrong place."""

    exit_code = 16


class NotOurs(DriveRefused):
    """The vault belongs to another catalog, or has newer changes than this one knows: it is only read until it is
    adopted."""


class DriveUnwritable(VaultError):  # noqa: N818
    """The drive is mounted read-only, or this account may not write there."""

    exit_code = 17


class BagRefused(VaultError):  # noqa: N818
    """The folder is no BagIt bag, or declares what can't be relied on: nothing in it was judged."""

    exit_code = 18


class MailRefused(VaultError):  # noqa: N818
    """A report could not be handed over to the mail server; it is tried again later."""


_E = TypeVar("_E", bound=BaseException)


def without_frames(error: _E) -> _E:
    """The error, for whoever keeps it, without the frames that it and its causes passed through. A frame keeps what it
    had open, and a drive on which a file is open can't be unmounted."""
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is not None and one.__traceback__ is not None:
            one.__traceback__ = None
            chain += [one.__cause__, one.__context__]
    return error


def reason_of(error: OSError) -> str:
    """The system's own words for an `OSError`, without its path (names are printed apart)."""
    if error.errno is None:
        return str(error)
    name = errno.errorcode.get(error.errno, "")
    return f"{error.strerror or 'unknown error'} ({name})" if name else str(error.strerror)
