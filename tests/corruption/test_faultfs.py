"""The misbehaving file system itself: what the other tests lean on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
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
def test_what_a_fault_knows_by_its_inode_stays_open_so_that_no_other_file_gets_the_number(
    tmp_path: Path, how: str
) -> None:
    with faulty_drive(tmp_path) as made:
        bad = made.backing / "bad"
        for path in (bad, made.backing / "other"):
            path.write_text("whatever")
        made.break_({"op": "read", "inode": bad.stat().st_ino, "errno": "EIO"})
        if how == "removed":
            (made.point / "bad").unlink()
        else:
            (made.point / "other").replace(made.point / "bad")
        assert f"{bad} (deleted)" in set(opened())


def opened() -> Iterator[str]:
    """What all processes have open."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it was closed meanwhile
            yield os.readlink(link)
