"""What a rebuild makes of damaged and unreadable files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

from musicvault.catalog import libraries
from musicvault.domain.notices import Finished, ItemDone, Job
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Finding, Verdict
from musicvault.engine.context import Context
from musicvault.engine.library import place_library
from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.rebuild.joining import adopt_vault
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.engine.verify import verify
from tests.corruption.faultfs import faulty_drive
from tests.engine_room import flip
from tests.unit.engine.rebuild.lost import Lost


def findings(room: Lost) -> list[Finding]:
    return [one.finding for one in room.notices if isinstance(one, ItemDone) and one.finding is not None]


def test_a_damaged_file_without_any_record_is_kept_and_labelled(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    copy = room.vault("a") / "data" / "music" / "Nina" / "01 One.flac"
    flip(copy)
    room.new_computer()
    finished = room.rebuild("a")
    assert finished.counts["damaged"] == 1
    assert finished.exit_code == 0
    item = room.item("Nina/01 One.flac")
    assert item.born_damaged
    assert room.restored()["Nina/01 One.flac"] == copy.read_bytes()
    assert [(one.path, one.verdict) for one in findings(room)] == [(b"Nina/01 One.flac", Verdict.CORRUPT)]
    (finished,) = [one for one in room.notices if isinstance(one, Finished)]
    assert finished.exit_code == 20


def test_the_right_bytes_of_a_file_of_which_only_damaged_ones_were_left(room: Lost) -> None:
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    room.new_computer()
    room.rebuild("a")
    room.run(adopt_vault(room.ctx, os.fsencode(room.tmp / "b")))
    assert not room.item("Nina/01 One.flac").born_damaged
    assert room.restored() == room.files
    assert room.run(scrub(room.ctx)).exit_code == 20
    assert room.run(repair(room.ctx)).exit_code == 0
    for drive in ("a", "b"):
        assert room.run(verify(os.fsencode(room.tmp / drive))).exit_code == 0


def test_two_half_dead_drives_without_snapshots_give_back_together_what_neither_has(room: Lost) -> None:
    with (
        faulty_drive(room.tmp / "a", remembers=False) as one,
        faulty_drive(room.tmp / "b", remembers=False) as other,
    ):
        drives = (one, other)
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive) for drive in drives]))
        name = "02 Two.mp3"
        for drive in drives:
            for path in (drive.backing / "MusicVault" / "musicvault").glob("catalog.*"):
                path.unlink()
        size = (room.music / "Nina" / name).stat().st_size
        one.break_({"op": "read", "name": name, "errno": "EIO", "at": 10})
        other.break_({"op": "read", "name": name, "errno": "EIO", "at": size - 10})
        room.new_computer()
        finished = room.run(rebuild(room.ctx, [os.fsencode(drive) for drive in drives]))
        assert (finished.counts["items"], finished.counts["failed"]) == (3, 2)
        assert room.restored()[f"Nina/{name}"] == room.files[f"Nina/{name}"]
        assert room.run(repair(room.ctx)).exit_code == 0


def test_what_can_be_read_nowhere_is_known_and_given_in_part_on_request(room: Lost) -> None:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        for path in (drive.backing / "MusicVault" / "musicvault").glob("catalog.*"):
            path.unlink()
        drive.break_({"op": "read", "name": "02 Two.mp3", "errno": "EIO", "at": 10})
        room.new_computer()
        room.run(rebuild(room.ctx, [os.fsencode(drive)]))
        assert room.item("Nina/02 Two.mp3").born_damaged
        assert set(room.restored()) == set(room.files) - {"Nina/02 Two.mp3"}
        assert room.run(repair(room.ctx)).exit_code == 20
        (finding,) = findings(room)
        assert [(one.start, one.end) for one in finding.lost] == [(0, 4096)]


@pytest.mark.parametrize("job", [scrub, repair])
def test_what_can_be_read_again_after_the_rebuild_is_what_it_was(room: Lost, job: Callable[[Context], Job]) -> None:
    with faulty_drive(room.tmp / "a") as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        for path in (drive.backing / "MusicVault" / "musicvault").glob("catalog.*"):
            path.unlink()
        drive.break_({"op": "read", "name": "02 Two.mp3", "errno": "EIO", "at": 10})
        room.new_computer()
        room.run(rebuild(room.ctx, [os.fsencode(drive)]))
        drive.heal()
        assert room.run(job(room.ctx)).exit_code == 0
        assert not room.item("Nina/02 Two.mp3").born_damaged
        assert room.restored() == room.files
        assert room.run(scrub(room.ctx)).exit_code == 0
        assert room.run(verify(os.fsencode(drive))).exit_code == 0


def test_bytes_that_no_list_speaks_of_win_over_nothing(room: Lost) -> None:
    room.protect("a", "b")
    (room.vault("a") / "manifest-sha256.txt").write_bytes(b"\xff\xfe garbage\n")
    room.without_snapshot("a")
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    room.new_computer()
    room.rebuild("a", "b")
    assert room.restored() == room.files
    assert room.run(scrub(room.ctx)).exit_code == 20
    assert room.run(repair(room.ctx)).exit_code == 0
    assert room.run(verify(os.fsencode(room.tmp / "a"))).exit_code == 0


def test_a_library_that_still_has_the_right_bytes_needs_no_word_from_the_user(room: Lost) -> None:
    room.protect("a")
    room.without_snapshot("a")
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    room.new_computer()
    room.rebuild("a")
    shutil.move(room.tmp / "burnt-new", room.music)
    (library,) = libraries.every(room.catalog)
    place_library(room.ctx, library, os.fsencode(room.music))
    room.scan_all()
    assert not room.item("Nina/01 One.flac").born_damaged
    assert room.run(sync(room.ctx)).exit_code == 0
    assert room.run(scrub(room.ctx)).exit_code == 0
    assert room.run(verify(os.fsencode(room.tmp / "a"))).exit_code == 0
    assert room.restored() == room.files


@pytest.mark.parametrize("fault", ["one bad sector", "flipped"])
def test_what_is_left_is_no_measure_for_the_file_that_stands_in_the_library(room: Lost, fault: str) -> None:
    """Edited since the last copy, say: only the user knows, and no repair may put the remainder in its place."""
    name = "Nina/01 One.flac"
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        for path in (drive.backing / "MusicVault" / "musicvault").glob("catalog.*"):
            path.unlink()
        if fault == "flipped":
            flip(drive.backing / "MusicVault/data/music" / name)
        else:
            drive.break_({"op": "read", "name": "01 One.flac", "errno": "EIO", "at": 10})
        room.new_computer()
        room.run(rebuild(room.ctx, [os.fsencode(drive)]))
        shutil.move(room.tmp / "burnt-new", room.music)
        shutil.copyfile(room.music / name, room.tmp / "right")
        flip(room.music / name, 2000)
        mine = (room.music / name).read_bytes()
        (library,) = libraries.every(room.catalog)
        place_library(room.ctx, library, os.fsencode(room.music))
        room.scan_all()
        assert room.state(name) is ReplicaState.HELD
        room.run(repair(room.ctx))
        assert (room.music / name).read_bytes() == mine
        shutil.copyfile(room.tmp / "right", room.music / name)
        room.scan_all()
        assert room.state(name) is ReplicaState.INTACT
        assert not room.item(name).born_damaged


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_manifest_with_a_bad_sector_is_written_anew_by_the_new_owner(room: Lost, snapshot: bool) -> None:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        vault = drive.backing / "MusicVault"
        for path in () if snapshot else (vault / "musicvault").glob("catalog.*"):
            path.unlink()
        os.link(vault / "manifest-sha256.txt", room.tmp / "a" / "so that no other file gets its number")
        drive.break_({"op": "read", "inode": (vault / "manifest-sha256.txt").stat().st_ino, "errno": "EIO"})
        room.new_computer()
        assert room.run(rebuild(room.ctx, [os.fsencode(drive)])).exit_code == 0
        assert room.restored() == room.files
        assert room.run(scrub(room.ctx)).exit_code == 0
        assert room.run(verify(os.fsencode(drive))).exit_code == 0
