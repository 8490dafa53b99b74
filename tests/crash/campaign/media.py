"""Places whose first drive is a medium of its own: one that fails call by call or vanishes (FUSE), that loses what it
has not flushed while the computer goes on (ext4), that is full (tmpfs), protected against writing, or knows no case.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.corruption import faulty
from tests.crash.campaign.places import Folder, run, shut_down, unmount
from tests.crash.campaign.states import image_of, state_of

DRIVE = "one"


class OnMedium(Folder):
    """A room in a folder, whose drive `one` is mounted. The template keeps its files, not its medium."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.point = self.room / DRIVE
        self._contents = base / "contents"
        self.point.mkdir()
        self.attach()

    def attach(self) -> None:
        """Mount an empty medium at `point`."""
        raise NotImplementedError

    def detach(self) -> None:
        unmount(self.point)

    def keep(self) -> None:
        run("cp", "-a", self.point, self._contents)
        self.detach()
        super().keep()
        self.attach()
        self._fill()

    def fresh(self) -> None:
        self.detach()
        super().fresh()
        self.attach()
        self._fill()

    def _fill(self) -> None:
        run("cp", "-a", f"{self._contents}/.", self.point)

    def close(self) -> None:
        for point in (self.room, self.point):
            while subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True).returncode == 0:
                pass
        super().close()


class Yanked(OnMedium):
    """`one` is an ext4 disk whose plug is pulled as the process dies: the catalog on the computer keeps all, the drive
    only what was flushed."""

    def attach(self) -> None:
        image = self.room.parent / "image"
        with image.open("wb") as file:
            file.truncate(16 << 20)
        run("mkfs.ext4", "-q", "-F", "-m", "0", image)
        self._mount()

    def _mount(self) -> None:
        run("mount", "-o", "loop,commit=300", self.room.parent / "image", self.point)

    def _fill(self) -> None:
        super()._fill()
        self.detach()  # so that all of it is on the disk
        self._mount()

    def left(self) -> bytes:
        return state_of(self.room, but=self.point) + image_of(self.room.parent / "image")

    def after_fault(self) -> None:
        shut_down(self.point)
        self.detach()
        self._mount()


class CaseBlind(OnMedium):
    """`one` is exFAT, which takes twins like `Folder.jpg` and `folder.jpg` for one name, and knows no modes."""

    def attach(self) -> None:
        image = self.room.parent / "image"
        with image.open("wb") as file:
            file.truncate(16 << 20)
        run("mkfs.exfat", image)
        loop = subprocess.run(
            ["losetup", "-f", "--show", str(image)], capture_output=True, text=True, check=True
        ).stdout.strip()
        self._loop = loop
        run("mount.exfat-fuse", loop, self.point)

    def detach(self) -> None:
        super().detach()
        self._free()

    def _free(self) -> None:
        backing = Path("/sys/block") / Path(self._loop).name / "loop" / "backing_file"
        for _ in range(100):  # the driver writes its last bytes after umount has returned
            subprocess.run(["losetup", "-d", self._loop], check=False, capture_output=True)
            if not backing.exists():
                break
            time.sleep(0.05)

    def close(self) -> None:
        super().close()
        self._free()

    def _fill(self) -> None:
        run("cp", "-r", "--preserve=timestamps", f"{self._contents}/.", self.point)


class Faulty(OnMedium):
    """`one` is shown through FUSE, and answers with errors when told to."""

    def attach(self) -> None:
        self._backing = self.room.parent / "backing"
        self._control = self.room.parent / "faults.json"
        shutil.rmtree(self._backing, ignore_errors=True)
        self._backing.mkdir()
        self.break_()
        self._driver = multiprocessing.get_context("fork").Process(
            target=faulty.main, args=(str(self._backing), str(self.point), str(self._control))
        )
        self._driver.start()
        for _ in range(500):
            if os.path.ismount(self.point):
                return
            time.sleep(0.01)
        raise RuntimeError("FUSE can't be mounted here")

    def detach(self) -> None:
        self.break_()
        super().detach()
        self._driver.join(timeout=20)

    def _fill(self) -> None:
        run("cp", "-a", f"{self._contents}/.", self._backing)

    def state(self) -> bytes:
        return state_of(self.room, self._backing, but=self.point)

    def asked(self) -> list[tuple[str, str]]:
        """What the medium that was detached last was asked for, call by call: what, and about which path."""
        asked = self._control.with_suffix(".calls").read_text().splitlines()
        return [(op, path) for op, path in map(json.loads, asked)]

    def struck(self) -> bool:
        return self._control.with_suffix(".struck").exists()

    def break_(self, *faults: dict[str, object]) -> None:
        """From now on these faults, and no others (`tests.corruption.faulty`)."""
        aside = self._control.with_suffix(".new")
        aside.write_text(json.dumps(faults))
        aside.replace(self._control)
        self._control.with_suffix(".struck").unlink(missing_ok=True)

    def after_fault(self) -> None:
        self.break_()


class Full(OnMedium):
    """`one` has room for so many pages of 4 KiB and no more, until somebody makes room."""

    def attach(self) -> None:
        run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.point)

    def used(self) -> int:
        """Pages in use."""
        found = os.statvfs(self.point)
        return found.f_blocks - found.f_bfree

    def limit(self, pages: int) -> None:
        run("mount", "-o", f"remount,size={pages * 4}k", self.point)

    def after_fault(self) -> None:
        self.limit(4096)


class Protected(OnMedium):
    """`one` (or whatever `lock` names) can't be written until the switch is turned back."""

    def attach(self) -> None:
        run("mount", "--bind", self.point, self.point)

    def detach(self) -> None:
        while subprocess.run(["umount", str(self.point)], check=False, capture_output=True).returncode == 0:
            pass  # a folder bound on itself doesn't look like a mount, and may be bound more than once

    def lock(self, point: Path) -> None:
        run("mount", "--bind", point, point)
        run("mount", "-o", "remount,ro,bind", point)
        self._locked = point

    def after_fault(self) -> None:
        run("mount", "-o", "remount,rw,bind", self._locked)
        if self._locked != self.point:
            unmount(self._locked)
