"""`protect` is the whole main job, and may be run again at any time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.catalog import libraries, vaults
from musicvault.engine.protect import protect
from musicvault.errors import DriveGone, DriveRefused, UsageError
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    (room.music / "Album").mkdir()
    (room.music / "Album" / "cover.jpg").write_bytes(b"picture" * 500)
    (room.music / "notes.txt").write_bytes(b"words")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    return room


def targets(room: Guarded, *names: str) -> list[bytes]:
    return [os.fsencode(room.tmp / name) for name in names]


def test_protects_new_folders_and_does_nothing_twice(room: Guarded) -> None:
    source = [os.fsencode(room.music)]
    first = room.run(protect(room.ctx, source, targets(room, "a", "b")))
    assert first.exit_code == 0
    assert {key: first.counts[key] for key in ("items", "bytes", "copied", "already", "failed")} == {
        "items": 2,
        "bytes": 3505,
        "copied": 4,
        "already": 0,
        "failed": 0,
    }
    again = room.run(protect(room.ctx, source, targets(room, "a", "b")))
    assert (again.counts["copied"], again.counts["already"]) == (0, 4)
    assert all(is_valid(vault) for vault in room.vaults())


def test_a_dry_run_writes_nothing(room: Guarded) -> None:
    finished = room.run(protect(room.ctx, [os.fsencode(room.music)], targets(room, "a", "b"), dry_run=True))
    assert finished.counts["copied"] == 4
    assert libraries.every(room.catalog) == []
    assert vaults.every(room.catalog) == []
    assert list((room.tmp / "a").iterdir()) == []


def test_an_unmounted_drive_is_never_filled(room: Guarded) -> None:
    source = [os.fsencode(room.music)]
    room.run(protect(room.ctx, source, targets(room, "a")))
    shutil.rmtree(room.tmp / "a" / "MusicVault")
    with pytest.raises(DriveGone):
        room.run(protect(room.ctx, source, targets(room, "a")))
    assert list((room.tmp / "a").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "target", "error"),
    [
        ("gone", "a", UsageError),
        ("Music", "gone", UsageError),
        ("Music", "Music/Album", DriveRefused),
        ("Music", "Music", DriveRefused),
    ],
)
def test_what_is_refused_changes_nothing(room: Guarded, source: str, target: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        room.run(protect(room.ctx, targets(room, source), targets(room, target)))
    assert libraries.every(room.catalog) == []
    assert vaults.every(room.catalog) == []
    assert sorted(os.listdir(room.music)) == ["Album", "notes.txt"]
