"""Opening a vault's own small files. What lies on a drive may have been put there to hurt: a link in such a file's
place leads out of the vault, a pipe keeps its reader waiting for ever.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import suppress

from musicvault.domain.paths import display
from musicvault.errors import DriveRefused
from musicvault.language import tr

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LINK = frozenset({errno.ELOOP, errno.EMLINK})  # POSIX, and FreeBSD's word for it


def opened(path: bytes) -> io.BufferedReader:
    """The file at `path` for reading. What is no regular file isn't there (FileNotFoundError). Raises
    OSError."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in _LINK or error.errno == errno.ENXIO:  # the latter of a socket
            raise _absent(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _absent(path)
    return os.fdopen(handle, "rb")


def check(path: bytes) -> None:
    """Before it is written: raises DriveRefused where something else than a regular file has this name; OSError."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise _refused(path)


def check_no_folder(path: bytes) -> None:
    """Before another file takes the place of this one: raises DriveRefused where a folder has the name."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            raise _refused(path)


def _refused(path: bytes) -> DriveRefused:
    return DriveRefused(
        tr(
            "{path} is a link or a folder where the vault needs a file of its own. Remove it, and run it again.",
            path=display(path),
        )
    )


def _absent(path: bytes) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
