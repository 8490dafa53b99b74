"""Durable copies on drives that fail: full, read-only, unplugged, lying. Nothing is lost, nothing half is left."""

from __future__ import annotations

import os
import random
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.domain.proof import Grade
from musicvault.domain.values import MIB
from musicvault.errors import DriveGone, DriveUnwritable, ItemError, NoSpace, VaultError
from musicvault.storage import durable, reading, renames, walk
from musicvault.storage.replacing import replace_library_file
from musicvault.storage.vault.create import create_vault
from musicvault.storage.vault.identity import open_vault
from musicvault.storage.vault.journal import replay
from musicvault.storage.vault.manifest import read_entries
from tests.corruption.drives import KINDS, Drive, drive
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.unit.storage.vault.samples import NOW, Vault

SOUND = random.Random(98).randbytes(3 * MIB)


@pytest.fixture
def source(tmp_path: Path) -> bytes:
    (tmp_path / "source.flac").write_bytes(SOUND)
    os.utime(tmp_path / "source.flac", ns=(10**18, 10**18))
    return os.fsencode(tmp_path / "source.flac")


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[FaultyDrive]:
    with faulty_drive(tmp_path / "faulty") as made:
        yield made


def copy(source: bytes, folder: Path, name: str = "a.flac") -> Grade | None:
    """The whole durable copy, as an engine does it."""
    partial = os.fsencode(folder / "1.partial")
    try:
        staged = durable.stage(source, partial)
        durable.flush([partial])
        proven = durable.read_back(partial, staged.digests.blake3)
        durable.place(partial, os.fsencode(folder / name))
        durable.sync_folder(os.fsencode(folder))
    except BaseException:
        durable.remove(partial)
        raise
    return proven.grade


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "lost+found")


@pytest.mark.root
@pytest.mark.parametrize("kind", [*KINDS, "tmpfs"])
def test_a_copy_is_durable_and_clobbers_nothing_anywhere(kind: str, source: bytes, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        assert copy(source, made.point) is Grade.DEVICE
        with pytest.raises(FileExistsError):
            copy(source, made.point)
        assert left(made.point) == ["a.flac"]
        if kind != "tmpfs":
            made.unmount()
            made.mount()
        found = reading.read_file(os.fsencode(made.point / "a.flac"))
        assert found.digests.blake3 == blake3(SOUND).digest()
        assert abs(found.stat.mtime_ns - 10**18) < 2 * 10**9


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "exfat", "ntfs"])
def test_what_is_flushed_and_synced_is_on_the_disk(kind: str, source: bytes, tmp_path: Path) -> None:
    """The disk as a pulled plug would leave it at that moment, without any unmount, holds the file whole."""
    with drive(kind, tmp_path / "drive") as made:
        partial = os.fsencode(made.point / "1.partial")
        durable.stage(source, partial)
        durable.flush([partial])
        durable.place(partial, os.fsencode(made.point / "a.flac"))
        durable.sync_folder(os.fsencode(made.point))
        twin = Drive(kind, tmp_path / "twin", made.mib)
        assert made.image is not None
        assert twin.image is not None
        twin.image.write_bytes(made.image.read_bytes())
        try:
            twin.mount()
            assert (twin.point / "a.flac").read_bytes() == SOUND
        finally:
            twin.unmount()


@pytest.mark.root
def test_a_full_drive_says_how_much_is_missing(source: bytes, tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "drive", mib=4) as made:
        copy(source, made.point, "first.flac")
        with pytest.raises(NoSpace, match=r"needs 2\.\d MB more"):
            copy(source, made.point, "second.flac")
        assert left(made.point) == ["first.flac"]
        assert (made.point / "first.flac").read_bytes() == SOUND
        with pytest.raises(NoSpace):
            durable.write_small(os.fsencode(made.point / "first.flac"), bytes(2 * MIB))
        assert (made.point / "first.flac").read_bytes() == SOUND


@pytest.mark.root
def test_a_full_library_keeps_the_old_file(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "drive", mib=4) as made, drive("tmpfs", tmp_path / "other", mib=1) as other:
        (made.point / "a.flac").write_bytes(SOUND)
        (made.point / "n.partial").write_bytes(b"new")
        with pytest.raises(NoSpace):
            replace_library_file(
                os.fsencode(made.point / "n.partial"),
                os.fsencode(made.point / "a.flac"),
                os.fsencode(other.point / "kept"),
            )
        assert (made.point / "a.flac").read_bytes() == SOUND
        assert left(other.point) == []


@pytest.mark.root
def test_the_old_bytes_may_be_kept_on_another_drive(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "drive") as made, drive("exfat", tmp_path / "other") as other:
        (made.point / "a.flac").write_bytes(SOUND)
        os.chown(made.point / "a.flac", 1234, 4321)
        (made.point / "n.partial").write_bytes(b"new")
        lost = replace_library_file(
            os.fsencode(made.point / "n.partial"),
            os.fsencode(made.point / "a.flac"),
            os.fsencode(other.point / "kept" / "a.flac"),
        )
        assert lost == ()
        assert (other.point / "kept" / "a.flac").read_bytes() == SOUND
        assert (made.point / "a.flac").read_bytes() == b"new"
        assert (made.point / "a.flac").stat().st_uid == 1234
        assert left(made.point) == ["a.flac"]


@pytest.mark.root
@pytest.mark.parametrize("kind", KINDS)
def test_a_library_file_is_replaced_on_every_file_system(kind: str, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        (made.point / "a.flac").write_bytes(SOUND)
        (made.point / "n.partial").write_bytes(b"new")
        replace_library_file(
            os.fsencode(made.point / "n.partial"),
            os.fsencode(made.point / "a.flac"),
            os.fsencode(made.point / "kept.flac"),
        )
        assert (made.point / "a.flac").read_bytes() == b"new"
        assert (made.point / "kept.flac").read_bytes() == SOUND
        assert left(made.point) == ["a.flac", "kept.flac"]


@pytest.mark.root
def test_a_drive_that_went_read_only(source: bytes, tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "drive") as made:
        copy(source, made.point)
        made.remount("ro")
        with pytest.raises(DriveUnwritable):
            copy(source, made.point, "b.flac")
        with pytest.raises(DriveUnwritable):
            durable.set_aside(os.fsencode(made.point / "a.flac"), os.fsencode(made.point / "q" / "a.flac"))
        assert left(made.point) == ["a.flac"]


@pytest.mark.root
@pytest.mark.parametrize("when", ["staged", "flushed", "proven", "placed"])
def test_a_drive_that_is_pulled_in_mid_copy(
    when: str, source: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drive("ext4", tmp_path / "drive") as made:
        copy(source, made.point, "before.flac")
        monkeypatch.setattr(durable, "on_step", lambda step: made.yank() if step == when else None)
        with pytest.raises((VaultError, ItemError)):
            copy(source, made.point)
        monkeypatch.setattr(durable, "on_step", None)
        made.unmount()
        made.mount()
        assert (made.point / "before.flac").read_bytes() == SOUND
        if (made.point / "a.flac").exists():
            assert (made.point / "a.flac").read_bytes() == SOUND


@pytest.mark.root
def test_an_immutable_file_stays_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with drive("ext4", tmp_path / "drive") as made:
        (made.point / "a.flac").write_bytes(SOUND)
        (made.point / "n.partial").write_bytes(b"new")
        if subprocess.run(["chattr", "+i", made.point / "a.flac"], check=False).returncode != 0:
            pytest.skip("no chattr here")
        try:
            with pytest.raises(ItemError) as caught:
                replace_library_file(
                    os.fsencode(made.point / "n.partial"),
                    os.fsencode(made.point / "a.flac"),
                    os.fsencode(made.point / "kept"),
                )
        finally:
            subprocess.run(["chattr", "-i", made.point / "a.flac"], check=True)
        assert caught.value.operation == "write"
        assert (made.point / "a.flac").read_bytes() == SOUND
        assert left(made.point) == ["a.flac", "n.partial"]


def test_a_file_that_is_too_large_for_the_drive_is_that_files_error(source: bytes, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, before[1]))
    try:
        with pytest.raises(ItemError, match="EFBIG"):
            copy(source, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert left(tmp_path) == ["source.flac"]


def test_a_write_error_leaves_nothing(source: bytes, faulty: FaultyDrive) -> None:
    faulty.break_({"op": "write", "errno": "EIO", "at": 2 * MIB})
    with pytest.raises(DriveGone):
        copy(source, faulty.point)
    faulty.break_({"op": "write", "errno": "ENOSPC", "at": MIB})
    with pytest.raises(NoSpace):
        copy(source, faulty.point)
    faulty.break_({"op": "create", "errno": "EROFS"})
    with pytest.raises(DriveUnwritable):
        copy(source, faulty.point)
    assert left(faulty.backing) == []
    faulty.heal()
    copy(source, faulty.point)
    assert (faulty.backing / "a.flac").read_bytes() == SOUND


def test_a_flush_that_fails_is_believed(source: bytes, faulty: FaultyDrive) -> None:
    faulty.break_({"op": "fsync", "errno": "EIO"})
    with pytest.raises(VaultError):
        copy(source, faulty.point)
    with pytest.raises(VaultError):
        durable.write_small(os.fsencode(faulty.point / "volume.json"), b"{}")
    assert left(faulty.backing) == []


def test_a_drive_that_reads_other_bytes_than_were_written(source: bytes, faulty: FaultyDrive) -> None:
    """Only a read past the page cache notices: the bytes that were written are still in memory."""
    faulty.break_({"op": "read", "name": "partial", "flip": True, "at": MIB + 77})
    with pytest.raises(ItemError, match="other bytes") as caught:
        copy(source, faulty.point)
    assert caught.value.operation == "copy"
    faulty.break_({"op": "read", "name": "partial", "flip": True, "at": 1})
    with pytest.raises(ItemError, match="other bytes"):
        durable.write_small(os.fsencode(faulty.point / "volume.json"), b"{}")
    assert left(faulty.backing) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"op": "fsync", "name": "fold.manifest", "errno": "EIO"},
        {"op": "read", "name": "fold.manifest", "flip": True, "at": 1},
    ],
    ids=["not flushed", "reads back otherwise"],
)
def test_lists_that_did_not_reach_the_drive_take_no_place(faulty: FaultyDrive, fault: dict[str, object]) -> None:
    create_vault(os.fsencode(faulty.point), "Elements", "home", "catalog-1", now=NOW)
    vault = Vault(open_vault(os.fsencode(faulty.point), "catalog-1", 1).layout)
    record = vault.put(b"data/music/a.flac", b"a")
    before = {path: path.read_bytes() for path in (faulty.backing / "MusicVault").rglob("*") if path.is_file()}
    faulty.break_(fault)
    with pytest.raises(VaultError):
        vault.fold()
    faulty.heal()
    assert {path: path.read_bytes() for path in before} == before
    assert replay(vault.layout.journal).records == (record,)
    vault.fold()
    assert [entry.path for entry in read_entries(vault.layout.manifest)] == [b"data/music/a.flac"]


def test_a_source_with_a_read_error_is_the_sources_fault(faulty: FaultyDrive, tmp_path: Path) -> None:
    (faulty.backing / "s.flac").write_bytes(SOUND)
    faulty.break_({"op": "read", "name": "s.flac", "errno": "EIO", "at": MIB + 4096})
    with pytest.raises(ItemError) as caught:
        copy(os.fsencode(faulty.point / "s.flac"), tmp_path)
    assert caught.value.operation == "read"
    assert caught.value.offset is not None
    assert MIB <= caught.value.offset <= MIB + 4096
    assert "1.partial" not in left(tmp_path)


def test_a_name_that_cannot_be_given(source: bytes, faulty: FaultyDrive) -> None:
    faulty.break_({"op": "rename", "errno": "EIO"}, {"op": "link", "errno": "EIO"})
    with pytest.raises(VaultError):
        copy(source, faulty.point)
    assert left(faulty.backing) == []


def test_no_clobber_without_rename_flags_or_links(source: bytes, faulty: FaultyDrive) -> None:
    faulty.break_({"op": "link", "errno": "EPERM"})
    copy(source, faulty.point)
    with pytest.raises(FileExistsError):
        copy(source, faulty.point)
    assert left(faulty.backing) == ["a.flac"]


def test_a_driver_that_takes_an_exchange_for_a_rename_loses_nothing(faulty: FaultyDrive) -> None:
    """libfuse asks drivers to refuse flags that they don't know; this one doesn't."""
    (faulty.point / "a.flac").write_bytes(b"old")
    (faulty.point / "n.partial").write_bytes(b"new")
    path = os.fsencode(faulty.point)
    try:
        replace_library_file(path + b"/n.partial", path + b"/a.flac", path + b"/kept")
    except (ItemError, VaultError):
        pass
    assert (faulty.backing / "kept").read_bytes() == b"old"
    assert (faulty.backing / "a.flac").read_bytes() in (b"old", b"new")


def test_a_folder_that_cannot_be_listed_is_a_problem(faulty: FaultyDrive) -> None:
    for name in ("bad/1.mp3", "good/2.mp3"):
        (faulty.point / name).parent.mkdir()
        (faulty.point / name).write_bytes(b"x")
    faulty.break_({"op": "readdir", "name": "bad", "errno": "EIO"})
    folders = {folder.path: folder for folder in walk.walk(os.fsencode(faulty.point))}
    assert isinstance(folders[b"bad"].problem, OSError)
    assert [entry.name for entry in folders[b"good"].files] == [b"2.mp3"]


@pytest.mark.root
@pytest.mark.parametrize("kind", KINDS)
def test_a_swap_happens_or_nothing_does(kind: str, tmp_path: Path) -> None:
    with drive(kind, tmp_path / "drive") as made:
        one, two = made.point / "one", made.point / "two"
        one.write_bytes(b"1")
        two.write_bytes(b"2")
        swapped = renames.exchange(os.fsencode(one), os.fsencode(two))
        assert (one.read_bytes(), two.read_bytes()) == ((b"2", b"1") if swapped else (b"1", b"2"))
        assert swapped is (kind in ("ext4", "btrfs"))
