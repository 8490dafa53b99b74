"""Bytes are found in the time of the sound, in every kind of container, also where the file is damaged just there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.audio.timing import spans
from tests.corruption.faultfs import faulty_drive
from tests.sound import make

SECONDS = 6.0
LONGEST_PACKET = {".wv": 0.5, ".ogg": 2.0}
"""An Ogg page is read whole or not at all, and the one before a damaged one with it."""


@pytest.mark.parametrize("extension", [".flac", ".mp3", ".ogg", ".m4a", ".wav", ".wv", ".aiff"])
@pytest.mark.parametrize("damaged", [False, True])
def test_the_middle_of_the_file_is_the_middle_of_the_sound(tmp_path: Path, extension: str, damaged: bool) -> None:
    path = make(tmp_path / f"a{extension}", seconds=SECONDS)
    size = path.stat().st_size
    hole = (size // 2, size // 2 + 8192)
    if damaged:
        data = path.read_bytes()
        path.write_bytes(data[: hole[0]] + bytes(8192) + data[hole[1] :])
    found = spans(os.fsencode(path), [hole])
    assert found is not None
    assert found[0] is not None
    begins, ends = found[0]
    share = 8192 / size * SECONDS
    slack = LONGEST_PACKET.get(extension, 0.25) + 0.1
    assert SECONDS / 2 - slack - 0.3 <= begins <= SECONDS / 2 + 0.3
    assert begins + share * 0.7 <= ends <= SECONDS / 2 + share + slack + 0.3


@pytest.mark.parametrize("extension", [".flac", ".mp3", ".ogg", ".m4a"])
def test_a_sector_that_cannot_be_read_hides_nothing_behind_it(tmp_path: Path, extension: str) -> None:
    with faulty_drive(tmp_path / "faulty") as drive:
        path = make(drive.backing / f"a{extension}", seconds=SECONDS)
        hole = (path.stat().st_size // 8192 * 4096, path.stat().st_size // 8192 * 4096 + 4096)
        drive.break_({"op": "read", "name": path.name, "errno": "EIO", "at": hole[0] + 100})
        with pytest.raises(OSError, match="Input/output"):
            (drive.point / path.name).read_bytes()
        found = spans(os.fsencode(drive.point / path.name), [hole])
    assert found is not None
    assert found[0] is not None
    assert found[0][1] < SECONDS / 2 + LONGEST_PACKET.get(extension, 0.25) + 0.5


def test_what_is_cut_off_lies_at_the_end(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", seconds=SECONDS)
    size = path.stat().st_size
    os.truncate(path, size // 2)
    found = spans(os.fsencode(path), [(0, 20), (size // 2, size)])
    assert found is not None
    assert found[0] is None
    assert found[1] is not None
    begins, ends = found[1]
    assert abs(begins - SECONDS / 2) < 0.4
    assert ends == float("inf")


def test_what_is_no_sound_has_no_time(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(b"no sound at all" * 100)
    assert spans(os.fsencode(tmp_path / "a.flac"), [(0, 20)]) is None
    assert spans(os.fsencode(tmp_path / "absent.flac"), [(0, 20)]) is None


def test_a_link_or_a_pipe_in_a_copy_s_place_is_not_read(tmp_path: Path) -> None:
    make(tmp_path / "song.flac")
    (tmp_path / "link.flac").symlink_to(tmp_path / "song.flac")
    os.mkfifo(tmp_path / "pipe.flac")
    assert spans(os.fsencode(tmp_path / "song.flac"), [(0, 1)]) is not None
    for name in ("link.flac", "pipe.flac"):
        assert spans(os.fsencode(tmp_path / name), [(0, 1)], timeout=10) is None
