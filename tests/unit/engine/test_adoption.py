"""An existing backup on the drive becomes part of its vault: verified, moved, and nothing else of it touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import vaults
from musicvault.domain.states import ReplicaState
from musicvault.engine.adoption import adopt
from musicvault.engine.sync import sync
from musicvault.errors import UsageError
from tests.corruption.drives import drive, protected
from tests.guarded import Guarded, is_valid

FILES = {
    "A/1/cover.jpg": b"a" * 5000,
    "A/2/cover.jpg": b"b" * 5000,
    "B/01.flac.txt": b"track one",
    "B/02.flac.txt": b"track two",
}


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    write(room.music, FILES)
    room.add()
    room.scan()
    return room


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def taken_over(room: Guarded, vault: vaults.Vault, folder: Path) -> dict[str, int]:
    finished = room.run(adopt(room.ctx, vault, os.fsencode(folder)))
    return {key: count for key, count in finished.counts.items() if count and key != "bytes"}


def test_matching_files_move_and_the_rest_stays(room: Guarded) -> None:
    made = room.drive("one")
    backup = room.tmp / "one" / "Backup 2019"
    write(backup / "deep" / "Music", FILES | {"B/02.flac.txt": b"TRACK TWO", "mine.doc": b"mine"})
    inode = (backup / "deep" / "Music" / "A" / "2" / "cover.jpg").stat().st_ino
    assert taken_over(room, made, backup) == {"adopted": 3, "different": 1}
    assert room.copy("one", "A/2/cover.jpg").stat().st_ino == inode, "moved, not copied"
    assert room.copy("one", "A/1/cover.jpg").read_bytes() == FILES["A/1/cover.jpg"]
    assert room.copy("one", "A/1/cover.jpg").stat().st_mtime_ns == (room.music / "A/1/cover.jpg").stat().st_mtime_ns
    left = {str(path.relative_to(backup)): path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    assert left == {"deep/Music/B/02.flac.txt": b"TRACK TWO", "deep/Music/mine.doc": b"mine"}
    assert room.replica("one", "A/1/cover.jpg").proven_at is not None
    assert is_valid(made)
    assert room.run(sync(room.ctx)).counts["copied"] == 1
    assert is_valid(made)
    assert taken_over(room, made, backup) == {}


def test_a_drive_that_is_new_lacks_all_that_other_drives_have(room: Guarded) -> None:
    room.drive("one")
    room.protect()
    made = room.drive("two")
    backup = room.tmp / "two" / "backup"
    write(backup, FILES)
    assert taken_over(room, made, backup) == {"adopted": 4}
    assert not [path for path in backup.rglob("*") if path.is_file()]
    assert is_valid(made)


def test_files_under_names_of_others_are_found_by_what_they_hold(room: Guarded) -> None:
    made = room.drive("one")
    backup = room.tmp / "one" / "backup"
    moved = {
        "A/1/cover.jpg": FILES["A/2/cover.jpg"],
        "A/2/cover.jpg": FILES["A/1/cover.jpg"],
        "1. Track.txt": FILES["B/01.flac.txt"],
        "B/02.flac.txt": b"TRACK TWO",
        "x/02.flac.txt": FILES["B/02.flac.txt"],
    }
    write(backup, moved)
    assert taken_over(room, made, backup) == {"adopted": 4, "different": 1}
    assert all(room.copy("one", name).read_bytes() == content for name, content in FILES.items())
    assert [path.name for path in backup.rglob("*") if path.is_file()] == ["02.flac.txt"]
    assert is_valid(made)


def test_files_with_other_names_are_copied(room: Guarded) -> None:
    made = room.drive("one")
    monday = room.tmp / "one" / "monday"
    write(monday, FILES)
    for name in FILES:
        tuesday = room.tmp / "one" / "tuesday" / name
        tuesday.parent.mkdir(parents=True, exist_ok=True)
        os.link(monday / name, tuesday)
    assert taken_over(room, made, monday) == {"copied": 4}
    assert all((monday / name).read_bytes() == content for name, content in FILES.items())
    assert room.copy("one", "A/1/cover.jpg").stat().st_nlink == 1
    assert is_valid(made)


@pytest.mark.root
def test_what_something_protects_is_copied(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk") as disk:
        made = room.drive("one", disk.point)
        backup = disk.point / "Backup"
        write(backup, FILES)
        with protected(backup / "A/2/cover.jpg"):
            assert taken_over(room, made, backup) == {"adopted": 3, "copied": 1}
        assert (backup / "A/2/cover.jpg").read_bytes() == room.copy("one", "A/2/cover.jpg").read_bytes()
        assert is_valid(made)
        assert room.scrub().exit_code == 0
        room.catalog.close()


def test_a_backup_on_another_file_system_is_copied(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk") as disk:
        made = room.drive("stick", disk.point)
        backup = room.tmp / "elsewhere"
        write(backup, FILES)
        assert taken_over(room, made, backup) == {"copied": 4}
        assert (backup / "A/1/cover.jpg").exists()
        assert is_valid(made)


def test_what_the_vault_has_already_is_left_where_it_is(room: Guarded) -> None:
    made = room.drive("one")
    room.protect()
    backup = room.tmp / "one" / "backup"
    write(backup, FILES)
    assert taken_over(room, made, backup) == {}
    assert room.copy_state("one", "A/1/cover.jpg") is ReplicaState.INTACT
    assert len([path for path in backup.rglob("*") if path.is_file()]) == 4


@pytest.mark.parametrize("folder", ["gone", "Music", "Music/A", ".", "one/MusicVault/data"])
def test_places_that_are_no_backup_are_refused(room: Guarded, folder: str) -> None:
    made = room.drive("one")
    with pytest.raises(UsageError):
        taken_over(room, made, room.tmp / folder)
    assert {str(path.relative_to(room.music)) for path in room.music.rglob("*") if path.is_file()} == set(FILES)


def test_links_in_a_backup_lead_nowhere(room: Guarded) -> None:
    made = room.drive("one")
    backup = room.tmp / "one" / "backup"
    backup.mkdir()
    (backup / "A").symlink_to(room.music / "A")
    (backup / "01.flac.txt").symlink_to(room.music / "B" / "01.flac.txt")
    assert taken_over(room, made, backup) == {}
    assert (room.music / "B" / "01.flac.txt").read_bytes() == b"track one"
