"""Where rooms stand: a plain folder, or a disk of their own that can lose what was not flushed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.crash.campaign.states import image_of, state_of

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = (2).to_bytes(4, "little")


def run(*command: str | Path) -> None:
    """Run a tool; raises CalledProcessError."""
    subprocess.run(command, check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


def unmount(point: Path) -> None:
    """Unmount, once the last process of a run has let go. Raises CalledProcessError."""
    for _ in range(100):
        if subprocess.run(["umount", str(point)], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.05)
    run("umount", point)


class Folder:
    """A room in a folder. `fresh` puts it back as it was when it was `kept`."""

    def __init__(self, base: Path) -> None:
        self.room = base / "room"
        self._kept = base / "kept"
        shutil.rmtree(base, ignore_errors=True)
        self.room.mkdir(parents=True)

    def keep(self) -> None:
        """What stands there now is what every point begins with."""
        run("cp", "-a", self.room, self._kept)

    def fresh(self) -> None:
        shutil.rmtree(self.room)
        run("cp", "-a", self._kept, self.room)

    def state(self) -> bytes:
        """What the next run finds."""
        return state_of(self.room)

    def left(self) -> bytes:
        """What the next run would find if the process died at this moment, comparable within one run."""
        return self.state()

    def struck(self) -> bool | None:
        """Whether the fault struck; None where this place can't tell."""
        return None

    def after_fault(self) -> None:
        """What happens to the disks once the process is dead."""

    def close(self) -> None:
        shutil.rmtree(self.room.parent, ignore_errors=True)


class Disk:
    """The whole room on an ext4 disk of its own: with the process dies the power, and what wasn't flushed is lost."""

    def __init__(self, base: Path) -> None:
        self.room = base / "room"
        self._image, self._kept = base / "image", base / "kept"
        shutil.rmtree(base, ignore_errors=True)
        self.room.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(24 << 20)
        run("mkfs.ext4", "-q", "-F", "-m", "0", self._image)
        self._mount()

    def _mount(self) -> None:
        run("mount", "-o", "loop,commit=300", self._image, self.room)

    def keep(self) -> None:
        unmount(self.room)
        run("cp", "--sparse=always", self._image, self._kept)
        self._mount()

    def fresh(self) -> None:
        unmount(self.room)
        run("cp", "--sparse=always", self._kept, self._image)
        self._mount()

    def state(self) -> bytes:
        """As of a folder."""
        return state_of(self.room)

    def left(self) -> bytes:
        """As of a folder: the process dies with the power."""
        return image_of(self._image)

    def struck(self) -> None:
        """The process can tell."""

    def after_fault(self) -> None:
        shut_down(self.room)
        unmount(self.room)
        self._mount()

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.room)], check=False, capture_output=True)
        shutil.rmtree(self.room.parent, ignore_errors=True)


def shut_down(point: Path) -> None:
    """Cut the power of an ext4 disk: its journal isn't flushed any more, and every further access is an error."""
    folder = os.open(point, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, _EXT4_IOC_SHUTDOWN, _NO_LOG_FLUSH)
    finally:
        os.close(folder)
