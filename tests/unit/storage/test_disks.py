"""Which disk a device is on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from musicvault.storage import disks

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="loop devices need root")


def loop(shown: Path | str, *, offset: int = 0) -> str:
    command = ["losetup", "--find", "--show", "--offset", str(offset), str(shown)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no loop device to be had: {done.stderr.strip()}")
    return done.stdout.strip()


def test_parts_of_one_image_are_one_disk(tmp_path: Path) -> None:
    one, two = tmp_path / "one.img", tmp_path / "two.img"
    for image in (one, two):
        image.write_bytes(bytes(1 << 20))
    made: list[str] = []
    try:
        made += [loop(one), loop(one, offset=1 << 19), loop(two)]
        made.append(loop(made[0], offset=1 << 19))
        found = [disks.of_device(os.stat(name).st_rdev) for name in made]
        for whole, part, other, inner in ([one.name for one in found], [one.hardware.id for one in found]):
            assert whole == part == inner != other
            assert whole
    finally:
        for name in reversed(made):
            subprocess.run(["losetup", "--detach", name], check=True)
