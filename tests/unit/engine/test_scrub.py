"""A scrub reads every copy from its medium, finds silent damage, and never calls the user's own doing damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from tests.engine_room import flip
from tests.guarded import Guarded

V = Verdict


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in (1, 2, 3):
        made.track(f"album/{number}.flac", number, title=f"Song {number}")
    (made.music / "album" / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 9)
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


def test_all_is_well(room: Guarded) -> None:
    finished = room.scrub()
    assert finished.exit_code == 0
    assert finished.counts["checked"] == finished.counts["intact"] == 12
    assert finished.counts["bytes"] == 3 * sum(path.stat().st_size for path in (room.music / "album").iterdir())
    assert room.told() == []


def test_a_flipped_byte_on_a_drive_and_in_the_library_is_found_and_nothing_else(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    flip(room.copy("second", "album/cover.jpg"))
    flip(room.music / "album/2.flac")
    finished = room.scrub()
    assert finished.exit_code == 20
    assert room.verdicts() == {
        ("first", "album/1.flac", V.CORRUPT),
        ("second", "album/cover.jpg", V.CORRUPT),
        ("Music", "album/2.flac", V.CORRUPT),
    }
    assert (finished.counts["corrupt"], finished.counts["intact"]) == (3, 9)
    assert room.copy_state("first", "album/1.flac") is ReplicaState.CORRUPT
    assert room.state("album/2.flac") is ReplicaState.CORRUPT
    for finding in room.told():
        assert finding.bad_blocks == (0,)
        assert "confirmed" in [fact.code for fact in finding.evidence]


def test_one_repair_heals_what_one_scrub_found(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    flip(room.music / "album/2.flac")
    room.scrub()
    finished = room.repair()
    assert finished.exit_code == 0, room.notices
    assert finished.counts["repaired"] == 2
    assert all(finding.healed for finding in room.told())
    assert room.copy("first", "album/1.flac").read_bytes() == (room.music / "album/1.flac").read_bytes()
    assert room.copy("first", "album/2.flac").read_bytes() == (room.music / "album/2.flac").read_bytes()
    assert room.scrub().exit_code == 0
