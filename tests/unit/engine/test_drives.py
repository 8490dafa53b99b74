"""A drive is known by its vault's id, wherever it is mounted; an unmounted one is never filled."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from musicvault.catalog import holders, vaults
from musicvault.catalog.database import Catalog
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive, relabel_drive, remove_drive
from musicvault.engine.library import add_library
from musicvault.engine.locating import locate
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from musicvault.errors import DriveGone, DriveRefused, DriveUnwritable, UsageError
from musicvault.storage.vault import create
from tests.corruption.drives import Drive, drive
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    for number in range(3):
        (room.music / f"{number}.txt").write_bytes(b"words %d" % number)
    return room


def test_a_new_vault_is_a_valid_bag(room: Guarded) -> None:
    made = room.drive("one")
    assert is_valid(made)
    (presence,) = locate(room.ctx)
    assert presence.online
    assert presence.writable
    assert presence.root == made.folder


def test_the_same_drive_added_twice_is_one(room: Guarded) -> None:
    made = room.drive("one")
    folder = room.tmp / "one"
    assert add_drive(room.ctx, os.fsencode(folder)).id == made.id
    assert add_drive(room.ctx, os.fsencode(folder / "MusicVault")).id == made.id
    assert len(vaults.every(room.catalog)) == 1
    assert add_drive(room.ctx, os.fsencode(folder), "other", "bank").label == "other"


def test_labels_are_told_apart(room: Guarded) -> None:
    room.drive("one")
    (room.tmp / "x" / "one").mkdir(parents=True)
    assert add_drive(room.ctx, os.fsencode(room.tmp / "x" / "one")).label == "one 2"
    with pytest.raises(UsageError):
        room.drive("ONE", room.tmp / "y")
    with pytest.raises(UsageError):
        relabel_drive(room.ctx, room.vaults()[0], "One 2", "")
    with pytest.raises(UsageError):
        relabel_drive(room.ctx, room.vaults()[0], " ", "")


@pytest.mark.parametrize("folder", ["gone", "Music", "Music/sub", "one/MusicVault/data"])
def test_refused_places(room: Guarded, folder: str) -> None:
    room.add()
    (room.music / "sub").mkdir()
    room.drive("one")
    with pytest.raises((UsageError, DriveRefused)):
        add_drive(room.ctx, os.fsencode(room.tmp / folder))
    assert len(vaults.every(room.catalog)) == 1
    assert not (room.music / "MusicVault").exists()


def test_a_library_inside_a_vault_is_refused(room: Guarded) -> None:
    made = room.drive("one")
    with pytest.raises(UsageError):
        add_library(room.ctx, os.path.join(made.folder, b"data"))
    with pytest.raises(UsageError):
        add_library(room.ctx, os.fsencode(room.tmp))


def test_where_a_vault_was_and_none_is_now_nothing_is_written(room: Guarded) -> None:
    made = room.drive("one")
    shutil.rmtree(os.fsdecode(made.folder))
    with pytest.raises(DriveGone):
        add_drive(room.ctx, os.fsencode(room.tmp / "one"))
    assert os.listdir(room.tmp / "one") == []
    another = add_drive(room.ctx, os.fsencode(room.tmp / "one"), new=True)
    assert another.id != made.id
    (room.tmp / "one").rename(room.tmp / "kept")
    with pytest.raises(DriveGone):
        add_drive(room.ctx, os.fsencode(room.tmp / "one"))


def test_a_kill_between_drive_and_catalog_is_no_unmounted_drive(room: Guarded) -> None:
    place = room.tmp / "one"
    place.mkdir()
    made = create.create_vault(os.fsencode(place), "one", "", room.catalog.catalog_id, now=1)
    added = add_drive(room.ctx, os.fsencode(place))
    assert added.id == made.id
    room.protect()
    assert is_valid(added)


def test_another_catalogs_vault_is_left_alone(room: Guarded) -> None:
    made = room.drive("one")
    other = Catalog.open(room.tmp / "other.sqlite3")
    with pytest.raises(DriveRefused, match="another catalog"):
        add_drive(Context(other, room.now), made.folder)
    other.close()


def test_a_removed_drive_can_come_back_with_all_it_holds(room: Guarded) -> None:
    made = room.drive("one")
    room.protect()
    remove_drive(room.ctx, made)
    assert vaults.every(room.catalog) == []
    back = add_drive(room.ctx, os.fsencode(room.tmp / "one"))
    assert back.id == made.id
    assert room.run(sync(room.ctx)).counts["already"] == 3


def test_a_copy_of_a_vault_is_not_the_vault(room: Guarded) -> None:
    room.drive("one")
    shutil.copytree(room.tmp / "one", room.tmp / "clone")
    with pytest.raises(DriveRefused, match="copy of the vault"):
        add_drive(room.ctx, os.fsencode(room.tmp / "clone"))
    shutil.rmtree(room.tmp / "one")
    assert add_drive(room.ctx, os.fsencode(room.tmp / "clone")).folder == os.fsencode(room.tmp / "clone/MusicVault")


def test_an_older_image_of_the_drive_may_be_written_and_proves_nothing(room: Guarded) -> None:
    made = room.drive("one")
    room.protect()
    shutil.copytree(room.tmp / "one", room.tmp / "image")
    for number in range(3):
        (room.music / f"later {number}.txt").write_bytes(b"later")
        room.protect()
    shutil.rmtree(room.tmp / "one")
    (room.tmp / "image").rename(room.tmp / "one")
    room.run(sync(room.ctx))
    assert room.replica("one", "0.txt").proven_at is None
    room.scrub(drives=["one"])
    room.run(sync(room.ctx))
    assert room.copy("one", "later 0.txt").exists()
    assert is_valid(made)


def test_a_catalog_that_came_back_from_a_backup_may_not_write(room: Guarded) -> None:
    made = room.drive("one")
    room.protect()
    with room.catalog.transaction(room.now()) as transaction:
        vaults.set_generation(transaction, made.id, 0)
    (room.music / "new.txt").write_bytes(b"new")
    room.scan()
    with pytest.raises(DriveRefused):
        room.run(sync(room.ctx))
    assert not room.copy("one", "new.txt").exists()


@pytest.mark.root
def test_a_drive_is_known_under_another_mount_point_and_its_empty_mount_point_stays_empty(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk") as disk:
        made = room.drive("stick", disk.point / "deep" / "down")
        room.protect()
        old = disk.point
        with pytest.raises(UsageError, match="not a folder"):  # mistyped: the drive itself is there
            add_drive(room.ctx, os.fsencode(old / "gone" / "down"))
        disk.unmount()
        with pytest.raises(DriveGone):
            add_drive(room.ctx, os.fsencode(old / "gone" / "down"))
        assert not locate(room.ctx)[0].online
        for target in (old, old / "deep", old / "deep" / "down"):
            target.mkdir(exist_ok=True)
            with pytest.raises(DriveGone):
                add_drive(room.ctx, os.fsencode(target))
        with pytest.raises(DriveGone):
            room.run(sync(room.ctx, [made.id]))
        assert [path for path in old.rglob("*") if path.is_file()] == []
        shutil.rmtree(old / "deep")
        disk.mount(room.tmp / "elsewhere")
        (presence,) = locate(room.ctx)
        assert presence.root == os.fsencode(room.tmp / "elsewhere/deep/down/MusicVault")
        (room.music / "new.txt").write_bytes(b"new")
        room.protect()
        assert is_valid(vaults.every(room.catalog)[0])
        assert vaults.every(room.catalog)[0].folder == presence.root
        unmounted_by_reader(room, disk)


@pytest.mark.root
def test_a_second_name_of_a_drive_that_goes_again_leaves_it_connected(room: Guarded) -> None:
    bound = room.tmp / "bound"
    bound.mkdir()
    with drive("ext4", room.tmp / "disk") as disk:
        known = room.drive("stick", disk.point / "deep")
        subprocess.run(["mount", "--bind", disk.point / "deep", bound], check=True)
        try:
            again = add_drive(room.ctx, os.fsencode(bound))
        finally:
            subprocess.run(["umount", "-l", bound], check=True)
        assert (again.id, again.folder) == (known.id, known.folder)
        assert [presence.root for presence in locate(room.ctx)] == [known.folder]


@pytest.mark.root
def test_two_parts_of_one_disk_are_one_drive(room: Guarded) -> None:
    image = room.tmp / "disk.img"
    image.write_bytes(b"")
    os.truncate(image, 16 << 20)
    with ExitStack() as undo:
        for number, name in enumerate(("one", "two")):
            part = ["--offset", str(number * (8 << 20)), "--sizelimit", str(8 << 20), str(image)]
            made = subprocess.run(["losetup", "--find", "--show", *part], capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"no loop device to be had: {made.stderr.strip()}")
            device = made.stdout.strip()
            undo.callback(subprocess.run, ["losetup", "--detach", device], check=True)
            (room.tmp / name).mkdir()
            subprocess.run(["mkfs.ext4", "-q", device], check=True)
            subprocess.run(["mount", device, room.tmp / name], check=True)
            undo.callback(subprocess.run, ["umount", "-l", str(room.tmp / name)], check=True)
            room.drive(name)
        room.protect()
        one, two = (drive for drive in holders.every(room.catalog) if not drive.in_library)
        assert one.domain == two.domain
        assert [drive.shares_disk_with for drive in status(room.ctx).drives] == [("two",), ("one",)]


def unmounted_by_reader(room: Guarded, disk: Drive) -> None:
    """Nothing of ours holds the drive once a job is done."""
    disk.unmount()
    assert not os.path.ismount(disk.point)


@pytest.mark.root
def test_a_read_only_drive_is_said_so_and_left(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk") as disk:
        room.drive("stick", disk.point)
        with (room.music / "larger than the drive.wav").open("wb") as file:
            file.truncate(33 << 20)
        room.add()
        room.scan()
        disk.remount("ro")
        (presence,) = locate(room.ctx)
        assert (presence.online, presence.writable) == (True, False)
        with pytest.raises(DriveUnwritable):
            room.run(sync(room.ctx))
        (disk.point / "MusicVault" / "data" / "README.txt").read_bytes()
        disk.remount("rw")


@pytest.mark.root
def test_a_new_vault_on_a_read_only_drive_is_refused(room: Guarded) -> None:
    with drive("ext4", room.tmp / "disk") as disk:
        disk.remount("ro")
        with pytest.raises(DriveUnwritable):
            add_drive(room.ctx, os.fsencode(disk.point))
        disk.remount("rw")
    assert vaults.every(room.catalog) == []


@pytest.mark.root
def test_other_drives_say_nothing_about_the_one_that_is_away(room: Guarded) -> None:
    with drive("ext4", room.tmp / "a") as first, drive("ext4", room.tmp / "b") as second:
        made = room.drive("mine", first.point)
        room.drive("other", second.point)
        first.unmount()
        away = next(presence for presence in locate(room.ctx) if presence.vault.id == made.id)
        assert "mine" in away.reason
        assert "other" not in away.reason
        (second.point / "MusicVault" / "musicvault" / "volume.json").write_text("damaged")
        (second.point / "MusicVault" / "bag-info.txt").write_text("damaged")
        broken = next(presence for presence in locate(room.ctx) if presence.vault.label == "other")
        assert not broken.online
        assert "damaged" in broken.reason
