"""What is still being written is left alone, and nothing is missed that may have moved there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from musicvault.domain.notices import Finished
from musicvault.domain.states import ReplicaState
from musicvault.engine.looking import Unsettled
from musicvault.engine.scan import scan
from tests.engine_room import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    made.time = time.time()
    return made


def scanned(room: Room, folders: frozenset[bytes] = frozenset(), clock: Callable[[], float] | None = None) -> Finished:
    unsettled = Unsettled(20, folders, clock or (lambda: room.time))
    (library,) = room.ctx.catalog.rows("SELECT id FROM library")
    return room.run(scan(room.ctx, [library[0]], unsettled={library[0]: unsettled}))


def aged(path: Path, seconds: float, room: Room) -> None:
    os.utime(path, (room.time - seconds, room.time - seconds))


def test_a_rip_in_progress_is_left_alone_until_it_is_whole(room: Room) -> None:
    done, writing, other = room.track("rip/1.flac", 1), room.track("rip/2.flac", 2), room.track("other/3.flac", 3)
    for path, seconds in ((done, 300), (writing, 1), (other, 300)):
        aged(path, seconds, room)
    room.add()
    first = scanned(room)
    assert room.names() == ["other/3.flac"]
    assert (first.counts["unsettled"], first.counts["added"]) == (2, 1)
    aged(writing, 60, room)
    second = scanned(room)
    assert sorted(room.names()) == ["other/3.flac", "rip/1.flac", "rip/2.flac"]
    assert "unsettled" not in second.counts


def test_a_stalled_rip_is_left_alone_as_long_as_it_is_known_to_be_open(room: Room) -> None:
    aged(room.track("rip/1.flac", 1), 3600, room)
    room.add()
    assert scanned(room, frozenset({b"rip"})).counts["unsettled"] == 1
    assert room.names() == []


def test_a_file_that_is_being_rewritten_is_no_damage(room: Room) -> None:
    path = room.track("a.flac", 1)
    room.add()
    room.scan()
    path.write_bytes(path.read_bytes()[:100])
    assert scanned(room).counts["unsettled"] == 1
    assert room.findings() == []
    assert room.state("a.flac") is ReplicaState.INTACT


def test_nothing_is_missing_while_it_may_be_on_its_way(room: Room) -> None:
    path = room.track("a.flac", 1)
    room.add()
    room.scan()
    renamed = path.rename(room.music / "b.flac")
    aged(renamed, 1, room)
    scanned(room)
    assert room.findings() == []
    aged(renamed, 60, room)
    assert scanned(room).counts["moved"] == 1
    assert room.names() == ["b.flac"]


def test_what_came_long_ago_is_settled_however_its_clock_went(room: Room) -> None:
    ahead = room.track("a.flac", 1)
    aged(ahead, -3600, room)
    room.add()
    assert scanned(room).counts["added"] == 1


def test_a_rip_in_progress_is_left_alone_while_the_clock_is_doubted(room: Room) -> None:
    wrong = room.time + 3 * 365 * 86400
    path = room.track("rip/1.flac", 1)
    os.utime(path, (wrong, wrong))
    room.add()
    assert scanned(room, clock=lambda: wrong + 1).counts["unsettled"] == 1
