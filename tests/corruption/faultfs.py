"""A file system that misbehaves on command: another folder shown through FUSE, with faults switched while it is
mounted.

A fault is one dictionary: `op` (read, write, fsync, create, rename, link, readdir, getattr, unlink, mkdir …; "any"
is each of them), `name` (part of the path), and what then happens: `errno`; or `flip` (reads give other bytes while the
disk has the right ones, as a bad cable does); `at`: only for ranges that hold this byte; `inode`: only for the file
that lies there, whatever its name; `after`: only from this many calls on; `times`: only so often. Once unmounted, what
was called stands beside the control file (`.calls`, one pair of operation and path a line); `.struck` is there once
it has answered with an error. Needs /dev/fuse and mfusepy.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class FaultyDrive:
    """`point` is where it is mounted, `backing` what is really on the disk."""

    def __init__(self, folder: Path) -> None:
        self.point = folder / "mounted"
        self.backing = folder / "backing"
        self._control = folder / "faults.json"
        for path in (self.point, self.backing):
            path.mkdir(parents=True, exist_ok=True)
        self.heal()

    def break_(self, *faults: Mapping[str, object]) -> None:
        """From now on these faults, and no others."""
        aside = self._control.with_suffix(".new")
        aside.write_text(json.dumps(faults))
        aside.replace(self._control)
        self._control.with_suffix(".struck").unlink(missing_ok=True)

    def struck(self) -> bool:
        """Whether it has answered with an error since."""
        return self._control.with_suffix(".struck").exists()

    def heal(self) -> None:
        self.break_()

    def __fspath__(self) -> str:
        return str(self.point)


def missing() -> str:
    """What keeps FUSE from being used here, empty when nothing does."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "needs /dev/fuse"
    try:
        importlib.import_module("mfusepy")
    except (ImportError, OSError) as error:  # OSError: the package is there, the system's libfuse isn't
        return f"needs mfusepy and libfuse ({error})"
    return ""


@contextmanager
def faulty_drive(folder: Path, *, remembers: bool = True) -> Iterator[FaultyDrive]:
    """A mounted faulty drive, unmounted at the end. Unless the system `remembers` names for a while, the drive is asked
    at each look. Skips the test where FUSE can't be used."""
    if lacking := missing():
        pytest.skip(lacking)
    made = FaultyDrive(folder)
    words = [str(made.backing), str(made.point), str(made._control), *([] if remembers else ["forgets"])]
    command = [sys.executable, "-m", "tests.corruption.faultfs", *words]
    project = Path(__file__).resolve().parents[2]
    complaints = folder / "driver.log"  # a file takes any amount; a pipe that nobody reads would stop the driver
    with complaints.open("wb") as log:
        driver = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=log)
    try:
        for _ in range(500):
            if os.path.ismount(made.point) or driver.poll() is not None:
                break
            time.sleep(0.01)
        if not os.path.ismount(made.point):
            pytest.skip(f"FUSE can't be mounted here: {complaints.read_text(errors='replace').strip()[-200:]}")
        yield made
    finally:
        made.heal()
        if driver.poll() is None:
            subprocess.run(["fusermount", "-u", "-z", str(made.point)], check=False, capture_output=True)
            try:
                driver.wait(timeout=10)
            except subprocess.TimeoutExpired:
                driver.kill()
        driver.wait()


def main(backing: str, point: str, control: str, memory: str = "") -> None:
    """The driver process."""
    import mfusepy

    operations: Any = mfusepy.Operations

    class Faulty(operations):  # type: ignore[misc]
        use_ns = True

        def __init__(self) -> None:
            self.told = ""
            self.calls: dict[int, int] = {}
            self.asked: list[tuple[str, str]] = []

        def _real(self, path: str) -> str:
            return backing + path

        def _fault(self, op: str, path: str, offset: int = 0, size: int = 1) -> dict[str, Any] | None:
            self.asked.append((op, path))
            told = Path(control).read_text()
            if told != self.told:
                self.told, self.calls = told, {}
            for number, fault in enumerate(json.loads(told)):
                if fault["op"] not in (op, "any") or fault.get("name", "") not in path:
                    continue
                if "at" in fault and not offset <= fault["at"] < offset + size:
                    continue
                if "inode" in fault and os.lstat(self._real(path)).st_ino != fault["inode"]:
                    continue
                self.calls[number] = self.calls.get(number, 0) + 1
                after = fault.get("after", 0)
                if not after < self.calls[number] <= after + fault.get("times", sys.maxsize):
                    continue
                if "errno" in fault:
                    Path(control).with_suffix(".struck").touch()
                    raise OSError(getattr(errno, fault["errno"]), fault["errno"])
                return dict(fault)
            return None

        def destroy(self, path: str) -> None:
            Path(control).with_suffix(".calls").write_text("".join(json.dumps(one) + "\n" for one in self.asked))

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            self._fault("getattr", path)
            found = os.lstat(self._real(path))
            facts = {
                key: getattr(found, key) for key in ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino")
            }
            times = {key: getattr(found, f"{key}_ns") for key in ("st_atime", "st_mtime", "st_ctime")}
            return facts | times

        def readdir(self, path: str, fh: int) -> list[str]:
            self._fault("readdir", path)
            return [".", "..", *os.listdir(self._real(path))]

        def open(self, path: str, flags: int) -> int:
            self._fault("open", path)
            return os.open(self._real(path), flags & ~os.O_NOFOLLOW)

        def create(self, path: str, mode: int, fi: object = None) -> int:
            self._fault("create", path)
            return os.open(self._real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            fault = self._fault("read", path, offset, size)
            data = os.pread(fh, size, offset)
            if fault is not None and fault.get("flip") and data:
                place = fault.get("at", offset) - offset
                return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] if place < len(data) else data
            return data

        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            self._fault("write", path, offset, len(data))
            return os.pwrite(fh, data, offset)

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            self._fault("truncate", path)
            os.truncate(self._real(path), length)
            return 0

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            self._fault("fsync", path)
            return 0

        def release(self, path: str, fh: int) -> int:
            os.close(fh)
            return 0

        def rename(self, old: str, new: str) -> int:
            self._fault("rename", old + "\0" + new)
            os.rename(self._real(old), self._real(new))
            return 0

        def link(self, target: str, source: str) -> int:
            self._fault("link", target + "\0" + source)
            os.link(self._real(source), self._real(target))
            return 0

        def unlink(self, path: str) -> int:
            self._fault("unlink", path)
            os.unlink(self._real(path))
            return 0

        def mkdir(self, path: str, mode: int) -> int:
            self._fault("mkdir", path)
            os.mkdir(self._real(path), mode)
            return 0

        def rmdir(self, path: str) -> int:
            self._fault("rmdir", path)
            os.rmdir(self._real(path))
            return 0

        def chmod(self, path: str, mode: int) -> int:
            self._fault("chmod", path)
            os.chmod(self._real(path), mode)
            return 0

        def chown(self, path: str, uid: int, gid: int) -> int:
            self._fault("chown", path)
            os.chown(self._real(path), uid, gid)
            return 0

        def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
            self._fault("utimens", path)
            os.utime(self._real(path), ns=times or (time.time_ns(), time.time_ns()))
            return 0

        def statfs(self, path: str) -> dict[str, int]:
            found = os.statvfs(self._real(path))
            return {key: getattr(found, key) for key in dir(found) if key.startswith("f_") and key != "f_fsid"}

    # kernel_cache: what was written may be read from memory, as on a disk.
    options: dict[str, Any] = {"foreground": True, "nothreads": True, "kernel_cache": True, "default_permissions": True}
    if memory == "forgets":
        options |= {"attr_timeout": 0, "entry_timeout": 0}
    mfusepy.FUSE(Faulty(), point, fsname="faulty", **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
