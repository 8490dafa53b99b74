"""The misbehaving file system itself: what the other tests lean on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.corruption.faultfs import faulty_drive

PIPE = 64 * 1024
"""So many bytes a pipe takes that nobody reads."""


def test_a_driver_that_complains_at_length_goes_on_answering(tmp_path: Path) -> None:
    log = tmp_path / "driver.log"
    with faulty_drive(tmp_path) as made:
        (made.point / "noisy").write_text("sound")
        made.break_({"op": "read", "name": "noisy", "errno": "NO_SUCH_ERROR"})  # each read prints a traceback
        while log.stat().st_size <= PIPE:
            with pytest.raises(OSError):
                (made.point / "noisy").read_bytes()
        made.heal()
        assert (made.point / "noisy").read_text() == "sound"
    assert not os.path.ismount(made.point)


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_fault_known_by_its_inode_strikes_no_file_that_comes_later(tmp_path: Path, how: str) -> None:
    names = [str(number) for number in range(20)]
    with faulty_drive(tmp_path) as made:  # what the test writes behind its back no memory holds
        (made.backing / "bad").write_text("bad")
        (made.backing / "other").write_text("other")
        made.break_({"op": "read", "inode": (made.backing / "bad").stat().st_ino, "errno": "EIO"})
        with pytest.raises(OSError, match="Input"):
            (made.point / "bad").read_bytes()
        if how == "removed":
            (made.point / "bad").unlink()
        else:
            (made.point / "other").replace(made.point / "bad")
        for name in names:
            (made.backing / name).write_text(name)
        assert [(made.point / name).read_text() for name in names] == names
