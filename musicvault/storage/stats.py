"""What the file system says of a name: whether anything has it, and what."""

from __future__ import annotations

import errno
import os

from musicvault.domain.paths import display
from musicvault.domain.values import Stat
from musicvault.errors import ItemError, reason_of


def stat_of(path: bytes) -> Stat:
    """What the file system says now, links not followed. Raises OSError."""
    return as_stat(os.lstat(path))


def stat_now(path: bytes) -> Stat:
    """The same of a file that must be there. Raises ItemError("read")."""
    try:
        return stat_of(path)
    except OSError as error:
        raise ItemError(display(path), "read", reason_of(error)) from error


_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


def is_there(path: bytes) -> bool:
    """Whether anything has this name, a dangling link too. Raises OSError where the file system doesn't say: unreadable
    is not missing (M2; `os.path.lexists` takes every error for absence)."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno in _NOTHING:
            return False
        raise
    return True


def may_be_there(path: bytes) -> bool:
    """False only where the file system says that nothing has this name."""
    try:
        return is_there(path)
    except OSError:
        return True


def as_stat(found: os.stat_result) -> Stat:
    """The six facts that MusicVault keeps of a stat result."""
    return Stat(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev, found.st_nlink)
