"""Rot as it really happens: bytes change on the disk below a file system, and nothing else does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.catalog import vaults
from musicvault.domain.notices import Finished, ItemDone, Notice
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.errors import DriveGone
from tests.corruption.drives import Drive, drive
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.guarded import Guarded, is_valid

V = Verdict
ONE = "album/1.flac"
NAMES = (ONE, "album/2.flac", "cover.jpg")


def fill(room: Guarded) -> None:
    room.track(ONE, 1, title="Dawn")
    room.track("album/2.flac", 2, title="Dusk")
    (room.music / "cover.jpg").write_bytes(os.urandom(30_000))


def middle(path: Path) -> bytes:
    """256 bytes out of the sound, which occur nowhere else on the disk."""
    data = path.read_bytes()
    return data[len(data) // 2 : len(data) // 2 + 256]


@pytest.fixture
def library_disk(tmp_path: Path) -> Iterator[Drive]:
    with drive("ext4", tmp_path / "disk of the library") as mounted:
        yield mounted


@pytest.fixture
def room(tmp_path: Path, library_disk: Drive) -> Guarded:
    """A library on a disk of its own."""
    made = Guarded(tmp_path)
    made.music.rmdir()
    made.music = library_disk.point / "Music"
    made.music.mkdir()
    fill(made)
    return made


def protected_on(room: Guarded, disk: Drive | FaultyDrive) -> vaults.Vault:
    """The library protected on that drive."""
    vault = room.drive("Elements", disk.point)
    room.protect()
    return vault


def states(room: Guarded) -> set[ReplicaState]:
    return {room.copy_state("Elements", name) for name in NAMES}


def test_one_flipped_bit_in_each_place_is_found_and_healed(room: Guarded, library_disk: Drive, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "elements") as disk:
        vault = protected_on(room, disk)
        right = {name: (room.music / name).read_bytes() for name in NAMES}
        stat = (room.music / ONE).stat()
        library_disk.rot(middle(room.music / ONE))
        disk.rot(middle(room.copy("Elements", "cover.jpg")), 7, 0x80)
        now = (room.music / ONE).stat()
        assert (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        assert room.scan().counts["unchanged"] == 3  # nothing moved: a scan can't see it

        assert room.scrub().exit_code == 20
        assert room.verdicts() == {("Music", ONE, V.CORRUPT), ("Elements", "cover.jpg", V.CORRUPT)}
        assert room.repair().exit_code == 0
        assert [finding.healed for finding in room.told()] == [True, True]

        assert (room.music / ONE).stat().st_mtime_ns == stat.st_mtime_ns
        for name, data in right.items():
            assert (room.music / name).read_bytes() == data
            assert room.copy("Elements", name).read_bytes() == data
        assert room.scrub().exit_code == 0
        assert room.told() == []
        assert is_valid(vault)


def test_rot_in_the_tags_is_rot(room: Guarded, library_disk: Drive, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "elements") as disk:
        protected_on(room, disk)
        data = (room.music / ONE).read_bytes()
        start = data.index(b"Dawn")
        library_disk.rot(data[start - 40 : start + 216], 40)
        assert room.scrub().exit_code == 20
        assert room.verdicts() == {("Music", ONE, V.CORRUPT)}
        assert "wrapper-damaged" in [fact.code for finding in room.told() for fact in finding.evidence]
        assert room.repair().exit_code == 0
        assert (room.music / ONE).read_bytes() == data


def test_what_the_disk_can_t_read_is_unreadable_and_healed(room: Guarded, tmp_path: Path) -> None:
    with drive("btrfs", tmp_path / "elements") as disk:
        vault = protected_on(room, disk)
        copy = room.copy("Elements", ONE)
        disk.rot(middle(copy))  # btrfs checks its own data: this is a real EIO
        with pytest.raises(OSError, match="Input/output"):
            copy.read_bytes()
        assert room.scrub().exit_code == 20
        assert room.verdicts() == {("Elements", ONE, V.UNREADABLE)}
        (finding,) = room.told()
        assert finding.evidence[0].code == "read-error-at"
        assert room.repair().exit_code == 0
        assert copy.read_bytes() == (room.music / ONE).read_bytes()
        assert len(os.listdir(os.path.join(vault.folder, b"musicvault/quarantine"))) == 1
        assert room.scrub().exit_code == 0


def test_a_library_file_that_the_disk_can_t_read_is_healed_from_a_drive(tmp_path: Path) -> None:
    with drive("btrfs", tmp_path / "disk of the library") as disk:
        room = Guarded(tmp_path)
        room.music.rmdir()
        room.music = disk.point / "Music"
        room.music.mkdir()
        fill(room)
        room.drive("Elements")
        room.protect()
        right = (room.music / ONE).read_bytes()
        disk.rot(middle(room.music / ONE))
        room.scrub()
        assert room.verdicts() == {("Music", ONE, V.UNREADABLE)}
        assert room.repair().exit_code == 0
        assert (room.music / ONE).read_bytes() == right
        assert room.scrub().exit_code == 0


@pytest.mark.parametrize("kind", ["exfat", "ntfs"])
def test_rot_is_healed_on_the_file_systems_of_bought_drives(tmp_path: Path, kind: str) -> None:
    room = Guarded(tmp_path)
    fill(room)
    with drive(kind, tmp_path / "elements") as disk:
        vault = protected_on(room, disk)
        right = room.copy("Elements", ONE).read_bytes()
        disk.rot(middle(room.copy("Elements", ONE)))
        assert room.scrub(drives=["Elements"]).exit_code == 20
        assert room.verdicts() == {("Elements", ONE, V.CORRUPT)}
        assert room.repair().exit_code == 0
        assert room.copy("Elements", ONE).read_bytes() == right
        assert room.scrub().exit_code == 0
        assert is_valid(vault)


# -- drives that come, go and lie


def test_an_empty_mount_point_is_no_empty_drive(room: Guarded, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "elements") as disk:
        vault = protected_on(room, disk)
        disk.unmount()
        assert room.scrub().counts["checked"] == 3
        with pytest.raises(DriveGone):
            list(scrub(room.ctx, vault_ids=[vault.id]))
        assert states(room) == {ReplicaState.INTACT}
        disk.mount(tmp_path / "elsewhere")
        assert room.scrub(drives=["Elements"]).counts["intact"] == 3


def test_a_library_whose_disk_is_away_is_not_deleted(room: Guarded, library_disk: Drive, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "elements") as disk:
        protected_on(room, disk)
        library_disk.unmount()
        assert room.scrub().counts["checked"] == 3
        assert room.repair(missing=True).counts["repaired"] == 0
        assert {room.state(name) for name in NAMES} == {ReplicaState.INTACT}
        assert list(library_disk.point.iterdir()) == []


def test_a_yanked_drive_is_no_verdict_on_its_files(room: Guarded, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "elements") as disk:
        vault = protected_on(room, disk)
        notices: list[Notice] = []
        pulled: list[bool] = []

        def pull() -> None:
            if not pulled:
                pulled.append(True)
                disk.yank()

        with pytest.raises(DriveGone):
            notices.extend(scrub(room.ctx.with_checkpoint(pull), vault_ids=[vault.id]))
        assert isinstance(notices[-1], Finished)
        assert not [notice for notice in notices if isinstance(notice, ItemDone) and notice.finding]
        assert states(room) == {ReplicaState.INTACT}


def test_a_read_that_went_wrong_once_is_no_damage(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    fill(room)
    with faulty_drive(tmp_path / "elements") as disk:
        protected_on(room, disk)
        disk.break_({"op": "read", "name": "1.flac", "flip": True, "at": 5000, "times": 1})
        finished = room.scrub(drives=["Elements"])
        assert finished.exit_code == 0
        assert finished.counts["intact"] == 3
        assert room.told() == []


def test_a_cable_that_lies_every_time_is_damage_until_it_is_changed(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    fill(room)
    with faulty_drive(tmp_path / "elements") as disk:
        protected_on(room, disk)
        disk.break_({"op": "read", "name": "1.flac", "flip": True, "at": 5000})
        assert room.scrub(drives=["Elements"]).exit_code == 20
        assert room.verdicts() == {("Elements", ONE, V.CORRUPT)}
        disk.heal()
        assert room.repair().exit_code == 0
        (finding,) = room.told()
        assert finding.evidence[-1].code == "reads-right"
        assert room.copy_state("Elements", ONE) is ReplicaState.INTACT


def test_a_transient_read_error_is_no_verdict(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    fill(room)
    with faulty_drive(tmp_path / "elements") as disk:
        protected_on(room, disk)
        disk.break_({"op": "read", "name": "1.flac", "errno": "EIO", "times": 1})
        assert room.scrub(drives=["Elements"]).exit_code == 0
        assert room.told() == []


def test_a_copy_that_can_t_be_written_leaves_the_damage_as_it_was(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    fill(room)
    with faulty_drive(tmp_path / "elements") as disk:
        protected_on(room, disk)
        shutil.copy2(disk.backing / "MusicVault/data/music/cover.jpg", tmp_path / "right")
        damaged = disk.backing / "MusicVault/data/music/cover.jpg"
        before = damaged.stat()
        data = bytearray(damaged.read_bytes())
        data[100] ^= 1
        damaged.write_bytes(data)
        os.utime(damaged, ns=(before.st_atime_ns, before.st_mtime_ns))
        room.scrub()
        disk.break_({"op": "write", "name": "incoming", "errno": "ENOSPC"})
        notices: list[Notice] = []
        with pytest.raises(Exception, match="full"):
            notices.extend(repair(room.ctx))
        assert damaged.read_bytes() == data
        disk.heal()
        assert room.repair().exit_code == 0
        assert damaged.read_bytes() == (tmp_path / "right").read_bytes()


def test_a_first_reading_that_was_wrong_is_corrected_where_the_sound_proves_itself(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    with faulty_drive(tmp_path / "disk of the library") as disk:
        room.music.rmdir()
        room.music = disk.point / "Music"
        room.music.mkdir()
        fill(room)
        size = (room.music / ONE).stat().st_size
        drop(room.music / ONE)
        disk.break_({"op": "read", "name": "1.flac", "flip": True, "at": size - 500})
        room.add()
        room.scan()
        wrong = room.item(ONE).content.digests.blake3
        disk.heal()
        drop(room.music / ONE)
        assert room.scrub().exit_code == 0
        assert room.told() == []
        right = room.item(ONE).content
        assert right.digests.blake3 == blake3((disk.backing / "Music" / ONE).read_bytes()).digest() != wrong
        assert not right.provisional
        assert room.state(ONE) is ReplicaState.INTACT


def drop(path: Path) -> None:
    """Let the page cache forget a file."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
