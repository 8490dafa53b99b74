"""How a year is run as a process of its own, in a mount namespace of its own where that can be had: whatever else goes
on on the computer, nobody holds its drives, and all of them are gone with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT

_PLAIN = ["unshare", "-Urm", "--"]


@dataclass(frozen=True, slots=True)
class Lived:
    """How a year went: `found` is what `tests.simulation` prints, `falsehood` what was false (empty: none), `skipped`
    why it couldn't be run here."""

    found: dict[str, Any]
    falsehood: str = ""
    skipped: str = ""


def live(seed: int, folder: Path) -> Lived:
    """A year: as root on ext4 in images, else in a user namespace on tmpfs, where that is allowed."""
    images = os.geteuid() == 0 and all(shutil.which(tool) for tool in ("losetup", "mkfs.ext4"))
    alone = [] if images else _PLAIN
    if alone and not _allowed(alone):
        return Lived({}, skipped="needs root or user namespaces to mount drives")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--folder", str(folder)],
        cwd=PROJECT,
        env=os.environ | ({} if images else {"MUSICVAULT_SIMULATION": "tmpfs"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if "skipped:" in done.stderr:
        return Lived({}, skipped=done.stderr.rpartition("skipped:")[2].strip())
    if done.returncode:
        return Lived({}, falsehood=done.stderr or f"exit code {done.returncode}")
    return Lived(json.loads(done.stdout))


def _allowed(alone: list[str]) -> bool:
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run([*alone, "true"], check=False, capture_output=True).returncode
    )
