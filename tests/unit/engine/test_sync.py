"""Sync brings every item that is what it should be to every drive, and leaves a bag that anyone can verify."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from musicvault.catalog import items, libraries, replicas
from musicvault.domain.notices import Finished, ItemDone, Notice
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.sync import sync
from musicvault.errors import Cancelled, DriveGone, DriveRefused, Locked, UsageError
from tests.conftest import PROJECT
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import FILLING, Guarded, fill, is_valid, put
from tests.sound import retag


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


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


def test_a_retagged_track_replaces_the_older_version_which_is_kept(room: Guarded) -> None:
    fill(room)
    track = room.track("song.flac", title="Before")
    drive = room.drive("one")
    room.protect()
    before = track.read_bytes()
    retag(track, title="After")
    room.scan()
    finished = room.run(sync(room.ctx))
    assert (finished.counts["replaced"], finished.counts["copied"]) == (1, 0)
    assert room.copy("one", "song.flac").read_bytes() == track.read_bytes() != before
    kept = [
        replica for replica in replicas.of_item(room.catalog, room.item("song.flac").id) if replica.role == "version"
    ]
    (version,) = kept
    assert Path(os.fsdecode(drive.folder), os.fsdecode(version.path)).read_bytes() == before
    assert version.state is ReplicaState.INTACT
    assert is_valid(drive)


def test_what_vanished_from_the_library_stays_on_the_drive(room: Guarded) -> None:
    fill(room)
    gone = put(room, "gone.txt", b"precious")
    drive = room.drive("one")
    room.protect()
    gone.unlink()
    room.scan()
    finished = room.run(sync(room.ctx))
    assert finished.exit_code == 0
    assert room.copy("one", "gone.txt").read_bytes() == b"precious"
    assert is_valid(drive)


def test_damage_found_in_the_source_is_a_finding_and_goes_nowhere(room: Guarded) -> None:
    fill(room)
    track = room.track("song.flac")
    drive = room.drive("one")
    room.add()
    room.scan()
    flip(track)
    finished = room.run(sync(room.ctx))
    assert finished.exit_code == 20
    assert ("song.flac", Verdict.CORRUPT) in room.findings()
    assert not room.copy("one", "song.flac").exists()
    assert room.state("song.flac") is ReplicaState.CORRUPT
    assert is_valid(drive)
    again = room.run(sync(room.ctx))
    assert (again.counts["kept_back"], again.exit_code) == (1, 20), "what isn't copied is never passed over in silence"


def test_an_edit_since_the_scan_waits_for_the_next_scan(room: Guarded) -> None:
    fill(room)
    track = room.track("song.flac", title="Before")
    room.drive("one")
    room.add()
    room.scan()
    retag(track, title="After")
    finished = room.run(sync(room.ctx))
    assert (finished.exit_code, finished.counts["failed"]) == (3, 1)
    assert not room.copy("one", "song.flac").exists()
    room.protect()
    assert room.copy("one", "song.flac").read_bytes() == track.read_bytes()


def test_another_drive_is_the_source_while_the_library_lacks_the_file(room: Guarded) -> None:
    fill(room)
    lost = put(room, "lost.txt", b"only on drive one")
    room.drive("one")
    room.protect()
    lost.unlink()
    room.scan()
    two = room.drive("two")
    finished = room.run(sync(room.ctx))
    assert finished.exit_code == 0
    assert room.copy("two", "lost.txt").read_bytes() == b"only on drive one"
    assert is_valid(two)


def test_all_of_a_library_that_is_away_comes_from_another_drive(room: Guarded) -> None:
    fill(room)
    room.drive("one")
    room.protect()
    room.music.rename(room.tmp / "away")
    two = room.drive("two")
    finished = room.run(sync(room.ctx))
    assert (finished.exit_code, finished.counts["copied"]) == (0, FILLING)
    assert is_valid(two)


def test_a_forgotten_item_is_not_copied_and_not_removed(room: Guarded) -> None:
    fill(room)
    put(room, "let go.txt", b"not wanted any more")
    room.drive("one")
    room.protect()
    with room.catalog.transaction(room.now()) as transaction:
        items.forget(transaction, room.item("let go.txt").id)
    room.drive("two")
    room.run(sync(room.ctx))
    assert not room.copy("two", "let go.txt").exists()
    assert room.copy("one", "let go.txt").exists()


def test_the_brake_lets_additions_pass_and_nothing_that_changed(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.protect()
    changed = [put(room, f"filling/{number}.txt", b"encrypted!" * 9) for number in range(FILLING)]
    for path in changed:
        os.utime(path, ns=(10**18, 10**18))
    put(room, "new.txt", b"added")
    room.scan()
    finished = room.run(sync(room.ctx))
    assert (finished.counts["copied"], finished.counts["replaced"], finished.exit_code) == (1, 0, 22)
    assert room.run(sync(room.ctx)).exit_code == 22
    assert room.copy("one", "filling/0.txt").read_bytes() == b"number 0"
    assert room.copy("one", "new.txt").read_bytes() == b"added"
    room.scan(confirm=True)
    confirmed = room.run(sync(room.ctx))
    assert (confirmed.counts["replaced"], confirmed.exit_code) == (FILLING, 0)
    assert is_valid(drive)


def test_changes_that_were_accepted_before_the_brake_wait_too(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.protect()
    put(room, "filling/0.txt", b"changed by hand")
    room.scan()
    library = libraries.every(room.catalog)[0]
    with room.catalog.transaction(room.now()) as transaction:
        libraries.add_changes(transaction, library.id, FILLING)
    finished = room.run(sync(room.ctx))
    assert (finished.counts["replaced"], finished.counts["kept_back"]) == (0, 1)
    assert room.copy("one", "filling/0.txt").read_bytes() == b"number 0"
    assert is_valid(drive)


def test_two_older_versions_of_one_name_and_content_are_both_kept(room: Guarded) -> None:
    fill(room)
    for disc in ("Disc 1", "Disc 2"):
        put(room, f"{disc}/cover.jpg", b"front" * 100)
    one = room.drive("one")
    room.protect()
    for disc in ("Disc 1", "Disc 2"):
        put(room, f"{disc}/cover.jpg", b"better front" * 100)
    room.protect()
    kept = Path(os.fsdecode(one.folder), "musicvault/versions").rglob("*cover.jpg")
    assert [path.read_bytes() for path in kept] == [b"front" * 100] * 2
    assert is_valid(one)


def test_a_damaged_older_copy_goes_to_quarantine_not_to_the_versions(room: Guarded) -> None:
    fill(room)
    file = put(room, "cover.jpg", b"first" * 100)
    drive = room.drive("one")
    room.protect()
    flip(room.copy("one", "cover.jpg"))
    damaged = room.copy("one", "cover.jpg").read_bytes()
    room.scrub(drives=["one"])
    file.write_bytes(b"second" * 100)
    os.utime(file, ns=(10**18, 10**18))
    room.scan()
    room.run(sync(room.ctx))
    root = Path(os.fsdecode(drive.folder), "musicvault")
    assert [path.read_bytes() for path in (root / "quarantine").iterdir()] == [damaged]
    assert list((root / "versions").rglob("*.jpg")) == []
    assert room.copy("one", "cover.jpg").read_bytes() == file.read_bytes()
    assert is_valid(drive)


def test_a_strangers_file_in_the_way_is_moved_aside_not_overwritten(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.protect()
    put(room, "new.txt", b"ours")
    room.copy("one", "new.txt").write_bytes(b"somebody else's")
    room.protect()
    assert room.copy("one", "new.txt").read_bytes() == b"ours"
    quarantine = Path(os.fsdecode(drive.folder), "musicvault", "quarantine")
    assert [path.read_bytes() for path in quarantine.iterdir()] == [b"somebody else's"]
    assert is_valid(drive)


def test_a_copy_that_scrub_found_missing_comes_back(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.protect()
    room.copy("one", "filling/3.txt").unlink()
    room.scrub(drives=["one"])
    assert room.copy_state("one", "filling/3.txt") is ReplicaState.MISSING
    assert room.run(sync(room.ctx)).counts["copied"] == 1
    assert room.copy_state("one", "filling/3.txt") is ReplicaState.INTACT
    assert is_valid(drive)


def test_a_dry_run_says_what_and_why_and_writes_nothing(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.add()
    room.scan()
    before = tree(Path(os.fsdecode(drive.folder)))
    finished = room.run(sync(room.ctx, dry_run=True))
    assert finished.counts["copied"] == FILLING
    assert {done.reason for done in room.done()} == {"no-copy-on-drive"}
    assert tree(Path(os.fsdecode(drive.folder))) == before


def test_only_the_chosen_drives_and_only_known_ones(room: Guarded) -> None:
    fill(room)
    one, two = room.drive("one"), room.drive("two")
    room.add()
    room.scan()
    room.run(sync(room.ctx, [two.id]))
    assert not room.copy("one", "filling/0.txt").exists()
    assert room.copy("two", "filling/0.txt").exists()
    with pytest.raises(UsageError):
        room.run(sync(room.ctx, ["no such drive"]))
    shutil.rmtree(os.fsdecode(one.folder))
    assert room.run(sync(room.ctx)).exit_code == 0, "a drive in a drawer is no error where all were meant"
    assert [(done.action, done.where) for done in room.done()] == [("noted", "one")], "but it is said"
    notices = list(ended_by(DriveGone, sync(room.ctx, [one.id, two.id])))
    assert isinstance(notices[-1], Finished)
    assert list((room.tmp / "one").iterdir()) == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_no_drive_at_all_is_refused_and_each_is_named(room: Guarded, dry_run: bool) -> None:
    fill(room)
    for label in ("one", "two"):
        shutil.rmtree(os.fsdecode(room.drive(label).folder))
    room.add()
    room.scan()
    notices = list(ended_by(DriveGone, sync(room.ctx, dry_run=dry_run)))
    assert [notice.where for notice in notices if isinstance(notice, ItemDone)] == ["one", "two"]
    finished = notices[-1]
    assert isinstance(finished, Finished)
    assert (finished.counts["copied"], finished.exit_code) == (0, 11)


def test_cancelling_keeps_what_was_done_and_a_valid_bag(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.add()
    room.scan()
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        if calls > 12:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(sync(room.ctx.with_checkpoint(checkpoint)))
    copied = len(list(Path(os.fsdecode(drive.folder), "data").rglob("*.txt")))
    assert 0 < copied < FILLING
    assert is_valid(drive)
    assert room.run(sync(room.ctx)).counts["copied"] == FILLING - copied


def test_a_closed_job_leaves_no_partial_and_no_intent(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.add()
    room.scan()
    job = sync(room.ctx)
    for notice in job:
        if isinstance(notice, ItemDone):
            break
    assert hasattr(job, "close")
    job.close()
    assert list(Path(os.fsdecode(drive.folder), "musicvault", "incoming").iterdir()) == []
    assert room.catalog.rows("SELECT * FROM intent") == []
    assert is_valid(drive)
    room.protect()
    assert is_valid(drive)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ended_by(error: type[Exception], job: Iterable[Notice]) -> Iterator[Notice]:
    """The notices of a job that ends by raising this error."""
    with pytest.raises(error):
        yield from job


def test_sync_with_no_drive_there_is_refused(room: Guarded) -> None:
    fill(room)
    drive = room.drive("one")
    room.add()
    room.scan()
    shutil.rmtree(os.fsdecode(drive.folder))
    notices = list(ended_by(DriveGone, sync(room.ctx)))
    assert isinstance(notices[-1], Finished)
    assert os.listdir(room.tmp / "one") == []


def test_a_drive_at_which_another_process_works_is_left_to_it(room: Guarded) -> None:
    fill(room)
    one, two = room.drive("one"), room.drive("two")
    room.add()
    room.scan()
    holder = (
        "import os, sys; from musicvault.storage.vault.lockfile import VaultLock; import time;"
        "lock = VaultLock(os.fsencode(sys.argv[1]), time.time); lock.acquire(); print('held', flush=True);"
        "sys.stdin.read()"
    )
    path = os.path.join(os.fsdecode(one.folder), "musicvault", "lock")
    other = subprocess.Popen(
        [sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    notices = list(ended_by(Locked, sync(room.ctx)))
    assert [done.problem for done in notices if isinstance(done, ItemDone) and str(other.pid) in done.problem]
    assert not room.copy("one", "filling/0.txt").exists()
    assert room.copy("two", "filling/0.txt").exists()
    other.kill()
    other.communicate()
    assert room.run(sync(room.ctx)).counts["copied"] == FILLING
    assert is_valid(one)
    assert is_valid(two)


def test_born_damaged_tracks_are_copied_as_they_are(room: Guarded) -> None:
    fill(room)
    whole = room.track("album/whole.flac")
    damaged = put(room, "album/damaged.flac", whole.read_bytes()[:-2000])
    (room.music / "album" / "album.md5").write_text(f"{'0' * 32}  damaged.flac\n")
    drive = room.drive("one")
    room.protect()
    assert room.item("album/damaged.flac").born_damaged
    assert room.copy("one", "album/damaged.flac").read_bytes() == damaged.read_bytes()
    assert is_valid(drive)


def test_what_lies_behind_a_link_in_the_place_of_the_working_folder_stays(room: Guarded, tmp_path: Path) -> None:
    put(room, "a.txt", b"a")
    vault = room.drive("one")
    room.protect()
    incoming = Path(os.fsdecode(vault.folder)) / "musicvault" / "incoming"
    shutil.rmtree(incoming)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_bytes(b"mine")
    incoming.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DriveRefused, match="incoming is a link"):
        room.run(sync(room.ctx))
    assert os.listdir(tmp_path / "elsewhere") == ["mine.txt"]


@pytest.mark.root
def test_what_an_interrupted_copy_left_takes_no_room(room: Guarded) -> None:
    (room.music / "long.bin").write_bytes(os.urandom(4 << 20))
    with drive("tmpfs", room.tmp / "disk", mib=9) as disk:
        made = room.drive("Small", disk.point)
        left = Path(os.fsdecode(made.folder)) / "musicvault/incoming/pulled.partial"
        left.write_bytes(bytes(4 << 20))
        room.protect()
        assert not left.exists()
        assert room.copy("Small", "long.bin").stat().st_size == 4 << 20
