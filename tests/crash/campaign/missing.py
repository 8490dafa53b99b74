"""What this machine lacks for a kind of fault, in words: so that a run elsewhere says why it is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from tests.corruption import faultfs
from tests.crash.campaign.kinds import MOUNTED

_TOOLS = {
    "power cut": ("mkfs.ext4", "losetup"),
    "drive yanked": ("mkfs.ext4", "losetup"),
    "exFAT": ("mkfs.exfat", "mount.exfat-fuse", "losetup"),
    "drive vanishes": ("fusermount",),
    "drive errs": ("fusermount",),
    "protected": ("fusermount",),
}


def missing_for(kinds: Sequence[str]) -> str:
    """Empty where all these kinds can be tried."""
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if shutil.which("strace") is None:
        return "it needs strace"
    probe = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    if probe.returncode:
        return "strace may not trace here"
    mounted = sorted(MOUNTED.intersection(kinds))
    if mounted and os.geteuid() != 0:
        return f"{', '.join(mounted)}: needs root, to mount disks"
    tools = [tool for kind in kinds for tool in _TOOLS.get(kind, ()) if shutil.which(tool) is None]
    if tools:
        return f"it needs {', '.join(sorted(set(tools)))}"
    if {"drive vanishes", "drive errs", "protected"}.intersection(kinds):
        return faultfs.missing()
    return ""
