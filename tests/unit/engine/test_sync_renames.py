"""What was renamed in the library is renamed on the drives, or said to have no room for its new name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from musicvault.engine.planning import planned
from musicvault.engine.sync import sync
from tests.guarded import Guarded, fill, is_valid, put
from tests.sound import retag


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def test_a_renamed_file_is_renamed_on_the_drive_without_being_copied(room: Guarded) -> None:
    fill(room)
    put(room, "old/name.jpg", b"picture" * 100)
    drive = room.drive("one")
    room.protect()
    inode = room.copy("one", "old/name.jpg").stat().st_ino
    (room.music / "old").rename(room.music / "new")
    room.scan()
    finished = room.run(sync(room.ctx))
    assert (finished.counts["renamed"], finished.counts["copied"], finished.counts["bytes"]) == (1, 0, 0)
    assert room.copy("one", "new/name.jpg").stat().st_ino == inode
    assert not room.copy("one", "old/name.jpg").exists()
    assert is_valid(drive)


def test_a_rename_whose_name_somebody_else_has_is_told_and_done_once_it_is_free(room: Guarded) -> None:
    fill(room)
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        put(room, name, name.encode() * 100)
    room.drive("one")
    room.protect()
    for name in ("3.jpg", "2.jpg", "1.jpg"):
        (room.music / name).rename(room.music / f"{int(name[0]) + 1}.jpg")
    stranger = room.copy("one", "4.jpg")
    stranger.write_bytes(b"somebody's own")
    room.scan()
    told = {(item_id, problem) for (_, item_id), problem in foretold(room).items()}
    tried = room.run(sync(room.ctx, dry_run=True))
    assert (tried.counts["renamed"], tried.counts["failed"], tried.exit_code) == (0, 3, 3)
    finished = room.run(sync(room.ctx))
    assert (finished.counts["renamed"], finished.counts["failed"], finished.exit_code) == (0, 3, 3)
    failed = {one.path: one.problem for one in room.done() if one.action == "failed"}
    assert set(failed) == {b"2.jpg", b"3.jpg", b"4.jpg"}, "the name of each is taken by the one before it"
    assert all("has its new name on the drive" in problem for problem in failed.values())
    assert told == {(room.item(os.fsdecode(path)).id, problem) for path, problem in failed.items()}
    assert stranger.read_bytes() == b"somebody's own"
    stranger.unlink()
    finished = room.run(sync(room.ctx))
    assert (finished.counts["renamed"], finished.counts["failed"], finished.exit_code) == (3, 0, 0)
    assert foretold(room) == {}
    for name in ("2.jpg", "3.jpg", "4.jpg"):
        assert room.copy("one", name).read_bytes() == (room.music / name).read_bytes()


def foretold(room: Guarded) -> Mapping[tuple[str, int], str]:
    return planned(room.ctx).hindered


def test_a_rename_of_a_copy_that_is_gone_is_told(room: Guarded) -> None:
    fill(room)
    put(room, "old.jpg", b"picture")
    room.drive("one")
    room.protect()
    room.copy("one", "old.jpg").unlink()
    (room.music / "old.jpg").rename(room.music / "new.jpg")
    room.scan()
    finished = room.run(sync(room.ctx))
    assert (finished.counts["renamed"], finished.counts["failed"]) == (0, 1)
    assert any("isn't in its place" in one.problem for one in room.done())


def test_renamed_and_retagged_at_once(room: Guarded) -> None:
    fill(room)
    track = room.track("01.flac", title="Before")
    drive = room.drive("one")
    room.protect()
    before = track.read_bytes()
    moved = track.rename(room.music / "01 After.flac")
    retag(moved, title="After")
    room.scan()
    room.run(sync(room.ctx))
    room.run(sync(room.ctx))
    assert room.copy("one", "01 After.flac").read_bytes() == moved.read_bytes()
    assert not room.copy("one", "01.flac").exists()
    versions = Path(os.fsdecode(drive.folder), "musicvault", "versions")
    assert [path.read_bytes() for path in versions.rglob("*.flac")] == [before]
    assert is_valid(drive)
