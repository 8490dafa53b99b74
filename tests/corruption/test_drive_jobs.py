"""Drives that fail, lie and are pulled while they are audited, parted with and ejected."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import cast

import pytest

from musicvault.catalog import rules, vaults
from musicvault.domain.health import HealthState
from musicvault.domain.notices import Advanced, Finished, Job, Notice
from musicvault.engine import drive_care, drives, locating
from musicvault.engine.adoption import adopt
from musicvault.engine.drive_audit import Audit, audit
from musicvault.engine.ejecting import eject
from musicvault.engine.library import add_library
from musicvault.engine.retiring import retire
from musicvault.engine.sync import sync
from musicvault.errors import Cancelled, DriveGone, DriveRefused, Locked, UsageError, VaultError
from musicvault.storage.placement import place_of
from tests.corruption.drives import Drive, drive
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in range(12):
        (made.music / f"{number:02}.bin").write_bytes(os.urandom(300_000))
    return made


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Drive]:
    with drive("ext4", tmp_path / "disk") as made:
        yield made


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyDrive]:
    with faulty_drive(tmp_path / "faulty") as made:
        yield made


def vault(room: Guarded, label: str) -> vaults.Vault:
    (found,) = [one for one in room.vaults() if one.label == label]
    return found


def until(job: Job, wanted: type[Notice], count: int = 1) -> Generator[Notice, None, None]:
    """The job, stopped after so many notices of a kind."""
    for notice in job:
        count -= isinstance(notice, wanted)
        if count == 0:
            break
    return cast(Generator[Notice, None, None], job)


def lazily(disk: Drive) -> None:
    """Pulled: the mount point is empty at once, open files live on for a moment."""
    subprocess.run(["umount", "-l", disk.point], check=True)


# -- audit


def fill(folder: Path, count: int = 6, size: int = 3_000_000) -> None:
    for number in range(count):
        (folder / f"{number}.bin").write_bytes(os.urandom(size))


def test_an_audit_names_what_cannot_be_read_and_how_much_of_it(room: Guarded, faulty: FaultyDrive) -> None:
    fill(faulty.point)
    faulty.break_({"op": "read", "name": "2.bin", "errno": "EIO", "at": 1_500_000})
    found = Audit()
    end = room.run(audit(os.fsencode(faulty.point), found))
    assert (end.exit_code, end.counts["checked"], end.counts["unreadable"], end.counts["failed"]) == (20, 5, 1, 0)
    (bad,) = room.done()
    assert (bad.action, bad.path) == ("failed", b"2.bin")
    assert "1 block of 1 MiB can't be read" in bad.problem
    assert end.counts["bytes"] > 5 * 3_000_000


def test_a_drive_that_does_not_answer_is_gone_and_not_another_folder(room: Guarded, faulty: FaultyDrive) -> None:
    """Whoever asks for a folder there made no mistake."""
    (faulty.backing / "folder").mkdir()
    mine, folder = room.drive("mine"), os.fsencode(faulty.point / "folder")
    faulty.break_({"op": "any", "errno": "ENODEV"})
    for ask in (
        lambda: list(adopt(room.ctx, mine, folder)),
        lambda: drives.add_drive(room.ctx, folder, "new"),
        lambda: add_library(room.ctx, folder),
    ):
        with pytest.raises(DriveGone):
            ask()


def test_a_dead_file_is_given_up_in_time(room: Guarded, faulty: FaultyDrive) -> None:
    fill(faulty.point, 1, 80 << 20)
    faulty.break_({"op": "read", "errno": "EIO"})
    end = room.run(audit(os.fsencode(faulty.point), Audit()))
    assert end.exit_code == 20
    assert "64 blocks of 1 MiB can't be read, and more was not tried" in room.done()[0].problem


def test_a_folder_that_cannot_be_listed_is_told(room: Guarded, faulty: FaultyDrive) -> None:
    fill(faulty.point, 2)
    (faulty.point / "sub").mkdir()
    faulty.break_({"op": "readdir", "name": "sub", "errno": "EIO"})
    end = room.run(audit(os.fsencode(faulty.point), Audit()))
    assert (end.exit_code, end.counts["checked"], end.counts["unreadable"]) == (20, 2, 1)


@pytest.mark.parametrize("pull", ["lazy", "yank"])
def test_a_drive_pulled_in_mid_audit(room: Guarded, disk: Drive, pull: str) -> None:
    fill(disk.point)
    found = Audit()
    job = until(audit(os.fsencode(disk.point), found), Advanced, 2)
    if pull == "lazy":
        lazily(disk)
    else:
        disk.yank()
    with pytest.raises(DriveGone, match="went away"):
        list(job)
    assert found.counts["checked"] < 6
    assert found.counts["unreadable"] == 0, "a drive that is gone is no verdict about its files"


def test_an_audit_knows_where_files_lie(room: Guarded, disk: Drive) -> None:
    fill(disk.point, 4, 5_000_000)
    os.sync()
    places = [place_of(os.fsencode(disk.point / f"{number}.bin")) for number in range(4)]
    assert all(places)
    assert len(set(places)) == 4
    found = Audit()
    room.run(audit(os.fsencode(disk.point), found))
    assert found.basis == "device"
    assert sum(part.bytes for part in found.curve) == 20_000_000


# -- what a scrub sees


def test_a_scrub_keeps_the_places_that_fail_and_calls_the_drive_failing(room: Guarded, faulty: FaultyDrive) -> None:
    room.drive("A", faulty.point)
    room.protect()
    names = ("03.bin", "05.bin", "07.bin")
    faulty.break_(*({"op": "read", "name": name, "errno": "EIO"} for name in names))
    room.scrub(drives=["A"])
    found = drive_care.known(room.ctx, vault(room, "A"), online=True)
    assert found.state is HealthState.FAILING
    assert {os.fsdecode(error.path).rpartition("/")[2] for error in found.errors} == set(names)
    assert all(error.place == 0 and "EIO" in error.cause for error in found.errors)
    faulty.heal()
    room.scrub(drives=["A"])
    assert drive_care.known(room.ctx, vault(room, "A"), online=True).state is HealthState.UNKNOWN


def test_a_drive_pulled_in_mid_scrub_leaves_no_errors(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    room.protect()
    from musicvault.engine.scrub import scrub

    job = scrub(room.ctx, vault_ids=[vault(room, "A").id])
    next(iter(job))
    disk.yank()
    with pytest.raises(DriveGone):
        list(job)
    found = drive_care.known(room.ctx, vault(room, "A"), online=False)
    assert (found.errors, found.state) == ((), HealthState.UNKNOWN)


# -- parting


def one_volume_will_do(room: Guarded) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, type(rules.default_rule(room.catalog))(copies=2, volumes=1))


def test_the_target_is_pulled_while_a_drive_is_drained(room: Guarded, disk: Drive) -> None:
    room.drive("A")
    one_volume_will_do(room)
    room.protect()
    room.drive("B", disk.point)
    job = until(retire(room.ctx, vault(room, "A")), Advanced, 3)
    disk.yank()
    (end,) = [notice for notice in job if isinstance(notice, Finished)]
    assert (end.counts["retired"], end.exit_code) == (0, 21)
    assert not vault(room, "A").retired
    disk.unmount()
    disk.mount()
    assert room.run(retire(room.ctx, vault(room, "A"))).counts["retired"] == 1
    assert is_valid(vault(room, "B"))


def test_the_leaving_drive_is_pulled_while_it_is_drained(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    one_volume_will_do(room)
    room.protect()
    room.drive("B")
    job = until(retire(room.ctx, vault(room, "A")), Advanced, 3)
    disk.yank()
    ends = [notice for notice in job if isinstance(notice, Finished)]
    assert ends[-1].counts["retired"] == 1, "the library has everything that it had"


def test_stopped_in_the_middle_it_stays_in_service(room: Guarded) -> None:
    room.drive("A")
    one_volume_will_do(room)
    room.protect()
    room.drive("B")
    stop = [False]

    def checkpoint() -> None:
        if stop[0]:
            raise Cancelled

    job = until(retire(room.ctx.with_checkpoint(checkpoint), vault(room, "A")), Advanced, 2)
    stop[0] = True
    with pytest.raises(Cancelled):
        list(job)
    assert not vault(room, "A").retired


# -- ejecting


def test_a_drive_is_finished_and_unmounted(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    room.protect()
    end = room.run(eject(room.ctx, vault(room, "A")))
    assert (end.counts["ejected"], end.counts["finished"]) == (1, 1)
    assert not os.path.ismount(disk.point)
    disk.unmount()
    disk.mount()
    root = disk.point / "MusicVault" / "musicvault"
    assert (root / "journal").stat().st_size == 0
    assert (root / "catalog.sqlite3").exists()
    assert is_valid(vault(room, "A"))
    assert not room.run(sync(room.ctx)).counts["copied"]


def test_a_dry_run_leaves_it_mounted(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    assert room.run(eject(room.ctx, vault(room, "A"), dry_run=True)).counts["ejected"] == 0
    assert os.path.ismount(disk.point)


def test_who_holds_the_drive_is_named(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    room.protect()
    with room.copy("A", "00.bin").open("rb"), pytest.raises(Locked, match=rf"\({os.getpid()}\)"):
        room.run(eject(room.ctx, vault(room, "A")))
    assert os.path.ismount(disk.point)


def test_a_drive_at_work_is_not_ejected(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    room.protect()
    with room.ctx.locked("sync", vaults=(vault(room, "A").id,)), pytest.raises(Locked):
        room.run(eject(room.ctx, vault(room, "A")))


@pytest.mark.parametrize("pull", ["lazy", "yank"])
def test_a_drive_pulled_while_it_is_ejected_is_never_called_safe(room: Guarded, disk: Drive, pull: str) -> None:
    room.drive("A", disk.point)
    room.protect()
    job = iter(eject(room.ctx, vault(room, "A")))
    next(job)
    if pull == "lazy":
        lazily(disk)
    else:
        disk.yank()
    with pytest.raises(VaultError):
        list(job)


def test_the_systems_own_disk_stays(room: Guarded) -> None:
    room.drive("A")
    with pytest.raises(UsageError):
        room.run(eject(room.ctx, vault(room, "A")))


def test_a_drive_that_is_away_cannot_be_ejected(room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    disk.unmount()
    with pytest.raises(DriveGone):
        room.run(eject(room.ctx, vault(room, "A")))


def test_a_drive_that_was_pulled_is_not_called_damaged(room: Guarded, disk: Drive) -> None:
    """What the system has of its folders in memory it goes on showing."""
    room.drive("A", disk.point)
    room.protect()
    disk.yank()
    (presence,) = locating.locate(room.ctx)
    assert (presence.root, "stopped answering" in presence.reason, "damaged" in presence.reason) == (None, True, False)


# -- copies of drives


def test_a_copied_drive_is_refused_as_long_as_both_are_there(tmp_path: Path, room: Guarded, disk: Drive) -> None:
    room.drive("A", disk.point)
    room.protect()
    with drive("tmpfs", tmp_path / "copy", mib=32) as copy:
        subprocess.run(["cp", "-a", str(disk.point / "MusicVault"), str(copy.point)], check=True)
        (presence,) = locating.locate(room.ctx)
        assert (presence.root, presence.writable) == (None, False)
        assert "Two drives say that they are A" in presence.reason
        with pytest.raises(DriveGone, match=r"Two drives say .* Unmount one of them\. Nothing was written there\.$"):
            room.run(sync(room.ctx, [vault(room, "A").id]))
        for point in (disk.point, copy.point):
            with pytest.raises(DriveRefused, match="holds a copy"):
                drives.add_drive(room.ctx, os.fsencode(point))
    (presence,) = locating.locate(room.ctx)
    assert presence.writable
