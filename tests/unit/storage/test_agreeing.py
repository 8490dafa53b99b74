"""What copies have together is put together by the digest of the whole alone."""

from __future__ import annotations

import hashlib
import os
import random
import resource
from pathlib import Path

import pytest

from musicvault.errors import ItemError
from musicvault.storage.agreeing import put_together
from musicvault.storage.mixing import SECTOR
from tests.corruption.faultfs import faulty_drive

RIGHT = random.Random(3).randbytes((1 << 20) + 5 * SECTOR + 77)
SHA256 = hashlib.sha256(RIGHT).digest()


def flipped(*places: int) -> bytes:
    data = bytearray(RIGHT)
    for place in places:
        data[place] ^= 1
    return bytes(data)


def together(tmp_path: Path, *copies: bytes) -> tuple[bool, bytes]:
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
    ],
)
def test_few_differing_sectors_are_tried(tmp_path: Path, copies: tuple[bytes, ...]) -> None:
    assert together(tmp_path, *copies) == (True, RIGHT)


def test_what_all_have_wrong_stays_wrong(tmp_path: Path) -> None:
    whole, data = together(tmp_path, flipped(5), flipped(5, 9 * SECTOR))
    assert not whole
    assert data == flipped(5)


def test_too_many_differences_are_not_tried(tmp_path: Path) -> None:
    whole, _ = together(tmp_path, RIGHT, flipped(*range(0, 20 * SECTOR, SECTOR)))
    assert not whole


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
        assert put_together(copies, SHA256, os.fsencode(tmp_path / "both"))
        assert (tmp_path / "both").read_bytes() == RIGHT
        assert not put_together(copies[:1], SHA256, os.fsencode(tmp_path / "one"))
        sector = 100_000 // SECTOR * SECTOR
        expected = RIGHT[:sector] + bytes(SECTOR) + RIGHT[sector + SECTOR :]
        assert (tmp_path / "one").read_bytes() == expected


def test_no_copy_at_all(tmp_path: Path) -> None:
    with pytest.raises(ItemError):
        put_together([os.fsencode(tmp_path / "none")], SHA256, os.fsencode(tmp_path / "target"))
