"""A file read around its bad sectors: zeros stand where the device gives nothing.

Demuxers stop for good at a read error, though what lies behind it is whole and tells when it sounds.
"""

from __future__ import annotations

import io
import os

SECTOR = 4096
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""What lies in a copy's place may be a link out of the drive, or a pipe that keeps its reader waiting."""


class AroundHoles(io.RawIOBase):
    """A file object for reading; bytes that can't be read are zeros, by whole sectors. Raises OSError where the file
    can't be opened."""

    def __init__(self, path: bytes) -> None:
        self._handle = os.open(path, _FLAGS)
        self._size = os.fstat(self._handle).st_size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size < 0 else min(size, left)
        found = self._pread(self._at, wanted) if wanted else b""
        self._at += len(found)
        return found

    def _pread(self, offset: int, size: int) -> bytes:
        try:
            os.lseek(self._handle, offset, os.SEEK_SET)
            return os.read(self._handle, size)
        except OSError:
            until = min(offset + size, (offset // SECTOR + 1) * SECTOR)
            if until < offset + size:  # sector by sector, until one is found that can't be read
                return self._pread(offset, until - offset)
            return bytes(size)

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()
