"""Durable copies on the file system at hand: aside, flushed, proven, in place, and nothing overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.domain.values import MIB
from musicvault.errors import Cancelled, ItemError, UnstableError, VaultError
from musicvault.storage import durable, flushing, renames

SIZES = [0, 1, MIB, 9 * MIB + 5]
NAMES = [b"\xff\xfe.mp3", b"line\nbreak.mp3", "🎵 ♫.mp3".encode(), b"n" * 255]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    monkeypatch.setattr(durable, "on_step", seen.append)
    return seen


def make(path: Path, size: int, mtime: int = 10**18) -> bytes:
    data = (b"0123456789abc" * (size // 13 + 1))[:size]
    path.write_bytes(data)
    os.utime(path, ns=(mtime, mtime))
    return data


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_goes_through_every_step(tmp_path: Path, size: int, steps: list[str]) -> None:
    data = make(tmp_path / "source", size)
    source, partial, target = (os.fsencode(tmp_path / name) for name in ("source", "x.partial", "target"))
    moved: list[int] = []
    staged = durable.stage(source, partial, on_bytes=moved.append)
    assert staged.digests.blake3 == blake3(data).digest()
    assert sum(moved) == size
    durable.flush([partial])
    proven = durable.read_back(partial, staged.digests.blake3)
    assert proven.grade is not None
    durable.place(partial, target)
    durable.sync_folder(os.fsencode(tmp_path))
    assert Path(os.fsdecode(target)).read_bytes() == data
    assert os.stat(target).st_mtime_ns == 10**18
    assert steps == ["staged", "flushed", "proven", "placed", "synced"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_copied(tmp_path: Path, name: bytes) -> None:
    folder = os.fsencode(tmp_path)
    with open(folder + b"/" + name, "wb") as file:
        file.write(b"sound")
    partial = durable.partial_beside(folder + b"/" + name)
    durable.stage(folder + b"/" + name, partial)
    os.mkdir(folder + b"/out")
    durable.place(partial, folder + b"/out/" + name)
    assert os.listdir(folder + b"/out") == [name]


def test_a_link_laid_as_a_trap_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path / "source", 100)
    (tmp_path / "victim").write_bytes(b"precious")
    for target in ("victim", "dangling"):
        (tmp_path / "x.partial").symlink_to(tmp_path / target)
        with pytest.raises(ItemError) as caught:
            durable.stage(os.fsencode(tmp_path / "source"), os.fsencode(tmp_path / "x.partial"))
        assert caught.value.operation == "write"
        (tmp_path / "x.partial").unlink()
    assert (tmp_path / "victim").read_bytes() == b"precious"
    assert not (tmp_path / "dangling").exists()


def test_a_source_that_changes_leaves_no_partial(tmp_path: Path) -> None:
    make(tmp_path / "source", 3 * MIB)

    def grow(step: int) -> None:
        with (tmp_path / "source").open("ab") as file:
            file.write(b"more")

    with pytest.raises(UnstableError):
        durable.stage(os.fsencode(tmp_path / "source"), os.fsencode(tmp_path / "x.partial"), on_bytes=grow)
    assert not (tmp_path / "x.partial").exists()


def test_a_cancelled_copy_leaves_no_partial(tmp_path: Path) -> None:
    make(tmp_path / "source", 3 * MIB)

    def stop() -> None:
        if (tmp_path / "x.partial").stat().st_size:
            raise Cancelled

    with pytest.raises(Cancelled):
        durable.stage(os.fsencode(tmp_path / "source"), os.fsencode(tmp_path / "x.partial"), checkpoint=stop)
    assert not (tmp_path / "x.partial").exists()


def test_other_bytes_on_the_device_are_noticed(tmp_path: Path) -> None:
    make(tmp_path / "x.partial", 2 * MIB)
    with pytest.raises(ItemError, match="other bytes"):
        durable.read_back(os.fsencode(tmp_path / "x.partial"), blake3(b"what was written").digest())


def test_what_another_program_wrote_is_proven(tmp_path: Path, steps: list[str]) -> None:
    data = make(tmp_path / "x.partial", MIB + 1)
    found = durable.prove(os.fsencode(tmp_path / "x.partial"))
    assert found.digests.blake3 == blake3(data).digest()
    assert found.digests.sha256
    assert steps == ["flushed", "proven"]


@pytest.mark.parametrize("with_flags", [True, False])
@pytest.mark.parametrize("with_links", [True, False])
def test_nothing_is_overwritten(
    tmp_path: Path, with_flags: bool, with_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On each of the three ways: renameat2, link and unlink, look and rename."""
    if not with_flags:
        monkeypatch.setattr(renames, "_flagged", lambda *_: False)
    if not with_links:

        def no_links(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
    make(tmp_path / "x.partial", 5)
    make(tmp_path / "taken", 7)
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("taken", "dangling"):
        with pytest.raises(FileExistsError):
            durable.place(os.fsencode(tmp_path / "x.partial"), os.fsencode(tmp_path / name))
    assert (tmp_path / "taken").stat().st_size == 7
    assert (tmp_path / "x.partial").stat().st_size == 5
    durable.place(os.fsencode(tmp_path / "x.partial"), os.fsencode(tmp_path / "free"))
    assert (tmp_path / "free").stat().st_size == 5
    assert not (tmp_path / "x.partial").exists()


def test_set_aside_makes_its_folder_and_clobbers_nothing(tmp_path: Path, steps: list[str]) -> None:
    make(tmp_path / "a.mp3", 5)
    make(tmp_path / "b.mp3", 6)
    durable.set_aside(os.fsencode(tmp_path / "a.mp3"), os.fsencode(tmp_path / "quarantine" / "deep" / "1"))
    with pytest.raises(FileExistsError):
        durable.set_aside(os.fsencode(tmp_path / "b.mp3"), os.fsencode(tmp_path / "quarantine" / "deep" / "1"))
    assert (tmp_path / "quarantine/deep/1").stat().st_size == 5
    assert (tmp_path / "b.mp3").stat().st_size == 6
    assert steps == ["synced", "synced", "set-aside"]


def test_a_file_in_a_folders_place_is_said(tmp_path: Path) -> None:
    make(tmp_path / "file", 1)
    with pytest.raises((ItemError, VaultError)):
        durable.make_folders(os.fsencode(tmp_path / "file" / "below"))


def test_two_files_are_swapped_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    if not durable.exchange(os.fsencode(tmp_path / "one"), os.fsencode(tmp_path / "two")):
        pytest.skip("this file system can't exchange files")
    assert ((tmp_path / "one").read_bytes(), (tmp_path / "two").read_bytes()) == (b"2", b"1")


@pytest.mark.parametrize("size", [0, 12, MIB, MIB + 1])
def test_a_small_file_is_written_whole(tmp_path: Path, size: int) -> None:
    for data in (b"old" * size, b"n" * size):
        durable.write_small(os.fsencode(tmp_path / "volume.json"), data)
        assert (tmp_path / "volume.json").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["volume.json"]


def test_a_small_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "volume.json").write_bytes(b"old")

    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(flushing, "flush", broken)
    with pytest.raises(VaultError):
        durable.write_small(os.fsencode(tmp_path / "volume.json"), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["volume.json"]
    assert (tmp_path / "volume.json").read_bytes() == b"old"


def test_only_partials_are_ever_removed(tmp_path: Path) -> None:
    make(tmp_path / "x.partial", 1)
    make(tmp_path / "a.mp3", 1)
    durable.remove(os.fsencode(tmp_path / "x.partial"))
    durable.remove(os.fsencode(tmp_path / "x.partial"))
    with pytest.raises(ValueError, match="no partial"):
        durable.remove(os.fsencode(tmp_path / "a.mp3"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]


def test_a_time_that_cannot_be_set_is_told_as_a_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises((ItemError, VaultError), match=r"gone\.flac|went away|is no longer"):
        durable.keep_mtime(os.fsencode(tmp_path / "gone.flac"), 10**18)
