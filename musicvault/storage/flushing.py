"""Making things durable: file contents, names in folders, all the way to the device."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

from musicvault.storage import pagecache

_F_FULLFSYNC = 51  # macOS <sys/fcntl.h>: plain fsync stops at the drive's buffer there
_NOT_FOR_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS, errno.EACCES})


def flush(fd: int) -> None:
    """Write everything of an open file to the device. Raises OSError: then nothing is sure about its bytes."""
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(fd, _F_FULLFSYNC)
            return
        except OSError as error:
            if error.errno not in _NOT_FOR_FOLDERS:
                raise
    os.fsync(fd)


def flush_files(paths: Iterable[bytes]) -> None:
    """Write all these files to the device; writing begins on all before the first is waited for. Raises OSError."""
    opened: list[int] = []
    try:
        for path in paths:
            opened.append(_open(path))
            pagecache.behind(opened[-1], 0, 0)  # on dirty pages: start to write them
        for fd in opened:
            flush(fd)
    finally:
        for fd in opened:
            os.close(fd)


def sync_folder(path: bytes) -> None:
    """Make the names in a folder durable. Raises OSError. Windows can't and needn't: NTFS journals its names."""
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in _NOT_FOR_FOLDERS:
                raise
    finally:
        os.close(fd)


def _open(path: bytes) -> int:
    # Windows flushes through a writable handle only.
    mode = os.O_RDWR | getattr(os, "O_BINARY", 0) if sys.platform == "win32" else os.O_RDONLY | os.O_NOFOLLOW
    return os.open(path, mode)
