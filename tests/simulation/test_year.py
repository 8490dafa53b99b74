"""A user can forget the program for a year, and at every step the sentence on the Overview is true."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.simulation import oracle

SEED = 2


def _command(folder: Path) -> tuple[list[str], dict[str, str]]:
    """As root on ext4 in images; else in a user namespace on tmpfs, where that is allowed."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", str(SEED), "--folder", str(folder)]
    if os.geteuid() == 0 and all(shutil.which(tool) for tool in ("losetup", "mkfs.ext4")):
        return command, {}
    alone = ["unshare", "-Urm", "--"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs root or user namespaces to mount drives")
    return alone + command, {"MUSICVAULT_SIMULATION": "tmpfs"}


@pytest.mark.skipif(os.name != "posix", reason="needs mounts")
def test_the_sentence_is_true_all_year(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    folder = memory if os.access(memory, os.W_OK) else tmp_path
    command, places = _command(folder)
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | places, capture_output=True, text=True, check=False, timeout=900
    )
    if "skipped:" in done.stderr:
        pytest.skip(done.stderr.rpartition("skipped:")[2].strip())
    assert done.returncode == 0, done.stderr[-6000:]
    found = json.loads(done.stdout)
    assert found["rounds"] > 200
    assert {"All N files are safe.", "N files need another copy: plug in Office."} <= set(found["sentences"])


def test_the_oracle_knows_nothing_of_the_program() -> None:
    text = Path(oracle.__file__).read_text("utf-8")
    assert not any("musicvault" in line for line in text.splitlines() if "import" in line)
    assert sum(bool(line.strip()) for line in text.splitlines()) <= 100
