"""Renames that never overwrite, and renames that swap two files in one step, where the file system can.

`renameat2` (Linux), `renamex_np` (macOS); Windows never overwrites by itself. exfat-fuse and ntfs-3g know neither:
there a link and an unlink do it, and without hard links (exFAT) a look and a rename, safe under the vault's lock only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

_NOREPLACE = 1  # <linux/fs.h>
_EXCHANGE = 2
_AT_FDCWD = -100
_MAC_SWAP = 2  # <sys/stdio.h>
_MAC_EXCL = 4
_CANT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_NO_LINKS = _CANT | {errno.EPERM, errno.EMLINK, errno.EACCES, errno.EXDEV}


def no_clobber(source: bytes, target: bytes) -> None:
    """Give a file another name on the same file system. Raises FileExistsError when that name is taken (also by
    a dangling link), else OSError; then nothing has changed, or (where of a link and an unlink the second failed) the
    file has both names."""
    if sys.platform == "win32":
        os.rename(source, target)
        return
    if _flagged(source, target, _NOREPLACE, _MAC_EXCL):
        return
    try:
        link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _look_and_rename(source, target)
        return
    os.unlink(source)  # if this fails the new name stays: it might be the only one by now


def link(source: bytes, target: bytes) -> None:
    """Give a file a second name; of a symlink, a second name for the link itself where the system can. Raises
    OSError."""
    os.link(source, target, follow_symlinks=os.link not in os.supports_follow_symlinks)


def exchange(one: bytes, other: bytes) -> bool:
    """Swap two files in one step. False, and nothing changed, where the file system can't. Raises OSError."""
    return _flagged(one, other, _EXCHANGE, _MAC_SWAP)


def _look_and_rename(source: bytes, target: bytes) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    os.rename(source, target)


def _flagged(source: bytes, target: bytes, linux: int, mac: int) -> bool:
    libc = _libc()
    if libc is None:
        return False
    if sys.platform == "darwin":
        code = libc.renamex_np(source, target, mac)
    else:
        code = libc.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, linux)
    if code == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANT:
        return False
    raise OSError(number, os.strerror(number), source, None, target)


@cache
def _libc() -> ctypes.CDLL | None:
    """The C library, None where it has no such call (glibc before 2.28, musl before 1.2.6, BSD)."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        function = libc.renamex_np if sys.platform == "darwin" else libc.renameat2
    except (OSError, AttributeError, TypeError):
        return None
    name, flags = ctypes.c_char_p, ctypes.c_uint
    if sys.platform == "darwin":
        function.argtypes = [name, name, flags]
    else:
        function.argtypes = [ctypes.c_int, name, ctypes.c_int, name, flags]
    return libc
