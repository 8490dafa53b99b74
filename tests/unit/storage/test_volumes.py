"""A volume is known by its own identity; what can't be known is said to be unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.domain.times import CAREFUL
from musicvault.errors import DriveGone
from musicvault.storage import filesystems, mounts, traits, volumes
from musicvault.storage.mounts import Mount


def test_a_folder_lies_on_a_volume(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path)
    volume = volumes.volume_of(path)
    assert volume.id
    assert volume.device == os.stat(path).st_dev
    assert os.path.samefile(path, volume.mount_point + b"/" + volume.relative)
    assert 0 < volume.free <= volume.total
    assert volumes.volume_of(os.fsencode(tmp_path.parent)).id == volume.id


def test_a_link_leads_to_the_volume_of_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/proc")
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")
    assert volumes.volume_of(os.fsencode(tmp_path / "link")).mount_point == b"/proc"


def test_an_absent_path_is_a_drive_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(DriveGone, match="isn't there"):
        volumes.volume_of(os.fsencode(tmp_path / "gone"))


def test_the_list_leaves_out_what_stores_nothing() -> None:
    types = {volume.fs_type for volume in volumes.mounts()}
    assert not types & {"proc", "sysfs", "cgroup2", "devpts"}


def test_a_share_is_known_by_server_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    share = Mount(b"/no/such/mount", b"//nas/music", "cifs", b"/", 77, False)
    monkeypatch.setattr(mounts, "table", lambda: [share])
    (volume,) = volumes.mounts()
    assert volume.id == "net:cifs://nas/music"
    assert volume.network
    assert (volume.free, volume.total) == (0, 0)


def test_names_by_udev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = "S:disk/by-uuid/EF3B-AD08\nE:ID_FS_LABEL=My_Music\nE:ID_FS_LABEL_ENC=My\\x20M\\xc3\\xbcsic\n"
    (tmp_path / "b8:17").write_text(record + "E:ID_FS_UUID=EF3B-AD08\nE:ID_FS_TYPE=exfat\n")
    monkeypatch.setattr(filesystems, "_UDEV", str(tmp_path))
    monkeypatch.setattr(mounts, "block_device", lambda mount: os.makedev(8, 17))
    found = filesystems.named(Mount(b"/nowhere", b"/dev/sdb1", "fuseblk", b"/", 0, False))
    assert found == filesystems.Named("EF3B-AD08", "My Müsic", "exfat")


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    found = traits.probe(os.fsencode(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert found.grain_ns >= 1
    assert volumes.probe is traits.probe


def test_where_nothing_can_be_written_the_type_decides(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path)
    mount = mounts.of_path(path)
    assert mount is not None
    by_type = traits.of_type(filesystems.named(mount).fs_type)
    assert traits.probe(path, write=False) == by_type
    assert traits.probe(os.fsencode(tmp_path / "gone")) == by_type


@pytest.mark.parametrize("fs_type", ["vfat", "exfat", "msdos"])
def test_fat_is_believed_little(fs_type: str) -> None:
    found = traits.of_type(fs_type)
    assert not found.ctime_works
    assert not found.stable_inodes
    assert found.local_time
    assert found.grain_ns == 2 * 10**9


def test_an_unknown_type_is_believed_least() -> None:
    assert traits.of_type("fuse.something-new") == CAREFUL
