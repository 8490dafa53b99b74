"""The system's errors on a drive, turned into the `VaultError` that says what to do."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from musicvault.domain.paths import display
from musicvault.errors import DriveGone, DriveUnwritable, NoSpace, VaultError, reason_of
from musicvault.language import tr

_T = TypeVar("_T")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_PROTECTED = {errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY}
_GONE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ESHUTDOWN}


@contextmanager
def explained(path: bytes) -> Iterator[None]:
    """Raises the fitting `VaultError` in place of an OSError from inside the block; `path` is what it was about."""
    try:
        yield
    except OSError as error:
        raise explanation(error, path) from error


def explanation(error: OSError, path: bytes) -> VaultError:
    """What this error means for the job, and what the user can do."""
    where, reason = display(path), reason_of(error)
    if error.errno in _FULL:
        return NoSpace(tr("The drive is full: {path} could not be written. Make room and run it again.", path=where))
    if error.errno in _FORBIDDEN:
        return DriveUnwritable(
            tr(
                "{path} can't be written: {reason}. Check the drive's write protection and permissions.",
                path=where,
                reason=reason,
            )
        )
    if error.errno in _GONE:
        return DriveGone(
            tr(
                "The drive stopped answering at {path}: {reason}. Check its cable, plug it in again.",
                path=where,
                reason=reason,
            )
        )
    return VaultError(tr("{path}: {reason}", path=where, reason=reason))


def is_protected(error: VaultError) -> bool:
    """Whether the system refused this because of one file or folder (a protection, an owner, a program that has it
    open). True of a whole drive as well: ask it only where others can be written."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in _PROTECTED


def is_folder(path: bytes) -> bool:
    """Whether a folder has this name, or a link to one. Raises DriveGone where the drive doesn't answer: that is no
    absence (M2; `os.path.isdir` takes every error for one)."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError as error:
        if error.errno in _GONE:
            raise explanation(error, path) from error
        return False


def unless_bad(path: bytes, read: Callable[[], _T]) -> _T | None:
    """What `read` gives of a file; None where the medium fails for it, twice, though its folder answers. A bad sector
    in a list is damage to that list; a drive that stopped answering is none. Raises OSError for everything else."""
    for _ in range(2):
        try:
            return read()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
    os.listdir(os.path.dirname(path))
    return None
