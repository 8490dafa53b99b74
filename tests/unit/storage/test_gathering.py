"""A file is put together from several damaged copies, or not at all."""

from __future__ import annotations

import errno
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from musicvault.domain.values import MIB, Digests
from musicvault.errors import Cancelled, ItemError
from musicvault.storage import reading
from musicvault.storage.gathering import gather, salvage
from musicvault.storage.mixing import SECTOR
from musicvault.storage.reading import read_file

SIZE = 3 * MIB + 5


@pytest.fixture
def data() -> bytes:
    return os.urandom(SIZE)


def wanted(folder: Path, data: bytes) -> Digests:
    (folder / "right").write_bytes(data)
    digests = read_file(os.fsencode(folder / "right")).digests
    (folder / "right").unlink()
    return digests


def copy(folder: Path, name: str, data: bytes, *bad: int) -> bytes:
    """A copy with one byte flipped in each of these blocks."""
    damaged = bytearray(data)
    for block in bad:
        damaged[block * MIB] ^= 0x40
    (folder / name).write_bytes(damaged)
    return os.fsencode(folder / name)


def test_each_block_comes_from_a_copy_that_has_it_right(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    copies = [copy(tmp_path, "a", data, 0, 2), copy(tmp_path, "b", data, 1, 3), os.fsencode(tmp_path / "absent")]
    steps: list[int] = []
    found = gather(copies, digests, os.fsencode(tmp_path / "target"), on_bytes=steps.append)
    assert found.whole
    assert found.used == (2, 2, 0)
    assert found.lost == ()
    assert sum(steps) == SIZE
    assert (tmp_path / "target").read_bytes() == data
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o600


def test_what_no_copy_has_right_is_named_and_nothing_is_left(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    copies = [copy(tmp_path, "a", data, 1, 2), copy(tmp_path, "b", data[: 2 * MIB + 7], 1)]
    found = gather(copies, digests, os.fsencode(tmp_path / "target"))
    assert not found.whole
    assert found.lost == (1, 2)
    assert not (tmp_path / "target").exists()


def flipped(folder: Path, name: str, data: bytes, *places: int) -> bytes:
    """A copy with one byte changed at each of these places."""
    damaged = bytearray(data)
    for place in places:
        damaged[place] ^= 0x40
    (folder / name).write_bytes(damaged)
    return os.fsencode(folder / name)


def test_one_block_is_mixed_from_damaged_copies(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    copies = [flipped(tmp_path, "a", data, MIB + 5, 2 * MIB), flipped(tmp_path, "b", data, MIB + 50_000, 3 * MIB)]
    found = gather(copies, digests, os.fsencode(tmp_path / "target"))
    assert found.whole
    assert found.used == (3, 2)  # the mixed block counts for both
    assert (tmp_path / "target").read_bytes() == data


def test_truncated_copies_give_what_they_have(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    (tmp_path / "short").write_bytes(data[: MIB + 9000])
    copies = [os.fsencode(tmp_path / "short"), flipped(tmp_path, "b", data, 5, MIB + 5000)]
    assert gather(copies, digests, os.fsencode(tmp_path / "target")).whole
    assert (tmp_path / "target").read_bytes() == data


def test_the_damaged_file_is_read_once_and_known_afterwards(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    own, other = copy(tmp_path, "own", data + b"and more", 1), copy(tmp_path, "other", data, 0)
    found = gather([other, own], digests, os.fsencode(tmp_path / "target"), damaged=own)
    assert found.whole
    assert found.used == (1, 3)
    assert found.found is not None
    assert found.found.digests == read_file(own).digests


@pytest.mark.parametrize("blocks", [True, False])
def test_the_best_partial_has_all_that_is_known(tmp_path: Path, data: bytes, blocks: bool) -> None:
    digests = wanted(tmp_path, data)
    if not blocks:
        digests = Digests(digests.size, digests.blake3, b"", b"")
    (tmp_path / "a").write_bytes(data[: 2 * MIB + 4096])
    copies = [os.fsencode(tmp_path / "a"), flipped(tmp_path, "b", data[: 2 * MIB + 8192], MIB + 5)]
    found = gather(copies, digests, os.fsencode(tmp_path / "target"), partly=True)
    assert not found.whole
    assert (2 * MIB + 8192, SIZE, False) in found.holes
    assert found.lost == ((2, 3) if blocks else (1, 2, 3))
    partial = (tmp_path / "target").read_bytes()
    assert len(partial) == SIZE
    assert partial[: 2 * MIB + 8192] == data[: 2 * MIB + 8192]
    assert not any(partial[2 * MIB + 8192 :])


def test_without_block_digests_sectors_are_mixed_as_well(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    plain = Digests(digests.size, digests.blake3, b"", b"")
    copies = [flipped(tmp_path, "a", data, 5, 2 * MIB), flipped(tmp_path, "b", data, MIB)]
    assert gather(copies, plain, os.fsencode(tmp_path / "target")).whole
    assert (tmp_path / "target").read_bytes() == data


def test_right_blocks_under_a_wrong_whole_digest_are_refused(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    wrong = Digests(digests.size, bytes(32), digests.sha256, digests.blocks)
    found = gather([copy(tmp_path, "a", data)], wrong, os.fsencode(tmp_path / "target"))
    assert not found.whole
    assert found.lost == ()
    assert not (tmp_path / "target").exists()


def test_without_block_digests_some_copy_must_be_whole(tmp_path: Path, data: bytes) -> None:
    digests = wanted(tmp_path, data)
    plain = Digests(digests.size, digests.blake3, b"", b"")
    copies = [copy(tmp_path, "a", data, 1), copy(tmp_path, "b", data)]
    found = gather(copies, plain, os.fsencode(tmp_path / "target"))
    assert found.whole
    assert found.used == (0, 4)
    assert not gather(copies[:1], plain, os.fsencode(tmp_path / "other")).whole
    assert not (tmp_path / "other").exists()


def test_an_empty_file_needs_no_blocks(tmp_path: Path) -> None:
    digests = wanted(tmp_path, b"")
    assert gather([], digests, os.fsencode(tmp_path / "target")).whole
    assert (tmp_path / "target").read_bytes() == b""


def test_an_existing_target_is_never_touched(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "target").write_bytes(b"mine")
    with pytest.raises(ItemError, match="EEXIST"):
        gather([copy(tmp_path, "a", data)], wanted(tmp_path, data), os.fsencode(tmp_path / "target"))
    assert (tmp_path / "target").read_bytes() == b"mine"


def test_cancelled_half_way_leaves_nothing(tmp_path: Path, data: bytes) -> None:
    steps: list[int] = []

    def stop() -> None:
        if len(steps) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        gather(
            [copy(tmp_path, "a", data)],
            wanted(tmp_path, data),
            os.fsencode(tmp_path / "target"),
            checkpoint=stop,
            on_bytes=steps.append,
        )
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("size", [0, 1, 5000, MIB + 3])
def test_a_readable_file_is_salvaged_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(os.urandom(size))
    assert salvage(os.fsencode(tmp_path / "a"), os.fsencode(tmp_path / "aside"))
    assert (tmp_path / "aside").read_bytes() == (tmp_path / "a").read_bytes()


def test_what_is_not_there_can_not_be_salvaged(tmp_path: Path) -> None:
    with pytest.raises(ItemError):
        salvage(os.fsencode(tmp_path / "absent"), os.fsencode(tmp_path / "aside"))
    assert not (tmp_path / "aside").exists()


@pytest.mark.parametrize("short", [True, False], ids=["short reads", "requests fail whole"])
def test_a_sector_that_can_not_be_read_is_known_after_one_read(
    short: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Linux reads through its page cache, or as a file system that fails each request around the sector."""
    content = random.Random(5).randbytes(3 * MIB + 5000)
    for name in ("own", "other"):
        (tmp_path / name).write_bytes(content)
    bad = {MIB + 41 * SECTOR, MIB + 42 * SECTOR, 2 * MIB + 255 * SECTOR, 3 * MIB + SECTOR}
    asked: Counter[int] = Counter()
    failing = (tmp_path / "own").stat().st_ino
    pread = reading._pread

    def faulty(fd: int, length: int, offset: int, /) -> bytes:
        hit = sorted(at for at in bad if offset < at + SECTOR and at < offset + length)
        if os.fstat(fd).st_ino != failing or not hit:
            return pread(fd, length, offset)
        if short and hit[0] > offset:
            return pread(fd, hit[0] - offset, offset)
        asked.update([at for at in hit if at <= offset or not short])
        raise OSError(errno.EIO, "bad sector")

    monkeypatch.setattr(reading, "_pread", faulty)
    copies = [os.fsencode(tmp_path / name) for name in ("own", "other")]
    found = gather(copies, wanted(tmp_path, content), os.fsencode(tmp_path / "new"), damaged=copies[0])
    assert (found.whole, found.found, found.unreadable) == (True, None, frozenset(bad))
    assert (tmp_path / "new").read_bytes() == content
    assert max(asked.values()) <= (1 if short else 3)
    before = asked.copy()
    assert not salvage(copies[0], os.fsencode(tmp_path / "aside"), bad=found.unreadable)
    assert asked == before
    kept = bytearray(content)
    for at in bad:
        kept[at : at + SECTOR] = bytes(len(kept[at : at + SECTOR]))
    assert (tmp_path / "aside").read_bytes() == kept
