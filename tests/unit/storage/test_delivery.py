"""What is handed out appears whole, or not at all."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from musicvault.errors import Locked, NoSpace, UsageError
from musicvault.storage.delivery import aside_of, new_file, new_folder
from tests.corruption.drives import drive


def raw(path: Path) -> bytes:
    return os.fsencode(path)


def half_a_file(place: Path) -> None:
    with new_file(raw(place)) as write:
        write(b"half")
        raise KeyError


def half_a_folder(place: Path) -> None:
    with new_folder(raw(place)) as folder:
        (Path(os.fsdecode(folder.path)) / "a").write_bytes(b"a")
        raise KeyError


def large_file(place: Path, mebibytes: int) -> None:
    with new_file(raw(place)) as write:
        for _ in range(mebibytes):
            write(bytes(1 << 20))


def test_a_file_of_many_small_writes(tmp_path: Path) -> None:
    parts = [b"%d\n" % number * 40 for number in range(20_000)]
    with new_file(raw(tmp_path / "report")) as write:
        for part in parts:
            write(part)
        assert not (tmp_path / "report").exists()
    assert (tmp_path / "report").read_bytes() == b"".join(parts)
    assert os.listdir(tmp_path) == ["report"]


def test_an_empty_file(tmp_path: Path) -> None:
    with new_file(raw(tmp_path / "report")):
        pass
    assert (tmp_path / "report").read_bytes() == b""


def test_a_file_that_fails_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        half_a_file(tmp_path / "report")
    assert os.listdir(tmp_path) == []


def test_an_existing_file_stays_unless_it_may_go(tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(b"mine")
    with pytest.raises(UsageError, match="--replace"), new_file(raw(tmp_path / "report")):
        pass
    with pytest.raises(KeyError), new_file(raw(tmp_path / "report"), replace=True):
        raise KeyError
    assert (tmp_path / "report").read_bytes() == b"mine"
    with new_file(raw(tmp_path / "report"), replace=True) as write:
        write(b"new")
    assert (tmp_path / "report").read_bytes() == b"new"


@pytest.mark.parametrize("replace", [False, True])
def test_links_and_folders_are_never_replaced(tmp_path: Path, replace: bool) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("folder", "link"):
        with pytest.raises(UsageError), new_file(raw(tmp_path / name), replace=replace):
            pass
    with pytest.raises(UsageError), new_file(raw(tmp_path / "nowhere" / "report"), replace=replace):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_that_is_taken_meanwhile_stays_theirs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="meanwhile"), new_file(raw(tmp_path / "report")):
        (tmp_path / "report").write_bytes(b"theirs")
    assert (tmp_path / "report").read_bytes() == b"theirs"
    with pytest.raises(UsageError, match="meanwhile"), new_folder(raw(tmp_path / "bag")):
        (tmp_path / "bag").mkdir()
    assert sorted(os.listdir(tmp_path)) == ["bag", "report"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with drive("tmpfs", tmp_path / "small", 4) as small:
        with pytest.raises(NoSpace):
            large_file(small.point / "report", 8)
        assert os.listdir(small.point) == []


def test_a_folder_appears_at_the_end(tmp_path: Path) -> None:
    with new_folder(raw(tmp_path / "bag")) as folder:
        (Path(os.fsdecode(folder.path)) / "a").write_bytes(b"a")
        assert not (tmp_path / "bag").exists()
    assert (tmp_path / "bag" / "a").read_bytes() == b"a"
    assert os.listdir(tmp_path) == ["bag"]


def test_a_folder_that_fails_or_is_abandoned_is_gone(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        half_a_folder(tmp_path / "bag")
    with new_folder(raw(tmp_path / "bag")) as folder:
        (Path(os.fsdecode(folder.path)) / "a").write_bytes(b"a")
        folder.abandoned = True
    assert os.listdir(tmp_path) == []


def test_what_a_killed_delivery_left_goes_with_the_next(tmp_path: Path) -> None:
    left = Path(os.fsdecode(aside_of(raw(tmp_path / "bag"))))
    (left / "data").mkdir(parents=True)
    (left / "data" / "old").write_bytes(b"old")
    Path(os.fsdecode(aside_of(raw(tmp_path / "report")))).write_bytes(b"old")
    with new_folder(raw(tmp_path / "bag")), new_file(raw(tmp_path / "report")):
        pass
    assert sorted(os.listdir(tmp_path)) == ["bag", "report"]
    assert os.listdir(tmp_path / "bag") == []


def deliver(place: bytes) -> str:
    try:
        with new_folder(place):
            return "delivered"
    except Locked:
        return "locked"


def test_two_deliveries_to_one_place(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool, new_folder(raw(tmp_path / "bag")) as folder:
        (Path(os.fsdecode(folder.path)) / "a").write_bytes(b"a")
        assert pool.apply(deliver, (raw(tmp_path / "bag"),)) == "locked"
    assert (tmp_path / "bag" / "a").exists()
