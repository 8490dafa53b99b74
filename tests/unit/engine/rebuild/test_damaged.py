"""What a rebuild makes of damaged and unreadable files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable

import pytest

from musicvault.catalog import libraries
from musicvault.domain.notices import ItemDone, Job
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Finding, Verdict
from musicvault.engine import unread
from musicvault.engine.context import Context
from musicvault.engine.library import place_library
from musicvault.engine.partial import give_partial
from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.rebuild.joining import adopt_vault
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from musicvault.engine.unread import repair_all
from musicvault.engine.verify import verify
from musicvault.errors import DriveGone
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.records import Operation
from tests.corruption.faultfs import faulty_drive
from tests.engine_room import flip
from tests.sound import make
from tests.unit.engine.rebuild.lost import Lost
from tests.unit.storage.vault.samples import record_of


def findings(room: Lost) -> list[Finding]:
    return [one.finding for one in room.notices if isinstance(one, ItemDone) and one.finding is not None]


def test_what_no_copy_has_as_the_list_states_it_is_wanted_all_the_same(room: Lost) -> None:
    """Never passed off as right, nor as born damaged: the list states what it was."""
    room.protect("a")
    room.without_snapshot("a")
    copy = room.vault("a") / "data" / "music" / "Nina" / "01 One.flac"
    right = copy.read_bytes()
    flip(copy)
    room.new_computer()
    finished = room.rebuild("a")
    assert (finished.counts["damaged"], finished.exit_code) == (1, 0)
    item = room.item("Nina/01 One.flac")
    assert (item.born_damaged, item.content.digests.is_known) == (False, False)
    assert item.content.digests.sha256 == hashlib.sha256(right).digest()
    assert room.titles() == {"", "One", "Two"}
    assert set(room.restored()) == set(room.files) - {"Nina/01 One.flac"}
    assert room.run(repair(room.ctx, dry_run=True)).exit_code == 20
    assert room.run(repair(room.ctx)).exit_code == 20
    (finding,) = findings(room)
    assert [(one.start, one.end) for one in finding.lost] == [(0, len(right))]
    said = status(room.ctx).sentence
    assert (said.text, said.detail) == (
        "1 file is damaged or unreadable.",
        "No good copy is known of it.",
    )
    room.run(give_partial(room.ctx, None, os.fsencode(room.tmp / "partial")))
    partial = room.tmp / "partial" / "music" / "Nina" / "01 One.partial-damaged.flac"
    assert partial.read_bytes() == copy.read_bytes()


def test_the_right_bytes_of_a_file_of_which_only_damaged_ones_were_left(room: Lost) -> None:
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    room.new_computer()
    room.rebuild("a")
    room.run(adopt_vault(room.ctx, os.fsencode(room.tmp / "b")))
    assert room.item("Nina/01 One.flac").content.digests.is_known
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


def test_a_bad_sector_here_and_rot_there_are_mixed(room: Lost) -> None:
    name = "01 One.flac"
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.protect("b")
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        for vault in (drive.backing / "MusicVault", room.vault("b")):
            for path in (vault / "musicvault").glob("catalog.*"):
                path.unlink()
        copy, other = (vault / "data/music/Nina" / name for vault in (drive.backing / "MusicVault", room.vault("b")))
        flip(copy, 9000)
        flip(other, 100)
        flip(other, 20000)
        drive.break_({"op": "read", "name": name, "errno": "EIO", "at": 15000})
        room.new_computer()
        room.run(rebuild(room.ctx, [os.fsencode(drive), os.fsencode(room.tmp / "b")]))
        assert room.restored() == room.files
        assert room.run(repair(room.ctx)).exit_code == 0
        drive.heal()
        assert copy.read_bytes() == other.read_bytes() == room.files[f"Nina/{name}"]
        for one in (os.fsencode(drive), os.fsencode(room.tmp / "b")):
            assert room.run(verify(one)).exit_code == 0


def test_where_much_differs_the_checksums_of_the_sound_tell(room: Lost) -> None:
    """Far too much to try all combinations: every sector is wrong on one drive or the other. The tags, which have no
    checksums, are tried."""
    name = "Nina/03 Three.flac"
    make(room.music / name, seconds=3, seed=3)
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    for first, drive in ((0, "a"), (1, "b")):
        copy = room.vault(drive) / "data" / "music" / name
        for sector in range(first, copy.stat().st_size // 4096, 2):
            flip(copy, sector * 4096 + 99)
    room.new_computer()
    room.rebuild("a", "b")
    assert room.restored() == room.files
    assert room.run(repair(room.ctx)).exit_code == 0
    for drive in "ab":
        assert room.run(verify(os.fsencode(room.tmp / drive))).exit_code == 0


def test_what_two_drives_lack_a_third_gives_later(room: Lost) -> None:
    """Until then both keep what they have, where they have it."""
    name = "Nina/01 One.flac"
    room.protect("a", "b", "c")
    room.without_snapshot("a", "b", "c")
    copies = [room.vault(drive) / "data" / "music" / name for drive in "abc"]
    flip(copies[0], 100)
    flip(copies[0], 9000)
    flip(copies[1], 100)
    flip(copies[2], 30000)
    room.new_computer()
    room.rebuild("a", "b")
    before = [copy.read_bytes() for copy in copies]
    assert room.run(repair(room.ctx)).exit_code == 20
    assert [copy.read_bytes() for copy in copies] == before
    assert [one.verdict for one in findings(room)] == [Verdict.CORRUPT] * 2
    room.run(adopt_vault(room.ctx, os.fsencode(room.tmp / "c")))
    assert room.run(repair(room.ctx, dry_run=True)).exit_code == 20
    assert [one.evidence[-1].code for one in findings(room)] == ["would-heal-from"] * 3
    assert room.run(repair(room.ctx)).exit_code == 0
    assert {copy.read_bytes() for copy in copies} == {room.files[name]}
    assert room.restored() == room.files


def test_a_copy_that_no_list_speaks_of_gives_what_it_has(room: Lost) -> None:
    name = "Nina/01 One.flac"
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    (room.vault("a") / "manifest-sha256.txt").write_bytes(b"\xff\xfe garbage\n")
    copies = [room.vault(drive) / "data" / "music" / name for drive in "ab"]
    for place, copy in zip((100, 9000), copies, strict=True):
        flip(copy, place)
    room.new_computer()
    room.rebuild("a", "b")
    assert room.restored() == room.files
    assert room.run(repair(room.ctx)).exit_code == 0
    assert {copy.read_bytes() for copy in copies} == {room.files[name]}


def test_a_copy_that_no_list_speaks_of_is_not_believed_against_a_list(room: Lost) -> None:
    name = "Nina/01 One.flac"
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    (room.vault("a") / "manifest-sha256.txt").write_bytes(b"\xff\xfe garbage\n")
    for drive in "ab":
        flip(room.vault(drive) / "data" / "music" / name)
    room.new_computer()
    room.rebuild("a", "b")
    assert room.run(repair(room.ctx)).exit_code == 20
    assert set(room.restored()) == set(room.files) - {name}


def test_what_is_gone_from_every_drive_is_told_for_as_long_as_it_is_wanted(room: Lost) -> None:
    name = "Nina/01 One.flac"
    room.protect("a", "b")
    room.without_snapshot("a", "b")
    for drive in "ab":
        (room.vault(drive) / "data" / "music" / name).unlink()
    (room.vault("a") / "data" / "music" / "Nina" / "02 Two.mp3").unlink()
    room.new_computer()
    assert room.rebuild("a", "b").counts["missing"] == 3
    assert room.run(repair(room.ctx)).exit_code == 20
    assert status(room.ctx).sentence.text == "1 file is gone, and no copy of it is known."
    assert room.item(name).content.digests.is_known is False


def test_what_can_be_read_nowhere_is_known_and_given_in_part_on_request(room: Lost) -> None:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        for path in (drive.backing / "MusicVault" / "musicvault").glob("catalog.*"):
            path.unlink()
        drive.break_({"op": "read", "name": "02 Two.mp3", "errno": "EIO", "at": 10})
        room.new_computer()
        room.run(rebuild(room.ctx, [os.fsencode(drive)]))
        assert not room.item("Nina/02 Two.mp3").content.digests.is_known
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
        assert room.item("Nina/02 Two.mp3").content.digests.is_known
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
    assert room.item("Nina/01 One.flac").content.digests.is_known
    assert room.run(repair(room.ctx)).exit_code == 0
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
        assert room.item(name).content.digests.is_known


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


@pytest.mark.parametrize("computer", ["the same", "a new one"])
def test_a_journal_with_a_bad_sector_keeps_no_drive_from_being_written(room: Lost, computer: str) -> None:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)]))
        vault = drive.backing / "MusicVault"
        with Journal(VaultLayout(os.fsencode(vault)).journal) as journal:
            journal.append(record_of(b"data/music/Nina/cover.jpg", b"picture" * 100, operation=Operation.EXPECT))
        number = (vault / "musicvault" / "journal").stat().st_ino
        drive.break_({"op": "read", "inode": number, "errno": "EIO"})
        if computer == "the same":
            (room.music / "new.txt").write_bytes(b"new")
            room.scan()
            assert room.run(sync(room.ctx)).exit_code == 0
            assert (vault / "data/music/new.txt").read_bytes() == b"new"
        else:
            room.new_computer()
            assert room.run(rebuild(room.ctx, [os.fsencode(drive)])).exit_code == 0
            assert room.restored() == room.files
        assert room.run(repair(room.ctx)).exit_code == 0
        assert room.run(verify(os.fsencode(drive))).exit_code == 0
        assert (vault / "musicvault" / "journal.unread").stat().st_ino == number


def test_a_scrub_after_a_rebuild_reads_everything(room: Lost) -> None:
    """Also what the rebuild itself has read: the user asks how the drive is now."""
    room.protect("a")
    room.without_snapshot("a")
    room.new_computer()
    assert room.rebuild("a").counts["read"] == len(room.files)
    flip(room.vault("a") / "data" / "music" / "Nina" / "01 One.flac")
    finished = room.run(scrub(room.ctx))
    assert (finished.counts["checked"], finished.counts["corrupt"]) == (len(room.files), 1)


def test_a_drive_that_is_away_is_read_by_the_first_repair_that_meets_it(
    room: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.protect("a", "b")
    copy = room.vault("b") / "data" / "music" / "Nina" / "01 One.flac"
    room.new_computer()
    room.rebuild("a", "b")
    flip(copy)
    (room.tmp / "b").rename(room.tmp / "away")
    assert room.run(repair_all(room.ctx)).exit_code == 0
    assert [one.where for one in room.done() if one.action == "noted"] == ["a"]
    (room.tmp / "away").rename(room.tmp / "b")

    def gone(*_: object, **__: object) -> Job:
        raise DriveGone("it was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(unread, "scrub", gone)
        with pytest.raises(DriveGone):
            list(repair_all(room.ctx))
    assert room.run(repair_all(room.ctx)).counts["repaired"] == 1
    assert [one.where for one in room.done() if one.action == "noted"] == ["b"]


def test_repair_reads_first_what_nobody_read_since_the_rebuild(room: Lost) -> None:
    room.protect("a", "b")
    copies = [room.vault(drive) / "data" / "music" / "Nina" / "01 One.flac" for drive in ("a", "b")]
    right = copies[0].read_bytes()
    flip(copies[0])
    room.new_computer()
    assert room.rebuild("a", "b").counts["read"] == 0
    finished = room.run(repair_all(room.ctx))
    assert (finished.counts["repaired"], finished.exit_code) == (1, 0)
    assert [finding.healed for finding in findings(room)] == [True]
    assert copies[0].read_bytes() == right
    assert [one.where for one in room.done() if one.action == "noted"] == ["a", "b"]
    flip(copies[1])
    assert room.run(repair_all(room.ctx)).counts["repaired"] == 0, "they were read: a scrub finds what comes later"
    assert room.notices == [one for one in room.notices if not isinstance(one, ItemDone)]
