"""Damage inside of an unmounted ext4 image: sizes and all times stay what they were."""

from __future__ import annotations

import fcntl
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.corruption.drives import Drive
    from tests.verdicts.rot import Damage

_FIEMAP = 0xC020660B  # linux/fs.h, FS_IOC_FIEMAP
_SYNC = 1
_MOST = 64
_HEAD = struct.Struct("=QQIIII")
_EXTENT = struct.Struct("=QQQQQIIII")


def extents(path: Path) -> list[tuple[int, int, int]]:
    """Where a file lies on its disk, as (offset in the file, offset on the disk, length)."""
    buffer = bytearray(_HEAD.pack(0, 2**63, _SYNC, 0, _MOST, 0) + bytes(_EXTENT.size * _MOST))
    with path.open("rb") as file:
        fcntl.ioctl(file.fileno(), _FIEMAP, buffer)
    count = _HEAD.unpack_from(buffer)[3]
    found = [_EXTENT.unpack_from(buffer, _HEAD.size + _EXTENT.size * number) for number in range(count)]
    return [(logical, physical, length) for logical, physical, length, *_ in found]


def rot_in_image(drive: Drive, struck: Iterable[tuple[Path, Damage]]) -> None:
    """Unmount, change the bytes (and sizes, by debugfs) in the image, mount again."""
    assert drive.image is not None
    writes: list[tuple[int, bytes]] = []
    commands: list[str] = []
    for path, damage in struck:
        if damage.cut is not None:
            commands.append(f"set_inode_field <{path.stat().st_ino}> size {damage.cut}")
        if damage.patches:
            lies = extents(path)
            for at, new in damage.patches:
                writes += _placed(lies, at, new)
    drive.unmount()
    with drive.image.open("r+b") as image:
        for place, data in writes:
            image.seek(place)
            image.write(data)
    if commands:
        subprocess.run(
            ["debugfs", "-w", "-f", "-", str(drive.image)],
            input="\n".join(commands), text=True, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    drive.mount()


def _placed(lies: list[tuple[int, int, int]], at: int, new: bytes) -> list[tuple[int, bytes]]:
    pieces: list[tuple[int, bytes]] = []
    for logical, physical, length in lies:
        start, stop = max(at, logical), min(at + len(new), logical + length)
        if start < stop:
            pieces.append((physical + start - logical, new[start - at : stop - at]))
    assert sum(len(piece) for _, piece in pieces) == len(new), "a part of it isn't on the disk"
    return pieces
