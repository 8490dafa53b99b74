"""What copies have together is put together by the digest of the whole alone."""

from __future__ import annotations

import hashlib
import os
import random
import resource
from pathlib import Path

import pytest

from musicvault.errors import ItemError
from musicvault.storage.agreeing import Together, put_together
from musicvault.storage.blocks import Hole
from musicvault.storage.mixing import SECTOR
from tests.corruption.faultfs import faulty_drive

RIGHT = random.Random(3).randbytes((1 << 20) + 5 * SECTOR + 77)
SHA256 = hashlib.sha256(RIGHT).digest()


def flipped(*places: int) -> bytes:
    data = bytearray(RIGHT)
    for place in places:
        data[place] ^= 1
    return bytes(data)


def zeroed(first: int, last: int) -> bytes:
    """Sectors `first` to `last` are zeros."""
    return RIGHT[: first * SECTOR] + bytes((last - first + 1) * SECTOR) + RIGHT[(last + 1) * SECTOR :]


def together(tmp_path: Path, *copies: bytes) -> tuple[Together, bytes]:
    for number, data in enumerate(copies):
        (tmp_path / str(number)).write_bytes(data)
    target = tmp_path / "target"
    paths = [os.fsencode(tmp_path / str(number)) for number in range(len(copies))]
    return put_together(paths, SHA256, os.fsencode(target)), target.read_bytes()


@pytest.mark.parametrize(
    "copies",
    [
        (flipped(5), flipped(9 * SECTOR)),
        (flipped(5, 3 * SECTOR, 7 * SECTOR, len(RIGHT) - 1), flipped(SECTOR, 2 * SECTOR, 1 << 20)),
        (flipped(5), flipped(6), flipped(7), RIGHT[:SECTOR] + bytes(100)),
        (RIGHT[: len(RIGHT) // 2], flipped(10)),
        (zeroed(0, 60), zeroed(100, 200)),
        (zeroed(0, 60), flipped(*range(70 * SECTOR, 90 * SECTOR, SECTOR)), zeroed(100, 200)),
        (RIGHT + b"more", RIGHT[:SECTOR], flipped(3), flipped(2 * SECTOR)),
    ],
)
def test_what_the_copies_have_together_is_found(tmp_path: Path, copies: tuple[bytes, ...]) -> None:
    """Few sectors that differ, long scratches here and there, another length."""
    found, data = together(tmp_path, *copies)
    assert (found.whole, found.holes, data) == (True, (), RIGHT)


def test_a_copy_that_lacks_much_takes_it_from_one_that_is_wrong_elsewhere(tmp_path: Path) -> None:
    """Far too many differences to try them all: but what the one has is right throughout."""
    wrong = flipped(*range(0, len(RIGHT) - 40 * SECTOR, 2 * SECTOR))
    found, data = together(tmp_path, wrong, RIGHT[: len(RIGHT) - 20 * SECTOR])
    assert (found.whole, data) == (True, RIGHT)


def test_what_all_have_wrong_stays_wrong(tmp_path: Path) -> None:
    for name, more in (("two", []), ("three", [flipped(5)])):
        (tmp_path / name).mkdir()
        found, data = together(tmp_path / name, flipped(5), flipped(5, 9 * SECTOR), *more)
        assert (found.whole, found.alike, found.holes) == (False, True, (Hole(0, len(RIGHT), True),))
        assert data == flipped(5)


def test_what_each_copy_gives_otherwise_is_in_doubt_where_nothing_is_right(tmp_path: Path) -> None:
    wrong = [zeroed(2, 3)[: 9 * SECTOR] + bytes([n]) + RIGHT[9 * SECTOR + 1 :] for n in (1, 2, 3)]
    found, _ = together(tmp_path, *wrong)
    assert found.holes == (Hole(2 * SECTOR, 4 * SECTOR, True), Hole(9 * SECTOR, 10 * SECTOR, True))


def test_what_only_one_copy_can_give_is_in_doubt_where_nothing_is_right(tmp_path: Path) -> None:
    end = 200 * SECTOR
    wrong = zeroed(3, 4)[:end] + flipped(end + 9)[end:]
    found, _ = together(tmp_path, zeroed(3, 4)[:end], wrong)
    assert found.whole is False
    assert found.holes == (Hole(3 * SECTOR, 5 * SECTOR, True), Hole(end, len(RIGHT), True))


def test_too_many_differences_are_not_tried(tmp_path: Path) -> None:
    places = range(0, 120 * SECTOR, 4 * SECTOR)
    found, _ = together(tmp_path, flipped(*places), flipped(*(place + 2 * SECTOR for place in places)))
    assert not found.whole
    assert found.holes == tuple(Hole(n * SECTOR, (n + 1) * SECTOR, True) for n in range(0, 120, 2))


def test_another_file_is_not_alike(tmp_path: Path) -> None:
    found, _ = together(tmp_path, flipped(5), random.Random(9).randbytes(len(RIGHT)))
    assert not found.alike


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "0").write_bytes(RIGHT)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(RIGHT) - SECTOR, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            put_together([os.fsencode(tmp_path / "0")], SHA256, os.fsencode(tmp_path / "target"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_bad_sectors_are_read_around(tmp_path: Path) -> None:
    with faulty_drive(tmp_path / "faulty") as drive:
        for name in ("a", "b"):
            (drive.backing / name).write_bytes(RIGHT)
        drive.break_(
            {"op": "read", "name": "/a", "errno": "EIO", "at": 100_000},
            {"op": "read", "name": "/b", "errno": "EIO", "at": 300_000},
        )
        copies = [os.fsencode(drive.point / name) for name in ("a", "b")]
        assert put_together(copies, SHA256, os.fsencode(tmp_path / "both")).whole
        assert (tmp_path / "both").read_bytes() == RIGHT
        sector = 100_000 // SECTOR * SECTOR
        alone = put_together(copies[:1], SHA256, os.fsencode(tmp_path / "one"))
        assert (alone.whole, alone.holes) == (False, (Hole(sector, sector + SECTOR, False),))
        expected = RIGHT[:sector] + bytes(SECTOR) + RIGHT[sector + SECTOR :]
        assert (tmp_path / "one").read_bytes() == expected


def test_no_copy_at_all(tmp_path: Path) -> None:
    with pytest.raises(ItemError):
        put_together([os.fsencode(tmp_path / "none")], SHA256, os.fsencode(tmp_path / "target"))
