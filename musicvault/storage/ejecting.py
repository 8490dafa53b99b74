"""Taking a volume out of the system, so that it may be unplugged: flush, unmount, and say who holds it if that fails.

Unmounting goes through the platform's own tool: `udisksctl` where a desktop mounted the drive (no administrator rights
needed, and it spins the disk down), else `umount`; `diskutil` on macOS; the shell's own "Eject" on Windows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicvault.domain.paths import display
from musicvault.storage import mounts
from musicvault.storage.mounts import contains
from musicvault.storage.volumes import Volume

if TYPE_CHECKING:
    import psutil

_TOOL_S = 120.0
"""A drive with a full write cache takes its time."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has something open on the volume."""

    name: str
    pid: int


def flush(folder: bytes) -> None:
    """Everything that was written to the volume is on its medium afterwards. Raises OSError."""
    if sys.platform == "linux":
        import ctypes

        handle = os.open(folder, os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.syncfs(handle) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        finally:
            os.close(handle)
    elif hasattr(os, "sync"):
        os.sync()


def unmount(volume: Volume) -> str:
    """Unmount the volume; empty when it is gone from the table of mounts, else what the tools said."""
    said = []
    for command in _commands(volume):
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TOOL_S, check=False, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError) as error:
            said.append(str(error))
            continue
        if not is_mounted(volume):
            return ""
        said.append((done.stderr or done.stdout).decode("utf-8", "replace"))
    return display(" ".join(" ".join(said).split()).encode("utf-8", "replace"))[:300] or "?"


def is_mounted(volume: Volume) -> bool:
    """Whether the volume still stands at its mount point."""
    return any(mount.point == volume.mount_point and mount.source == volume.source for mount in mounts.table())


def power_off(volume: Volume) -> bool:
    """Ask the system to spin a USB disk down and let go of its port, where it can. Only when nothing else on the disk
    is mounted."""
    tool = shutil.which("udisksctl")
    if tool is None or volume.hardware.bus != "usb" or not volume.disk or "+" in volume.disk:
        return False
    if any(mount.source.startswith(b"/dev/" + os.fsencode(volume.disk)) for mount in mounts.table()):
        return False
    command = [tool, "power-off", "--no-user-interaction", "-b", f"/dev/{volume.disk}"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, timeout=_TOOL_S, check=False).returncode == 0
    return False


def holders(volume: Volume) -> tuple[Holder, ...]:
    """Which processes have files open on the volume, as far as this account may see. By name."""
    import psutil

    found: dict[int, Holder] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(_lies_on(os.fsencode(path), volume) for path in _held(process)):
                found[process.pid] = Holder(process.name(), process.pid)
    return tuple(sorted(found.values(), key=lambda holder: (holder.name, holder.pid)))


def _held(process: psutil.Process) -> Iterator[str]:
    import psutil

    with suppress(psutil.Error, OSError):
        yield process.cwd()
    with suppress(psutil.Error, OSError):
        yield process.exe()
    with suppress(psutil.Error, OSError):
        yield from _open_files(process)


def _open_files(process: psutil.Process) -> Iterator[str]:
    links = f"/proc/{process.pid}/fd"
    if not os.path.isdir(links):
        yield from (file.path for file in process.open_files())
        return
    # psutil touches each file, those on mounts that never answer as well; reading a link touches nothing.
    for name in os.listdir(links):
        with suppress(OSError):
            yield os.readlink(f"{links}/{name}")


def _lies_on(path: bytes, volume: Volume) -> bool:
    if not path or not contains(volume.mount_point, path):
        return False
    # Another volume may be mounted below this one's mount point.
    with suppress(OSError):
        return os.stat(path).st_dev == volume.device
    return True


def _commands(volume: Volume) -> Iterator[Sequence[str]]:
    point = os.fsdecode(volume.mount_point)
    if sys.platform == "darwin":
        yield ("diskutil", "eject", point)
        return
    if sys.platform == "win32":
        script = f"(New-Object -ComObject Shell.Application).Namespace(17).ParseName('{point[:2]}').InvokeVerb('Eject')"
        yield ("powershell", "-NoProfile", "-Command", script)
        return
    desktop = shutil.which("udisksctl")
    if desktop is not None and volume.source.startswith(b"/dev/"):
        yield (desktop, "unmount", "--no-user-interaction", "-b", os.fsdecode(volume.source))
    yield ("umount", "--", point)
    if volume.fs_type.startswith("fuse") and shutil.which("fusermount3"):
        yield ("fusermount3", "-u", "--", point)
    elif shutil.which("fusermount"):
        yield ("fusermount", "-u", "--", point)
