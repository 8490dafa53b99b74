"""A move that may have been cut in two: the old name goes only where both are known to be of the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.engine.reconcile.moved import move
from tests.corruption.faultfs import FaultyDrive, faulty_drive

SONG = b"the same song " * 1000


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyDrive]:
    with faulty_drive(tmp_path_factory.mktemp("drive"), remembers=False) as drive:
        yield drive


@pytest.fixture
def names(disk: FaultyDrive) -> tuple[Path, Path]:
    disk.heal()
    for name in ("old", "new"):
        (disk.backing / name).unlink(missing_ok=True)
        (disk.backing / name).write_bytes(SONG)
    return disk.point / "old", disk.point / "new"


def moved(names: tuple[Path, Path]) -> None:
    move(*map(os.fsencode, names))


def test_one_file_under_two_names_keeps_the_new_one(names: tuple[Path, Path]) -> None:
    old, new = names
    new.unlink()
    os.link(old, new)
    moved(names)
    assert (old.exists(), new.read_bytes()) == (False, SONG)


def test_the_same_bytes_under_two_numbers_too(names: tuple[Path, Path]) -> None:
    old, new = names
    moved(names)
    assert (old.exists(), new.read_bytes()) == (False, SONG)


@pytest.mark.parametrize("other", [SONG[:-1] + b"?", SONG[:-1], b""])
def test_other_bytes_keep_both(names: tuple[Path, Path], other: bytes) -> None:
    old, new = names
    new.write_bytes(other)
    with pytest.raises(FileExistsError):
        moved(names)
    assert (old.read_bytes(), new.read_bytes()) == (SONG, other)


@pytest.mark.parametrize("unreadable", ["old", "new"])
def test_what_cannot_be_read_keeps_both(disk: FaultyDrive, names: tuple[Path, Path], unreadable: str) -> None:
    """The bytes under the other name may be the only ones."""
    disk.break_({"op": "read", "name": unreadable, "errno": "EIO"})
    with pytest.raises(FileExistsError):
        moved(names)
    disk.heal()
    assert [path.read_bytes() for path in names] == [SONG, SONG]


def test_a_folder_under_the_new_name_keeps_the_file(names: tuple[Path, Path]) -> None:
    old, new = names
    new.unlink()
    new.mkdir()
    with pytest.raises(FileExistsError):
        moved(names)
    assert old.read_bytes() == SONG
    new.rmdir()
