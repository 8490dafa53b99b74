"""Mounts of one process and its children only, so that what runs beside it neither holds its drives nor is held."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

_SYSTEM = ("/dev/pts", "/proc", "/sys", "/run")
_NEW_MOUNTS = 0x20000  # CLONE_NEWNS


def mount_privately(folder: Path) -> None:
    """From now on what this process mounts is seen by it and its children only, and goes with them; of what others have
    mounted, they see what the system needs and what `folder` lies on. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True, capture_output=True)
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        point = Path(line.split()[1].encode().decode("unicode_escape"))
        needed = point == Path("/dev") or any(point.is_relative_to(root) for root in _SYSTEM)
        if not needed and not folder.is_relative_to(point):
            subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)
