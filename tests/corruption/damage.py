"""Ways to damage a plain file, each of which provably changes its bytes. Size and modification time stay unless said.

After borg's `corrupt()`: XOR, so that the damage can't be the value that was there. The change time does move: damage
that moves nothing is made in an image (`drives.Drive.rot`).
"""

from __future__ import annotations

import os
from pathlib import Path

SECTOR = 512


def flip(path: Path, offset: int, mask: int = 0x01, length: int = 1) -> None:
    """XOR `length` bytes at `offset` (negative: from the end) with `mask` (1 to 255)."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
        place = file.tell()
        data = file.read(length)
        assert len(data) == length, "the file is too short to be damaged there"
        file.seek(place)
        file.write(bytes(byte ^ mask for byte in data))
    _restore_times(path, before)


def flip_sectors(path: Path, first: int, count: int = 1) -> None:
    """Invert whole sectors, as a disk that returns the wrong ones."""
    flip(path, first * SECTOR, 0xFF, count * SECTOR)


def shorten(path: Path, size: int) -> None:
    """Cut the file off, as a copy that was interrupted; the modification time stays."""
    before = path.stat()
    assert size < before.st_size
    os.truncate(path, size)
    _restore_times(path, before)


def overwrite(path: Path, data: bytes) -> None:
    """Other content under the same name, with a modification time of its own: an edit as any program makes it."""
    assert path.read_bytes() != data
    path.write_bytes(data)


def _restore_times(path: Path, before: os.stat_result) -> None:
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
