"""Moved files whose tags aren't what they were: an edit in the same save, or damage from before."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from tests.engine_room import Room, flip


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    for number in range(1, 5):
        made.track(f"album/{number}.flac", number, title=f"Song {number}")
    made.add()
    made.scan()
    return made


def test_damaged_tags_don_t_pass_as_an_edit_by_being_moved(room: Room) -> None:
    path = room.music / "album" / "1.flac"
    flip(path, path.read_bytes().index(b"Song 1") + 2)
    path.rename(room.music / "album" / "01.flac")
    room.scan()
    assert sorted(room.findings()) == [("album/01.flac", Verdict.HELD), ("album/01.flac", Verdict.MOVED)]
    assert room.state("album/01.flac") is ReplicaState.HELD
    assert room.item("album/01.flac").content.digests.size == path.with_name("01.flac").stat().st_size
