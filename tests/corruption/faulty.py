"""The process behind a file system that misbehaves; it loads little, as each such drive has one of its own:

    python -m tests.corruption.faulty BACKING POINT CONTROL [forgets]

A fault is one dictionary: `op` (read, write, fsync, create, rename, link, readdir, getattr, unlink, mkdir …; "any"
is each of them), `name` (part of the path), and what then happens: `errno`; or `flip` (reads give other bytes while the
disk has the right ones, as a bad cable does); `at`: only for ranges that hold this byte; `inode`: only for the file
that lies there, whatever its name; `after`: only from this many calls on; `times`: only so often. Or it `protects` one
path from a call on (`from`, counted over all): neither that file nor the names in that folder can be changed, as after
`chattr +i`. Once unmounted, what was called stands beside the control file (`.calls`, one pair of operation and path a
line); `.struck` is there once it has answered with an error, with the inode for each time where the fault knows one.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CHANGING = frozenset(("create", "truncate", "rename", "link", "unlink", "mkdir", "rmdir", "chmod", "chown", "utimens"))
"""What `protects` forbids, beside opening a file for writing."""


def main(backing: str, point: str, control: str, memory: str = "") -> None:
    """Show `backing` at `point` until it is unmounted; the faults of the moment stand in `control`, as JSON."""
    import mfusepy

    operations: Any = mfusepy.Operations

    class Faulty(operations):  # type: ignore[misc]
        use_ns = True

        def __init__(self) -> None:
            self.told = ""
            self.since = 0
            self.calls: dict[int, int] = {}
            self.asked: list[tuple[str, str]] = []
            self.held: list[int] = []

        def _real(self, path: str) -> str:
            return backing + path

        def _fault(self, op: str, path: str, offset: int = 0, size: int = 1) -> dict[str, Any] | None:
            self.asked.append((op, path))
            told = Path(control).read_text()
            if told != self.told:
                self.told, self.calls, self.since = told, {}, len(self.asked) - 1
            if op in CHANGING:
                self._protected(path)
            for number, fault in enumerate(json.loads(told)):
                if "protects" in fault or fault["op"] not in (op, "any") or fault.get("name", "") not in path:
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
                    with Path(control).with_suffix(".struck").open("a") as struck:
                        struck.write(f"{fault.get('inode', '')}\n")
                    raise OSError(getattr(errno, fault["errno"]), fault["errno"])
                return dict(fault)
            return None

        def _protected(self, path: str) -> None:
            """Raises EPERM for what may not be changed."""
            names = [
                name
                for one in path.split("\0")
                for name in (one, os.path.dirname(one))
                if os.path.lexists(self._real(name))
            ]
            for fault in json.loads(self.told):
                if fault.get("protects") in names and len(self.asked) - self.since > fault["from"]:
                    Path(control).with_suffix(".struck").touch()
                    raise OSError(errno.EPERM, "protected")

        def _hold(self, path: str) -> None:
            """Of a file that goes: what a fault knows by its inode stays open, or another file might get the number."""
            numbers = {fault["inode"] for fault in json.loads(self.told) if "inode" in fault}
            real = self._real(path)
            if numbers and os.path.lexists(real) and os.lstat(real).st_ino in numbers:
                self.held.append(os.open(real, os.O_RDONLY | os.O_NOFOLLOW))

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
            if flags & (os.O_WRONLY | os.O_RDWR):
                self._protected(path)
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
            self._hold(new)
            os.rename(self._real(old), self._real(new))
            return 0

        def link(self, target: str, source: str) -> int:
            self._fault("link", target + "\0" + source)
            os.link(self._real(source), self._real(target))
            return 0

        def unlink(self, path: str) -> int:
            self._fault("unlink", path)
            self._hold(path)
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
