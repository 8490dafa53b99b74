"""Drives that are plugged in and pulled: vaults are recognised wherever they are mounted, and copies are noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from musicvault.storage import ejecting, volumes
from musicvault.storage.arrivals import Arrivals, Arrived, Change, Doubled, Left, Mounting, vaults_here
from musicvault.storage.vault import create
from tests.corruption.drives import drive


def make_vault(point: Path, label: str = "B") -> str:
    return create.create_vault(os.fsencode(point), label, "", "catalog-1", now=1_000_000).id


def of(vault_id: str, changes: tuple[Change, ...]) -> list[Change]:
    return [change for change in changes if change.vault_id == vault_id]


def test_a_drive_that_comes_and_goes(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk, Arrivals() as arrivals:
        vault_id = make_vault(disk.point)
        here = os.fsencode(disk.point) + b"/MusicVault"
        assert of(vault_id, arrivals.look()) == [Arrived(vault_id, here)]
        assert of(vault_id, arrivals.look()) == []
        disk.unmount()
        assert of(vault_id, arrivals.wait(10)) == [Left(vault_id, here)]
        disk.mount(tmp_path / "elsewhere")
        assert of(vault_id, arrivals.wait(10)) == [Arrived(vault_id, os.fsencode(disk.point) + b"/MusicVault")]


def test_one_waits_until_something_is_mounted(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "other", mib=4), drive("ext4", tmp_path / "disk") as disk, Arrivals() as arrivals:
        vault_id = make_vault(disk.point)
        disk.unmount()
        arrivals.look()
        mounting = threading.Timer(0.2, disk.mount)
        mounting.start()
        found: list[Change] = []
        while not found:  # other tests mount things, too
            found = of(vault_id, arrivals.wait(30))
        mounting.join()
        assert found == [Arrived(vault_id, os.fsencode(disk.point) + b"/MusicVault")]


def test_nothing_happens_and_the_wait_ends(tmp_path: Path) -> None:
    with Arrivals() as arrivals:
        arrivals.look()
        assert [
            change for change in arrivals.wait(0.05) if str(tmp_path).encode() in getattr(change, "root", b"")
        ] == []


def test_a_copied_drive_is_no_arrival(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "one", mib=4) as one, drive("tmpfs", tmp_path / "two", mib=4) as two:
        vault_id = make_vault(one.point)
        with Arrivals() as arrivals:
            arrivals.look()
            shutil.copytree(one.point / "MusicVault", two.point / "MusicVault")
            roots = tuple(sorted(os.fsencode(point) + b"/MusicVault" for point in (one.point, two.point)))
            assert of(vault_id, arrivals.look()) == [Doubled(vault_id, roots)]


def test_one_volume_in_two_places_is_one_drive(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "one", mib=4) as one:
        vault_id = make_vault(one.point)
        again = tmp_path / "again"
        again.mkdir()
        subprocess.run(["mount", "--bind", str(one.point), str(again)], check=True)
        try:
            assert len(vaults_here()[vault_id]) == 1
        finally:
            subprocess.run(["umount", "-l", str(again)], check=True)


def test_a_vault_deeper_in_a_volume_is_found_at_its_recorded_place(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "one", mib=4) as one:
        (one.point / "deep").mkdir()
        vault_id = make_vault(one.point / "deep")
        assert vault_id not in vaults_here()
        assert vaults_here([b"deep/MusicVault"])[vault_id] == (os.fsencode(one.point) + b"/deep/MusicVault",)


def test_ejecting_says_who_holds_the_drive(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk:
        volume = volumes.volume_of(os.fsencode(disk.point))
        (disk.point / "song").write_bytes(b"x")
        with (disk.point / "song").open("rb"):
            assert ejecting.unmount(volume)
            assert os.getpid() in [holder.pid for holder in ejecting.holders(volume)]
        ejecting.flush(volume.mount_point)
        assert ejecting.unmount(volume) == ""
        assert not os.path.ismount(disk.point)
        assert not ejecting.is_mounted(volume)


def test_flushing_what_isnt_there(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ejecting.flush(os.fsencode(tmp_path / "gone"))


def test_a_sleep_ends_when_a_drive_comes_or_goes(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "disk") as disk, Mounting() as mounting:
        disk.unmount()
        assert mounting.wait(600)
        disk.mount()
        assert mounting.wait(600)
