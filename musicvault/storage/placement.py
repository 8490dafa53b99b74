"""Where on its device a file lies: FIEMAP on Linux, for file systems that tell. Elsewhere nobody knows.

The number counts bytes from the start of the partition (on Btrfs: of its own address space). It is good for putting
files in the order in which a disk reads them, and for saying which part of it is slow or bad.
"""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress

_FS_IOC_FIEMAP = 0xC020660B  # <linux/fs.h>
_HEAD = struct.Struct("=QQIIII")
_EXTENT = struct.Struct("=QQQQQIIII")
_NOWHERE = 0x2 | 0x4 | 0x200  # <linux/fiemap.h>: location unknown, not yet written, inside the inode


def place_of(path: bytes, offset: int = 0) -> int | None:
    """The byte of the device that holds the byte of the file at `offset`; None where that can't be known. Never
    raises."""
    if sys.platform != "linux":
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _place(handle, offset)
    finally:
        with suppress(OSError):
            os.close(handle)


def _place(handle: int, offset: int) -> int | None:
    import fcntl

    request = bytearray(_HEAD.pack(offset, 1, 0, 0, 1, 0) + bytes(_EXTENT.size))
    try:
        fcntl.ioctl(handle, _FS_IOC_FIEMAP, request)
    except OSError:
        return None  # tmpfs, FUSE, network shares
    if _HEAD.unpack_from(request)[3] < 1:
        return None  # empty, or a hole
    logical, physical, *_, flags, _, _, _ = _EXTENT.unpack_from(request, _HEAD.size)
    return None if flags & _NOWHERE else int(physical + max(0, offset - logical))
