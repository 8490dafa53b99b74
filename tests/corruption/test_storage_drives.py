"""Volumes, traits and reads on real file systems, with real rot."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from musicvault.domain.proof import Grade
from musicvault.domain.times import Traits, stat_moved
from musicvault.domain.values import MIB
from musicvault.errors import ItemError
from musicvault.storage import durable, pagecache, reading, volumes, walk
from tests.corruption.drives import KINDS, drive

pytestmark = pytest.mark.root

SOUND = random.Random(97).randbytes(3 * MIB)
BELIEVED = {
    "ext4": Traits(),
    "btrfs": Traits(),
    "tmpfs": Traits(),
    "ntfs": Traits(grain_ns=100),
    "exfat": Traits(ctime_works=False, grain_ns=2 * 10**9, local_time=True, stable_inodes=False, case_insensitive=True),
}


@pytest.mark.parametrize("kind", [*KINDS, "tmpfs"])
def test_a_probe_finds_what_can_be_believed(kind: str, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        point = os.fsencode(made.point)
        assert volumes.probe(point) == BELIEVED[kind]
        assert volumes.probe(point, write=False) == BELIEVED[kind]
        assert volumes.volume_of(point).fs_type == kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_identity_stays_at_another_mount_point(kind: str, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        (made.point / "folder").mkdir()
        before = volumes.volume_of(os.fsencode(made.point / "folder"))
        made.unmount()
        made.mount(tmp_path / "else where")
        after = volumes.volume_of(os.fsencode(made.point / "folder"))
        listed = {volume.mount_point: volume.id for volume in volumes.mounts()}
        assert before.id == after.id
        assert before.id.startswith("uuid:")
        assert after.relative == b"folder"
        assert listed[os.fsencode(made.point)] == after.id


def test_subvolumes_are_one_volume(tmp_path: Path) -> None:
    with drive("btrfs", tmp_path / "drive") as made:
        code = os.spawnvp(os.P_WAIT, "btrfs", ["btrfs", "-q", "subvolume", "create", str(made.point / "sub")])
        assert code == 0
        whole, sub = (volumes.volume_of(os.fsencode(path)) for path in (made.point, made.point / "sub"))
        assert whole.id == sub.id
        assert whole.device != sub.device


@pytest.mark.parametrize("kind", ["ext4", "exfat", "ntfs"])
def test_silent_rot_is_read_and_moves_nothing(kind: str, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        path = os.fsencode(made.point / "a.flac")
        (made.point / "a.flac").write_bytes(SOUND)
        os.utime(path, ns=(10**18, 10**18))
        before = reading.read_file(path, from_device=True)
        made.rot(SOUND[MIB : MIB + 512], offset=99)
        after = reading.read_file(path, from_device=True)
        assert before.digests.blocks[:16] == after.digests.blocks[:16]
        assert before.digests.blocks[16:32] != after.digests.blocks[16:32]
        assert before.digests.blocks[32:] == after.digests.blocks[32:]
        assert not stat_moved(before.stat, after.stat, BELIEVED[kind])


def test_a_read_error_names_the_byte(tmp_path: Path) -> None:
    with drive("btrfs", tmp_path / "drive") as made:
        (made.point / "a.flac").write_bytes(SOUND)
        made.rot(SOUND[MIB + 8192 : MIB + 8192 + 512])
        with pytest.raises(ItemError) as caught:
            reading.read_file(os.fsencode(made.point / "a.flac"), from_device=True)
        assert caught.value.offset == MIB + 8192
        assert isinstance(caught.value.__cause__, OSError)
        with reading.OpenFile(os.fsencode(made.point / "a.flac")) as file:
            assert file.read_at(0, MIB) == SOUND[:MIB]
            with pytest.raises(ItemError):
                file.read_at(MIB, MIB)


@pytest.mark.parametrize("kind", [*KINDS, "tmpfs"])
def test_a_fresh_file_is_proven_from_the_device(kind: str, tmp_path: Path) -> None:
    """Dirty pages are written first, so that a proof right after a write is one."""
    with drive(kind, tmp_path / "drive") as made:
        path = made.point / "a.flac"
        path.write_bytes(SOUND)
        assert reading.read_file(os.fsencode(path), from_device=True).grade is Grade.DEVICE
        if kind != "tmpfs":
            with path.open("rb") as file:
                assert pagecache.pages(file.fileno()) in (None, (0, 0))


@pytest.mark.parametrize("kind", ["ext4", "exfat", "ntfs"])
def test_memory_hides_rot_from_all_reads_but_one_from_the_device(kind: str, tmp_path: Path) -> None:
    """ntfs-3g and exfat-fuse read through the block device's own cache besides: that one is dropped as well."""
    with drive(kind, tmp_path / "drive") as made:
        path = os.fsencode(made.point / "a.flac")
        (made.point / "a.flac").write_bytes(SOUND)
        durable.flush([path])
        before = reading.read_file(path)
        assert made.image is not None
        made.flip(made.image.read_bytes().find(SOUND[:512]))
        cached = reading.read_file(path)
        after = reading.read_file(path, from_device=True)
        assert after.grade is Grade.DEVICE
        assert cached.digests.blake3 == before.digests.blake3 != after.digests.blake3


def test_where_another_layer_may_remember_the_proof_is_a_lesser_one(tmp_path: Path) -> None:
    """overlayfs (containers) shows no pages of its own: those of the layer below are dropped all the same."""
    with drive("ext4", tmp_path / "drive") as made:
        for name in ("lower", "upper", "work", "merged"):
            (made.point / name).mkdir()
        options = ",".join(f"{name}dir={made.point / name}" for name in ("lower", "upper", "work"))
        merged = made.point / "merged"
        if os.spawnvp(os.P_WAIT, "mount", ["mount", "-t", "overlay", "overlay", "-o", options, str(merged)]) != 0:
            pytest.skip("no overlayfs here")
        try:
            (merged / "a.flac").write_bytes(SOUND)
            path = os.fsencode(merged / "a.flac")
            durable.flush([path])
            before = reading.read_file(path)
            assert made.image is not None
            made.flip(made.image.read_bytes().find(SOUND[:512]))
            assert reading.read_file(path).digests.blake3 == before.digests.blake3
            after = reading.read_file(path, from_device=True)
        finally:
            os.spawnvp(os.P_WAIT, "umount", ["umount", str(merged)])
        assert after.digests.blake3 != before.digests.blake3
        assert after.grade is Grade.HOST_CACHE_BYPASSED


def test_a_mount_below_the_root_is_marked(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "album").mkdir(parents=True)
    (library / "album" / "a.mp3").write_bytes(b"x")
    with drive("tmpfs", library / "nas") as made:
        (made.point / "b.mp3").write_bytes(b"x")
        folders = {folder.path: folder for folder in walk.walk(os.fsencode(library))}
        assert [path for path, folder in folders.items() if folder.mount] == [b"nas/mounted"]
        assert folders[b"nas/mounted"].device != folders[b""].device
        assert [entry.name for entry in folders[b"nas/mounted"].files] == [b"b.mp3"]


def test_a_bind_mount_below_the_root_is_marked(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "here").mkdir(parents=True)
    with drive("tmpfs", tmp_path / "drive") as made:
        for name in ("library", "library/here"):
            (made.point / name).mkdir()
        assert os.spawnvp(os.P_WAIT, "mount", ["mount", "--bind", str(tmp_path), str(made.point / "library/here")]) == 0
        try:
            folders = {folder.path: folder.mount for folder in walk.walk(os.fsencode(made.point / "library"))}
        finally:
            os.spawnvp(os.P_WAIT, "umount", ["umount", str(made.point / "library/here")])
        assert folders[b"here"]
        assert not folders[b""]
