"""A short damaged run, told from a new version by comparing with a proven copy where one is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.domain.notices import never_stops
from musicvault.domain.verdict import Sectors, Verdict
from musicvault.engine.comparing import SECTOR, sectors
from tests.guarded import Guarded
from tests.sound import make

ONE = "one.wav"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track(ONE, 1, seconds=1.0)
    for number in range(4):
        made.track(f"{number}.flac", number + 5)
    return made


def garble(path: Path, at: int, length: int) -> None:
    """Damage that came with a new time, as a copy from a failing disk brings it."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"\x5a" * length)
    os.utime(path)


def test_with_a_proven_copy_at_hand_a_short_run_is_damage(room: Guarded) -> None:
    room.drive("first")
    room.protect()
    garble(room.music / ONE, 60_000, 700)
    assert room.scan().exit_code == 20
    (finding,) = room.told()
    assert finding.verdict is Verdict.CORRUPT
    assert "short-run" in {fact.code for fact in finding.evidence}
    assert room.repair().exit_code == 0
    assert room.scan().exit_code == 0


def test_a_new_version_of_the_same_size_is_none(room: Guarded) -> None:
    room.drive("first")
    room.protect()
    make(room.music / ONE, seed=77, seconds=1.0)
    assert room.scan().exit_code == 22
    assert room.findings() == [(ONE, Verdict.REPLACED)]


def test_without_one_it_is_held_at_least(room: Guarded) -> None:
    room.add()
    room.scan()
    garble(room.music / ONE, 60_000, 700)
    assert room.scan().exit_code == 22
    assert room.findings() == [(ONE, Verdict.REPLACED)]


def test_sectors(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    content = bytes(3 * SECTOR * 300 + 17)
    one.write_bytes(content)
    other.write_bytes(content)
    paths = os.fsencode(one), os.fsencode(other)
    assert sectors(*paths, never_stops) is None
    garble(one, 5 * SECTOR + 9, SECTOR)
    garble(one, 890 * SECTOR, 1)
    assert sectors(*paths, never_stops) == Sectors(3, 5, 890, 901)
    garble(one, len(content) - 1, 1)
    assert sectors(*paths, never_stops) == Sectors(4, 5, 900, 901)
    one.write_bytes(content + b"more")
    assert sectors(*paths, never_stops) is None
    one.unlink()
    assert sectors(*paths, never_stops) is None
