"""Sync onto drives that fill up, break, lie and vanish: nothing half, nothing lost, and the next run goes on."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest

from musicvault.catalog import intents, vaults
from musicvault.domain.notices import Advanced, Finished, ItemDone, Notice, Started
from musicvault.domain.states import ReplicaState
from musicvault.engine.sync import sync
from musicvault.errors import Cancelled, DriveGone, NoSpace, VaultError
from musicvault.runtime.control import Control
from tests.corruption.drives import KINDS, Drive, drive
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.guarded import Guarded, is_valid

SIZE = 300_000


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    for number in range(12):
        (room.music / f"{number:02}.bin").write_bytes(os.urandom(SIZE))
    return room


def ended_by(error: type[Exception], job: Iterable[Notice], notices: list[Notice]) -> str:
    """Run a job that ends by raising this error; gives its message. The notices go into the list."""
    try:
        for notice in job:
            notices.append(notice)
    except error as raised:
        return str(raised)
    raise AssertionError(f"no {error.__name__}")


def finished(notices: list[Notice]) -> Finished:
    last = notices[-1]
    assert isinstance(last, Finished)
    return last


def partials(root: Path) -> list[Path]:
    return list((root / "MusicVault" / "musicvault" / "incoming").iterdir())


# -- full


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Drive]:
    with drive("tmpfs", tmp_path / "disk", mib=4) as made:
        yield made


@pytest.mark.root
def test_a_full_drive_is_foretold_and_filled_with_what_fits(room: Guarded, small: Drive) -> None:
    made = room.drive("small", small.point)
    room.add()
    room.scan()
    foretold: list[Notice] = []
    ended_by(NoSpace, sync(room.ctx, dry_run=True), foretold)
    notices: list[Notice] = []
    message = ended_by(NoSpace, sync(room.ctx), notices)
    assert "small" in message
    end = finished(notices)
    assert end.exit_code == NoSpace.exit_code
    assert 0 < end.counts["copied"] < 12
    assert end.counts["copied"] + end.counts["left_out"] == 12
    assert end.counts["short_bytes"] > 0
    assert finished(foretold).counts == end.counts
    actions = [notice.action for notice in notices if isinstance(notice, ItemDone)]
    assert actions.index("noted") < actions.index("copied"), "said before the first byte"
    assert is_valid(made)
    assert vaults.every(room.catalog)[0].snapshot_at is not None, "its room was kept free"
    again: list[Notice] = []
    ended_by(NoSpace, sync(room.ctx), again)
    assert finished(again).counts["already"] == end.counts["copied"]
    assert is_valid(made)


@pytest.mark.root
def test_a_drive_too_small_for_anything_is_what_is_called_full(room: Guarded, small: Drive) -> None:
    """Not the catalog's own disk, where a copy of the catalog doesn't fit on the drive."""
    made = room.drive("small", small.point)
    with (small.point / "other people's things").open("wb") as file:
        file.write(bytes((small.mib << 20) - (200 << 10)))
    room.add()
    room.scan()
    notices: list[Notice] = []
    assert "small" in ended_by(NoSpace, sync(room.ctx), notices)
    assert not [done for done in notices if isinstance(done, ItemDone) and "disk that holds" in done.problem]
    assert is_valid(made)


@pytest.mark.root
def test_two_vaults_of_one_volume_share_its_space(room: Guarded, small: Drive) -> None:
    one = room.drive("one", small.point / "one")
    two = room.drive("two", small.point / "two")
    room.add()
    room.scan()
    notices: list[Notice] = []
    ended_by(NoSpace, sync(room.ctx), notices)
    assert is_valid(one)
    assert is_valid(two)
    assert finished(notices).counts["failed"] == 0


@pytest.mark.root
def test_a_drive_that_fills_up_in_mid_copy(room: Guarded, small: Drive) -> None:
    made = room.drive("small", small.point)
    for path in sorted(room.music.iterdir())[5:]:
        path.unlink()
    room.add()
    room.scan()
    notices: list[Notice] = []
    job = sync(room.ctx)
    for notice in job:
        notices.append(notice)
        if isinstance(notice, Advanced):
            break
    hog = small.point / "somebody else's"
    fill_up(hog)
    message = ended_by(NoSpace, job, notices)
    assert "full" in message
    assert partials(small.point) == []
    hog.unlink()
    room.run(sync(room.ctx))
    assert is_valid(made)
    assert room.copy_state("small", "04.bin") is ReplicaState.INTACT


def fill_up(hog: Path) -> None:
    with hog.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


# -- side by side


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Drive, Drive]]:
    with drive("tmpfs", tmp_path / "one", mib=16) as one, drive("tmpfs", tmp_path / "two", mib=16) as two:
        yield one, two


@pytest.mark.root
def test_drives_on_disks_of_their_own_are_written_side_by_side(room: Guarded, pair: tuple[Drive, Drive]) -> None:
    made = [room.drive(label, disk.point) for label, disk in zip(("one", "two"), pair, strict=True)]
    room.add()
    room.scan()
    end = room.run(sync(room.ctx))
    assert (end.counts["copied"], end.counts["bytes"], end.exit_code) == (24, 24 * SIZE, 0)
    started = [notice for notice in room.notices if isinstance(notice, Started)]
    assert (started[-1].files, started[-1].bytes) == (24, 24 * SIZE)
    advanced = [notice for notice in room.notices if isinstance(notice, Advanced)]
    assert [notice.files for notice in advanced] == list(range(1, 25))
    assert advanced[-1].bytes == 24 * SIZE
    assert all(is_valid(vault) for vault in made)


@pytest.mark.root
def test_one_that_fails_does_not_stop_the_other(room: Guarded, pair: tuple[Drive, Drive]) -> None:
    made = [room.drive(label, disk.point) for label, disk in zip(("one", "two"), pair, strict=True)]
    room.add()
    room.scan()
    hog = pair[0].point / "hog"
    fill_up(hog)
    notices: list[Notice] = []
    ended_by(NoSpace, sync(room.ctx), notices)
    assert finished(notices).counts["copied"] == 12
    assert is_valid(made[1])
    hog.unlink()
    assert room.run(sync(room.ctx)).counts["copied"] == 12
    assert all(is_valid(vault) for vault in made)


@pytest.mark.root
def test_cancelled_side_by_side_both_are_left_whole(room: Guarded, pair: tuple[Drive, Drive]) -> None:
    made = [room.drive(label, disk.point) for label, disk in zip(("one", "two"), pair, strict=True)]
    room.add()
    room.scan()
    control = Control()

    def until_the_fifth(job: Iterable[Notice]) -> Iterator[Notice]:
        for number, notice in enumerate(notice for notice in job if isinstance(notice, Advanced)):
            if number == 4:
                control.cancel()
            yield notice

    with pytest.raises(Cancelled):
        list(until_the_fifth(sync(room.ctx.with_checkpoint(control.checkpoint))))
    assert all(is_valid(vault) for vault in made)
    assert intents.pending(room.catalog) == []
    room.run(sync(room.ctx))
    assert all(is_valid(vault) for vault in made)
    job = sync(room.ctx, None)
    next(job)
    assert isinstance(job, Generator)
    job.close()


# -- every kind of file system


@pytest.mark.root
@pytest.mark.parametrize("kind", KINDS)
def test_names_of_every_sort_on_every_kind_of_drive(tmp_path: Path, kind: str) -> None:
    names = [
        b"plain.txt",
        b"Twin.txt",
        b"twin.txt",
        b"Folder/a.txt",
        b"folder/a.txt",
        b'what? it\'s: 100% <"new">*|.txt',
        b"trailing dot.",
        b" blanks ",
        b"con.txt",
        b"new\nline\tand\x7f.txt",
        "emoji \N{MULTIPLE MUSICAL NOTES} e\N{COMBINING ACUTE ACCENT}.txt".encode(),
        "emoji \N{MULTIPLE MUSICAL NOTES} \N{LATIN SMALL LETTER E WITH ACUTE}.txt".encode(),
        b"latin1 \xe9.txt",
        b"n" * 251 + b".txt",
        b"?" * 120 + b".txt",
        b"a=3Ab.txt",
        b"back\\slash.txt",
    ]
    room = Guarded(tmp_path)
    for number, name in enumerate(names):
        path = os.path.join(os.fsencode(room.music), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"content %d" % number)
    with drive(kind, tmp_path / "disk") as disk:
        made = room.drive(kind, disk.point)
        room.protect()
        assert is_valid(made)
        rows = room.catalog.rows("SELECT path, item_id FROM replica WHERE vault_id IS NOT NULL")
        assert len(rows) == len(names)
        again = room.run(sync(room.ctx))
        assert (again.counts["already"], again.counts["copied"], again.counts["renamed"]) == (len(names), 0, 0)
        disk.unmount()
        disk.mount()
        for path, item_id in rows:
            (folder, name) = room.catalog.rows("SELECT folder, name FROM item WHERE id = ?", (item_id,))[0]
            original = os.path.join(os.fsencode(room.music), folder, name)
            copy = os.path.join(os.fsencode(disk.point), b"MusicVault", path)
            with open(original, "rb") as one, open(copy, "rb") as other:
                assert one.read() == other.read()


# -- broken


@pytest.mark.root
def test_a_drive_that_is_pulled_out_in_mid_copy(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk", mib=64) as disk:
        made = room.drive("stick", disk.point)
        room.add()
        room.scan()
        job = sync(room.ctx)
        notices = [next(job) for _ in range(6)]
        disk.yank()
        ended_by(VaultError, job, notices)
        assert finished(notices).exit_code == DriveGone.exit_code
        disk.unmount()
        disk.mount()
        room.run(sync(room.ctx))
        assert is_valid(made)
        assert intents.pending(room.catalog) == []
        assert {room.copy_state("stick", f"{number:02}.bin") for number in range(12)} == {ReplicaState.INTACT}
        for number in range(12):
            assert room.copy("stick", f"{number:02}.bin").stat().st_size == SIZE


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyDrive]:
    with faulty_drive(tmp_path / "faulty") as made:
        yield made


@pytest.mark.parametrize("op", ["write", "fsync", "create", "rename"])
@pytest.mark.parametrize("errno", ["ENOSPC", "EIO"])
def test_an_error_in_any_step_leaves_nothing_half(room: Guarded, faulty: FaultyDrive, op: str, errno: str) -> None:
    made = room.drive("faulty", faulty.point)
    room.add()
    room.scan()
    faulty.break_({"op": op, "errno": errno, "after": 14, "times": 1})
    notices: list[Notice] = []
    try:
        for notice in sync(room.ctx):
            notices.append(notice)
    except VaultError:
        pass
    assert isinstance(notices[-1], Finished)
    faulty.heal()
    room.run(sync(room.ctx))
    assert partials(faulty.point) == []
    assert is_valid(made)
    assert {room.copy_state("faulty", f"{number:02}.bin") for number in range(12)} == {ReplicaState.INTACT}


def test_a_drive_that_gives_back_other_bytes_keeps_no_copy(room: Guarded, faulty: FaultyDrive) -> None:
    made = room.drive("faulty", faulty.point)
    room.add()
    room.scan()
    faulty.break_({"op": "read", "name": "-3.partial", "at": 1000, "flip": True})
    end = room.run(sync(room.ctx))
    assert (end.counts["failed"], end.counts["copied"], end.exit_code) == (1, 11, 3)
    assert partials(faulty.point) == []
    faulty.heal()
    assert room.run(sync(room.ctx)).counts["copied"] == 1
    assert is_valid(made)


@pytest.mark.root
def test_a_library_that_is_pulled_out_in_mid_copy_is_said_once(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    with drive("ext4", tmp_path / "disk") as disk:
        room.music = disk.point / "Music"
        room.music.mkdir()
        for number in range(200):
            (room.music / f"{number:03}.bin").write_bytes(os.urandom(2000))
        os.sync()  # else the plug takes what its owner hadn't written yet
        made = room.drive("good")
        room.add()
        room.scan()
        job = sync(room.ctx)
        notices: list[Notice] = []
        for notice in job:
            notices.append(notice)
            if isinstance(notice, Advanced) and notice.files == 100:
                break
        disk.yank()
        disk.unmount()
        ended_by(DriveGone, job, notices)
        end = finished(notices)
        assert end.counts["copied"] >= 64
        assert end.counts["failed"] <= 64
        assert end.counts["copied"] + end.counts["failed"] + end.counts["kept_back"] == 200
        assert is_valid(made)
        disk.mount()
        room.scan()
        assert {room.state(f"{number:03}.bin") for number in range(200)} == {ReplicaState.INTACT}
        room.run(sync(room.ctx))
        assert room.copy("good", "199.bin").exists()


def test_a_source_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path, faulty: FaultyDrive) -> None:
    room = Guarded(tmp_path)
    room.music = faulty.point / "Music"
    room.music.mkdir()
    for number in range(6):
        (room.music / f"{number}.bin").write_bytes(os.urandom(5000))
    made = room.drive("good")
    room.add()
    room.scan()
    faulty.break_({"op": "read", "name": "3.bin", "errno": "EIO"})
    end = room.run(sync(room.ctx))
    assert (end.counts["failed"], end.counts["copied"]) == (1, 5)
    assert room.state("3.bin") is ReplicaState.INTACT, "unreadable is no verdict of a copy (M2)"
    faulty.heal()
    assert room.run(sync(room.ctx)).counts["copied"] == 1
    assert is_valid(made)
