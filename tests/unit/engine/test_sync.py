"""Sync brings every item that is what it should be to every drive, and leaves a bag that anyone can verify."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import replicas
from musicvault.domain.states import ReplicaState
from musicvault.engine.sync import sync
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def put(room: Guarded, name: str, content: bytes) -> Path:
    """A companion: sync treats every item alike, and these are cheap."""
    path = room.music / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_new_items_reach_every_drive_with_their_times(room: Guarded) -> None:
    file = put(room, "Album/cover.jpg", b"picture" * 1000)
    os.utime(file, ns=(10**18, 10**18 + 123456789))
    put(room, "empty.log", b"")
    one, two = room.drive("one"), room.drive("two")
    room.protect()
    for label in ("one", "two"):
        copy = room.copy(label, "Album/cover.jpg")
        assert copy.read_bytes() == file.read_bytes()
        assert copy.stat().st_mtime_ns == file.stat().st_mtime_ns
        assert room.copy_state(label, "empty.log") is ReplicaState.INTACT
    assert is_valid(one)
    assert is_valid(two)
    library = replicas.in_library(room.catalog, room.item("Album/cover.jpg").id)
    assert library.proven_at is not None, "the read that fed the copy proves the source as well"
    again = room.run(sync(room.ctx))
    assert (again.counts["copied"], again.counts["already"]) == (0, 4)
