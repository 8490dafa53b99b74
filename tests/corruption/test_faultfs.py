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
