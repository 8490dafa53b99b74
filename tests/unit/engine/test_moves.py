"""Moved files whose tags aren't what they were: an edit in the same save, or damage from before."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.catalog import search
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Kind
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


def test_a_name_with_another_ending_makes_something_else_of_a_file(room: Room) -> None:
    (room.music / "album" / "1.flac").rename(room.music / "album" / "1.flac.old")
    (room.music / "album" / "2.flac").rename(room.music / "album" / "2.mp3")
    room.scan()
    assert sorted(verdict for _, verdict in room.findings()) == [Verdict.MOVED, Verdict.MOVED]
    aside, misnamed = room.item("album/1.flac.old"), room.item("album/2.mp3")
    assert aside.kind is Kind.COMPANION
    assert aside.content.essence is None
    assert _found(room, "kind:companion") == _found(room, 'title:""') == ["album/1.flac.old"]
    assert _found(room, "format:flac") == ["album/2.mp3", "album/3.flac", "album/4.flac"]
    assert misnamed.content.essence is not None
    # Back under its own name it is what it was, and an edit of it is one again.
    (room.music / "album" / "1.flac.old").rename(room.music / "album" / "1.flac")
    room.scan()
    assert room.item("album/1.flac").kind is Kind.TRACK
    assert _found(room, 'title:="Song 1"') == ["album/1.flac"]
    room.track("album/1.flac", 1, title="Other words")
    room.scan()
    assert room.findings() == [("album/1.flac", Verdict.RETAGGED)]


def _found(room: Room, query: str) -> list[str]:
    return [entry.path.decode() for entry in search.find(room.catalog, query)]
