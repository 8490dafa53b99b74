"""The table of mounts is read as the kernel writes it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from musicvault.storage import disks, mounts
from musicvault.storage.hardware import Hardware
from musicvault.storage.mounts import Mount

LINES = [
    (
        b"36 35 98:0 / /mnt/two\\040words rw,noatime master:1 - ext4 /dev/root rw,errors=continue\n",
        Mount(b"/mnt/two words", b"/dev/root", "ext4", b"/", os.makedev(98, 0), False),
    ),
    (
        b"40 35 0:45 /@home /home ro,relatime - btrfs /dev/sda2 rw,subvolid=257\n",
        Mount(b"/home", b"/dev/sda2", "btrfs", b"/@home", os.makedev(0, 45), True),
    ),
    (
        b"41 35 0:50 / /media/\xff\\134x rw shared:1 master:2 - cifs //nas/music rw,vers=3\n",
        Mount(b"/media/\xff\\x", b"//nas/music", "cifs", b"/", os.makedev(0, 50), False),
    ),
]


@pytest.mark.skipif(sys.platform != "linux", reason="mountinfo is Linux's")
@pytest.mark.parametrize(("line", "mount"), LINES)
def test_a_line_of_mountinfo(line: bytes, mount: Mount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_bytes(line)
    monkeypatch.setattr(mounts, "_MOUNTINFO", str(tmp_path / "mountinfo"))
    assert mounts.table()[-1] == mount


@pytest.mark.skipif(sys.platform != "linux", reason="mountinfo is Linux's")
@pytest.mark.parametrize("options", ["rw", "ro"], ids=["writable", "read-only"])
def test_a_chroot_has_a_root_all_the_same(options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = os.stat("/").st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    (tmp_path / "mountinfo").write_text(f"48 27 {number} /opt/x /opt/x {options} - ext4 /dev/vda rw\n")
    monkeypatch.setattr(mounts, "_MOUNTINFO", str(tmp_path / "mountinfo"))
    assert mounts.of_path(b"/usr") == Mount(b"/", b"/dev/vda", "ext4", b"/", device, False)


def test_the_root_is_mounted(tmp_path: Path) -> None:
    assert any(mount.point == b"/" for mount in mounts.table())
    mount = mounts.of_path(os.fsencode(tmp_path))
    assert mount is not None
    assert mounts.contains(mount.point, os.path.realpath(os.fsencode(tmp_path)))


@pytest.mark.skipif(sys.platform != "linux", reason="mountinfo is Linux's")
def test_without_proc_there_is_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "_MOUNTINFO", str(tmp_path / "absent"))
    assert [mount.point for mount in mounts.table()] == [b"/"]


@pytest.mark.parametrize(
    ("folder", "path", "inside"),
    [
        (b"/", b"/a", True),
        (b"/a", b"/a", True),
        (b"/a", b"/a/b", True),
        (b"/a", b"/ab", False),
        (b"/a/b", b"/a", False),
    ],
)
def test_inside_by_name(folder: bytes, path: bytes, inside: bool) -> None:
    assert mounts.contains(folder, path) is inside


def test_what_is_no_block_device_has_no_disk(tmp_path: Path) -> None:
    assert mounts.block_device(Mount(b"/x", b"tmpfs", "tmpfs", b"/", 0, False)) == 0
    assert mounts.block_device(Mount(b"/x", b"/dev/no-such-disk", "ext4", b"/", 0, False)) == 0
    assert mounts.block_device(Mount(b"/x", b"/dev/null", "ext4", b"/", 0, False)) == 0
    assert disks.of_device(os.makedev(0, 7)) == disks.UNKNOWN


def test_disks_are_looked_up_through_partitions_and_mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sysfs as the kernel lays it out for a LUKS mapping on a partition of a USB disk."""
    disk = tmp_path / "devices/usb1/block/sdb"
    (disk / "sdb1").mkdir(parents=True)
    (disk / "sdb1" / "partition").write_text("1\n")
    (disk / "removable").write_text("0\n")
    (disk / "queue").mkdir()
    (disk / "queue" / "rotational").write_text("1\n")
    mapping = tmp_path / "devices/virtual/block/dm-0"
    (mapping / "slaves").mkdir(parents=True)
    (mapping / "slaves" / "sdb1").symlink_to(disk / "sdb1")
    table = tmp_path / "dev/block"
    table.mkdir(parents=True)
    (table / "8:17").symlink_to(disk / "sdb1")
    (table / "253:0").symlink_to(mapping)
    monkeypatch.setattr(disks, "_SYS", table)
    expected = disks.Disk("sdb", removable=True, rotational=True, hardware=Hardware(bus="usb"))
    assert disks.of_device(os.makedev(8, 17)) == expected
    assert disks.of_device(os.makedev(253, 0)) == expected
