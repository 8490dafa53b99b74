"""Disks that come, go, rot and die. All of them live in memory; what they hold is real files on real file systems.

As root these are ext4 in image files: rot is made in the image, so that no time moves. In a user namespace they are
tmpfs, of which a folder is shown or not; there rot moves a file's change time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.corruption.damage import flip
from tests.corruption.drives import Drive
from tests.corruption.faultfs import faulty_drive
from tests.verdicts.image import rot_in_image
from tests.verdicts.rot import Damage


class Disk:
    """`point` is where it is mounted while `online`, `real` where its bytes are to be seen; `bad` are the inodes of
    files that it can't read any more."""

    def __init__(self, point: Path) -> None:
        self.point = self.real = point
        self.online = False
        self.bad: set[int] = set()

    def plug(self) -> None:
        self.online = True

    def unplug(self) -> None:
        self.online = False

    def yank(self) -> bool:
        """Pull the plug while it is in use: what wasn't flushed is lost. Whether that can be played here."""
        return False

    def failed(self) -> set[int]:
        """Inodes of files of which a read has failed since it last began to fail."""
        return set()

    def rot(self, path: Path, at: int) -> None:
        """Flip a bit of the byte at `at` of a file; size and modification time stay."""
        times = path.stat()
        flip(path, at)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


class ImageDisk(Disk):
    """ext4 in an image."""

    def __init__(self, folder: Path, mib: int) -> None:
        self._drive = Drive("ext4", folder, mib)
        super().__init__(self._drive.point)

    def plug(self) -> None:
        if not self.online:
            self._drive.mount()
        super().plug()

    def unplug(self) -> None:
        if self.online:
            self._drive.unmount()
        super().unplug()

    def yank(self) -> bool:
        self._drive.yank()
        return True

    def rot(self, path: Path, at: int) -> None:
        new = bytes([path.read_bytes()[at] ^ 1])
        rot_in_image(self._drive, [(path, Damage(((at, new),)))])


class MemoryDisk(Disk):
    """A folder of a tmpfs, bound to its mount point while it is there."""

    def __init__(self, folder: Path, mib: int) -> None:
        super().__init__(folder / "mounted")
        hidden = folder / "hidden"
        for path in (self.point, hidden):
            path.mkdir(parents=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(hidden))
        self.real = hidden / "disk"
        self.real.mkdir()

    def plug(self) -> None:
        if not self.online:
            _run("mount", "--bind", str(self.real), str(self.point))
        super().plug()

    def unplug(self) -> None:
        if self.online:
            _run("umount", str(self.point))
        super().unplug()

    def close(self) -> None:
        _run("umount", str(self.real.parent))


class SmallDisk:
    """A tmpfs that can be full."""

    def __init__(self, point: Path, mib: int) -> None:
        self.point = point
        point.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(point))

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is left while the block runs."""
        filler = self.point / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink()

    def close(self) -> None:
        _run("umount", str(self.point))


class DyingDisk(Disk):
    """A disk through FUSE, whose reads fail one after the other until it is gone for ever."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack = stack
        self._drive = stack.enter_context(faulty_drive(folder))
        super().__init__(self._drive.point)
        self.real = self._drive.backing
        self.online = True

    def fail(self, paths: list[Path]) -> None:
        """The places where these files lie can't be read any more."""
        self.bad.update(path.stat().st_ino for path in paths)
        faults: list[dict[str, Any]] = [{"op": "read", "inode": one, "errno": "EIO"} for one in sorted(self.bad)]
        self._drive.break_(*faults)

    def failed(self) -> set[int]:
        return self._drive.struck_inodes()

    def unplug(self) -> None:
        self._stack.close()
        super().unplug()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
