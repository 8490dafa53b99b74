"""A file system that misbehaves on command: another folder shown through FUSE, with faults switched while it is
mounted (`tests.corruption.faulty` says which there are). Needs /dev/fuse and mfusepy.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

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

    def struck_inodes(self) -> set[int]:
        """Of which files, told by their inodes, it has answered with an error since."""
        told = self._control.with_suffix(".struck")
        return {int(one) for one in told.read_text().split()} if told.exists() else set()

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
    command = [sys.executable, "-m", "tests.corruption.faulty", *words]
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
