"""Drives for tests: real file systems in image files, mounted through loop devices, and small ones in memory.

Unmount, flip a byte in the image, mount again: the rot that happens on real disks, with size and times unchanged.
The same on btrfs is a real read error (EIO). Needs root; everything here skips the test with its reason otherwise.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-m", "0"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
    "exfat": ["mkfs.exfat"],
    "ntfs": ["mkntfs", "-q", "-f", "-F"],
    "caseless": ["mkntfs", "-q", "-f", "-F"],  # and lists all names in lower case
    "xfs": ["mkfs.xfs", "-q", "-f"],
}
_MOUNT = {"exfat": ["mount.exfat-fuse"], "ntfs": ["ntfs-3g"], "caseless": ["lowntfs-3g", "-o", "ignore_case"]}
_SMALLEST_MIB = {"btrfs": 128, "xfs": 320}
KINDS = ("ext4", "btrfs", "exfat", "ntfs")
"""Kinds of image that the tests go through; "tmpfs" is one more, without an image."""

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = (2).to_bytes(4, "little")


class Drive:
    """A file system at `point`. `image` is its disk (None for tmpfs)."""

    def __init__(self, kind: str, folder: Path, mib: int) -> None:
        self.kind = kind
        self.mib = max(mib, _SMALLEST_MIB.get(kind, mib))
        self.point = folder / "mounted"
        self.image = None if kind == "tmpfs" else folder / f"{kind}.img"
        self._loop = ""
        self.point.mkdir(parents=True)
        if self.image is not None:
            with self.image.open("wb") as image:
                image.truncate(self.mib << 20)
            _run(*_MAKE[kind], str(self.image))

    def mount(self, point: Path | None = None) -> None:
        """Mount it, elsewhere than before if a `point` is given."""
        if point is not None:
            point.mkdir(parents=True, exist_ok=True)
            self.point = point
        if self.image is None:
            _run("mount", "-t", "tmpfs", "-o", f"size={self.mib}m", "tmpfs", str(self.point))
            return
        self._loop = _run("losetup", "-f", "--show", str(self.image)).strip()
        _run(*_MOUNT.get(self.kind, ["mount"]), self._loop, str(self.point))

    def unmount(self) -> None:
        """Take it away, as by "eject": everything written is in the image afterwards."""
        # FUSE drivers write their last bytes after umount has returned: only then is the loop device free.
        if os.path.ismount(self.point):
            _retry("umount", str(self.point))
        if self._loop:  # also where somebody else has unmounted it
            _retry("losetup", "-d", self._loop)
            _gone(self._loop, str(self.image))
            self._loop = ""

    def remount(self, options: str) -> None:
        """Change mount options in place, such as "ro" for the read-only state after a file system error."""
        _run("mount", "-o", f"remount,{options}", str(self.point))

    def yank(self) -> None:
        """Pull the plug (ext4): what wasn't flushed is lost, every further access is an error."""
        assert self.kind == "ext4"
        folder = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _EXT4_IOC_SHUTDOWN, _NO_LOG_FLUSH)
        finally:
            os.close(folder)

    def rot(self, content: bytes, offset: int = 0, mask: int = 0x01) -> None:
        """Flip bits of one byte on the unmounted disk: the one at `offset` of `content`, which is looked for in the
        image (give 64 bytes or more that occur nowhere else)."""
        assert self.image is not None
        self.unmount()
        data = self.image.read_bytes()
        place = data.find(content)
        assert place >= 0, "the content isn't on the disk in one piece"
        while place >= 0:  # every copy: btrfs keeps small files twice
            self.flip(place + offset, mask)
            place = data.find(content, place + 1)
        self.mount()

    def flip(self, place: int, mask: int = 0x01) -> None:
        """Flip bits of the byte at `place` in the image."""
        assert self.image is not None
        with self.image.open("r+b") as image:
            image.seek(place)
            byte = image.read(1)[0]
            image.seek(place)
            image.write(bytes([byte ^ mask]))


@contextmanager
def drive(kind: str, folder: Path, mib: int = 32) -> Iterator[Drive]:
    """A mounted drive with its image and mount point in the new `folder`; unmounted at the end whatever happened."""
    require(kind)
    made = Drive(kind, folder, mib)
    try:
        try:
            made.mount()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"{kind} can't be mounted here: {error.stderr.strip()}")
        yield made
    finally:
        made.unmount()


def require(kind: str) -> None:
    """Skip the test where drives of this kind can't be made."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root to mount file systems")
    tools = ["mount", "umount", "losetup", _MAKE.get(kind, ["mount"])[0], *_MOUNT.get(kind, [])[:1]]
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, stdin=subprocess.DEVNULL)
    return done.stdout


def _retry(*command: str) -> None:
    for attempt in range(50):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            return
        time.sleep(0.02 * (attempt + 1))  # busy: a FUSE driver or a scanner still holds it
    raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


def _gone(loop: str, image: str) -> None:
    """Wait until the loop device has let go of the image (another process may have taken it since)."""
    backing = Path("/sys/block") / Path(loop).name / "loop" / "backing_file"
    for _ in range(200):
        try:
            if not backing.read_text().startswith(image):
                return
        except OSError:
            return
        time.sleep(0.02)
    raise OSError(f"{loop} is still in use")


@contextmanager
def protected(*paths: Path) -> Iterator[None]:
    """As `chattr +i` does: neither these files nor the names in these folders can be changed, by root neither."""
    if subprocess.run(["chattr", "+i", *paths], check=False).returncode != 0:
        pytest.skip("no chattr here")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *paths], check=True)
