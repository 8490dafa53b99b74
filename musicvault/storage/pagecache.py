"""Past the page cache: so that a proof reads the medium and not what memory remembers of it.

Linux drops a file's clean pages on POSIX_FADV_DONTNEED, and since 6.5 `cachestat` tells whether they are gone. Pages
that another program holds mapped stay, dirty pages stay until they are written: both are noticed, and then the
read proves nothing. macOS can only be asked (F_NOCACHE); Windows drops a file's pages when it is opened unbuffered.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from functools import cache

from musicvault.domain.proof import Grade
from musicvault.domain.values import MIB
from musicvault.storage import mounts

WINDOW = 8 * MIB  # how much is read before it is dropped behind, in bytes

_CACHESTAT = 451  # the same number on every architecture since the tables were unified
_F_NOCACHE = 48  # macOS <sys/fcntl.h>
_FUSE = 0x65735546
_ONE_CACHE = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x58465342,  # xfs
        0x9123683E,  # btrfs
        0xF2F52010,  # f2fs
        0xCA451A4E,  # bcachefs
        0x4D44,  # vfat
        0x2011BAB0,  # exfat
        0x7366746E,  # ntfs3
        0x482B,  # hfsplus
        0x3153464A,  # jfs
        0x52654973,  # reiserfs
        0x3434,  # nilfs2
        0x15013346,  # udf
        0x9660,  # iso9660
    }
)
"""Disk file systems that have the page cache above them and nothing else: not ZFS (its ARC), not overlayfs (the pages
of the layer below), nothing over a network. From <linux/magic.h>."""

_MEMORY_MAGICS = frozenset({0x01021994, 0x858458F6})  # tmpfs, ramfs: memory is their medium
_LINUX = sys.platform == "linux"
_TRIES = 3
_RECENT_S = 120.0  # Linux writes dirty pages back after some 30 s (vm.dirty_expire_centisecs)


class _Range(ctypes.Structure):
    _fields_ = (("offset", ctypes.c_uint64), ("length", ctypes.c_uint64))


class _Pages(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_uint64) for name in ("cached", "dirty", "writeback", "evicted", "recently_evicted")
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def pages(fd: int) -> tuple[int, int] | None:
    """How many pages of the file are cached, and how many of these wait to be written; None where the
    system doesn't say (not Linux, older than 6.5, or forbidden)."""
    if not _LINUX:
        return None
    found = _Pages()
    if _libc().syscall(_CACHESTAT, fd, ctypes.byref(_Range(0, 0)), ctypes.byref(found), 0) != 0:
        return None
    return found.cached, found.dirty + found.writeback


def drop(fd: int, path: bytes) -> bool:
    """Drop all cached pages of the open file, writing dirty ones to the device first. False when pages are known
    to be left (another program maps the file): what is read now may come from memory. A drive's own buffer
    can't be dropped."""
    if _LINUX:
        return _drop_linux(fd)
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(fd, _F_NOCACHE, 1)
        return True
    if sys.platform == "win32":
        return _drop_windows(path)
    return False


def _drop_linux(fd: int) -> bool:
    """A page that somebody touches just then stays, of a disk under a user-space file system above all: hence again."""
    return any(_drop_once(fd) for _ in range(_TRIES))


def _drop_once(fd: int) -> bool:
    state = pages(fd)
    cached, dirty = state or (0, 0)
    if state == (0, 0) and _magic(fd) in _ONE_CACHE:
        return True
    # Where no pages show there may still be some: on overlayfs they are the lower file's.
    if dirty or (not cached and time.time() - os.fstat(fd).st_ctime < _RECENT_S):
        os.fdatasync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    left = pages(fd)
    return left is None or left[0] == 0


def _drop_windows(path: bytes) -> bool:
    # Opening a file unbuffered makes the cache manager flush and purge its pages (CreateFileW, FILE_FLAG_NO_BUFFERING).
    kernel32 = ctypes.CDLL("kernel32", use_errno=True)
    kernel32.CreateFileW.restype = ctypes.c_void_p
    handle = kernel32.CreateFileW(os.fsdecode(path), 0x80000000, 7, None, 3, 0x20000000, None)
    if handle in (None, ctypes.c_void_p(-1).value):
        return False
    kernel32.CloseHandle(ctypes.c_void_p(handle))
    return True


def sequential(fd: int) -> None:
    """Tell the kernel that the file is read from start to end, so that it reads ahead further. Asking for the next
    8 MiB by POSIX_FADV_WILLNEED beside it was measured a third slower: it fills memory page by page."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)


def behind(fd: int, offset: int, length: int) -> None:
    """Give back the memory of bytes that were read: a scrub must not push out what others have cached."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, offset, length, os.POSIX_FADV_DONTNEED)


def bypass(fd: int, path: bytes, device: int) -> Grade | None:
    """Drop what memory holds of the open file (`path`, on `st_dev` device) and say how good a proof a read is now.

    DEVICE: a local disk answers (memory, on tmpfs: that is its medium). HOST_CACHE_BYPASSED: this host's cache is
    out of the way as far as can be told, but a server, a user-space file system or an unknown layer may have
    one. None: cached pages stayed, so the read proves nothing.
    """
    dropped = drop(fd, path)
    if not _LINUX:
        return Grade.HOST_CACHE_BYPASSED if dropped else None
    magic = _magic(fd)
    if magic in _MEMORY_MAGICS:
        return Grade.DEVICE
    if not dropped:
        return None
    if magic == _FUSE:
        return _bypass_fuse(device)
    return Grade.DEVICE if magic in _ONE_CACHE else Grade.HOST_CACHE_BYPASSED


def _magic(fd: int) -> int | None:
    # struct statfs begins with f_type as a machine word on every Linux; 256 bytes hold any of its layouts.
    buffer = ctypes.create_string_buffer(256)
    if _libc().fstatfs(fd, buffer) != 0:
        return None
    return int.from_bytes(buffer.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder) & 0xFFFFFFFF


def _bypass_fuse(device: int) -> Grade:
    # ntfs-3g and exfat-fuse read their disk through the block device's own cache, which only root may drop.
    mount = mounts.by_device(device)
    if mount is None or mount.fs_type != "fuseblk":
        return Grade.HOST_CACHE_BYPASSED
    try:
        disk = os.open(mount.source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return Grade.HOST_CACHE_BYPASSED
    try:
        return Grade.DEVICE if drop(disk, mount.source) else Grade.HOST_CACHE_BYPASSED
    finally:
        os.close(disk)
