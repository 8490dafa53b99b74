"""Mounts of one process and its children only, so that what runs beside it neither holds its drives nor is held."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

_SYSTEM = ("/dev/pts", "/proc", "/sys", "/run")
_NEW_MOUNTS = 0x20000  # CLONE_NEWNS


def mount_privately(folder: Path) -> None:
    """From now on what this process mounts is seen by it and its children only, and goes with them; of what others have
    mounted, they see what the system needs, and what `folder` and the program lie on. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    if subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True).returncode:
        for point in _points():  # in a chroot / may be no mount point
            subprocess.run(["mount", "--make-private", point], check=False, capture_output=True)
    used = (folder, Path("/dev"), PROJECT, Path(sys.prefix), Path(sys.base_prefix))
    for point in reversed(_points()):
        if not any(place.is_relative_to(point) for place in used) and not any(map(point.is_relative_to, _SYSTEM)):
            subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)


def _points() -> list[Path]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [Path(line.split()[1].encode().decode("unicode_escape")) for line in lines]
