"""Mounts that may never answer: a share whose server is gone, a FUSE file system whose program hangs.

Whoever touches one waits for ever, and can't be stopped: not even the end of a process ends that wait, once a FUSE
program has taken the question, so that whoever waits for the process waits as well. So another process asks, with a
time limit, and is left behind where it hangs; as long as it does nobody else touches that mount.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from musicvault.storage import filesystems, mounts
from musicvault.storage.mounts import Mount

if TYPE_CHECKING:
    import subprocess

ANSWER_S = 3.0
"""How long a mount is waited for; later, as long as the first question stands, not at all."""


class _Asked(NamedTuple):
    thread: threading.Thread
    at: float


_asked: dict[tuple[bytes, int], _Asked] = {}
_askers: list[_Asker] = []
"""Those that wait for a question."""
_guard = threading.Lock()

_TOUCH = """
import os, sys
for line in sys.stdin.buffer:
    point = bytes.fromhex(line.decode())
    try:
        os.stat(point)
        os.statvfs(point)
    except OSError:
        pass  # that is an answer as well
    os.write(1, b".")
"""


class _Asker:
    """A process that touches mounts. It ends when ours does, or else when the mount that it hangs on answers."""

    def __init__(self) -> None:
        import subprocess  # not needed where nothing but disks is mounted

        self.owner = os.getpid()
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TOUCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/" if os.sep == "/" else None,  # it must not keep a drive from being taken out
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us
        )

    def touch(self, point: bytes) -> bool:
        """Returns when the mount has answered; False where the asker itself ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(point.hex().encode() + b"\n")
            return self._process.stdout.read(1) == b"."
        except OSError:
            return False

    def end(self) -> None:
        self._process.kill()
        with self._process:  # closes the pipes, and waits
            pass


@atexit.register
def _end_all() -> None:
    while (asker := _free()) is not None:
        asker.end()


def _free() -> _Asker | None:
    """One that has nothing to do; of a fork's parent none."""
    with _guard:
        found = next((asker for asker in _askers if asker.owner == os.getpid()), None)
        if found is not None:
            _askers.remove(found)
        return found


def may_hang(fs_type: str) -> bool:
    """Whether another machine or a program answers for this type. FUSE drivers for disks are "fuseblk"."""
    return filesystems.is_network(fs_type) or fs_type == "fuse" or fs_type.startswith("fuse.")


def answers(mount: Mount) -> bool:
    """Whether the mount can be touched; at once for disks of this computer."""
    if not may_hang(mount.fs_type):
        return True
    for other in mounts.table():  # so that several that hang are waited for together
        if may_hang(other.fs_type) and (other.point, other.device) not in _asked:
            _ask(other)
    asked = _ask(mount)
    asked.thread.join(max(0.0, asked.at + ANSWER_S - time.monotonic()))
    return not asked.thread.is_alive()


def _ask(mount: Mount) -> _Asked:
    """Ask now, unless the last question stands still."""
    key = mount.point, mount.device
    with _guard:
        asked = _asked.get(key)
        if asked is None or not asked.thread.is_alive():
            thread = threading.Thread(target=_touch, args=(mount.point,), daemon=True, name="mount-look")
            asked = _asked[key] = _Asked(thread, time.monotonic())
            thread.start()
        return asked


def within_reach(path: bytes) -> bool:
    """Whether every mount on the way to an absolute path (taken by its name) can be touched."""
    return all(answers(mount) for mount in mounts.table() if mounts.contains(mount.point, path))


def holds(folder: bytes, path: bytes) -> bool:
    """Whether `path` is `folder` or lies below it (both absolute and normal), by name or because a bind mount gives one
    of them a second name; of what doesn't answer the names must do."""
    if mounts.contains(folder, path):
        return True
    if not (within_reach(folder) and within_reach(path)):
        return False
    outer, inner = mounts.place_in_file_system(folder), mounts.place_in_file_system(path)
    return outer[0] == inner[0] != 0 and mounts.contains(outer[1], inner[1])


def _touch(point: bytes) -> None:
    asker = _free() or _new()
    if asker is not None and asker.touch(point):
        with _guard:
            _askers.append(asker)
        return
    if asker is not None:
        asker.end()
    try:  # where no process can be had, this thread will have to do
        os.stat(point)
        os.statvfs(point)
    except OSError:
        pass  # that is an answer as well


def _new() -> _Asker | None:
    if not sys.executable or hasattr(sys, "frozen"):
        return None
    try:
        return _Asker()
    except OSError:
        return None
