"""One read gives every digest, and says honestly how good a proof it is."""

from __future__ import annotations

import hashlib
import mmap
import os
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.domain.proof import Grade
from musicvault.domain.values import BLOCK_DIGEST_SIZE, MIB
from musicvault.errors import Cancelled, ItemError, UnstableError
from musicvault.storage import pagecache, reading, stats

SIZES = [0, 1, 1023, MIB - 1, MIB, MIB + 1, 3 * MIB, 9 * MIB + 17]


def make(path: Path, size: int) -> bytes:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("from_device", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_digests_are_those_of_the_bytes(tmp_path: Path, size: int, from_device: bool) -> None:
    data = make(tmp_path / "a.flac", size)
    seen = bytearray()
    steps: list[int] = []
    found = reading.read_file(
        os.fsencode(tmp_path / "a.flac"), seen.extend, from_device=from_device, on_bytes=steps.append
    )
    assert found.digests.size == size == found.stat.size == sum(steps)
    assert found.digests.blake3 == blake3(data).digest()
    assert found.digests.sha256 == hashlib.sha256(data).digest()
    blocks = [blake3(data[start : start + MIB]).digest(length=BLOCK_DIGEST_SIZE) for start in range(0, size, MIB)]
    assert found.digests.blocks == b"".join(blocks)
    assert seen == data
    assert found.stat == stats.stat_of(os.fsencode(tmp_path / "a.flac"))


def test_a_scrub_leaves_sha256_out(tmp_path: Path) -> None:
    data = make(tmp_path / "a", 2 * MIB)
    found = reading.read_file(os.fsencode(tmp_path / "a"), digests=False)
    assert found.digests.sha256 == b""
    assert found.digests.blake3 == blake3(data).digest()


def test_only_a_read_past_the_cache_has_a_grade(tmp_path: Path) -> None:
    make(tmp_path / "a", 2 * MIB)
    assert reading.read_file(os.fsencode(tmp_path / "a")).grade is None
    assert reading.read_file(os.fsencode(tmp_path / "a"), from_device=True).grade in set(Grade)


@pytest.mark.skipif(sys.platform != "linux", reason="page counts come from Linux")
def test_pages_that_a_program_holds_mapped_spoil_the_proof(tmp_path: Path) -> None:
    make(tmp_path / "a", 2 * MIB)
    with open(tmp_path / "a", "rb") as file:
        if pagecache.pages(file.fileno()) is None:
            pytest.skip("this kernel has no cachestat")
        assert pagecache.drop(file.fileno(), os.fsencode(tmp_path / "a"))
        assert pagecache.pages(file.fileno()) == (0, 0)
        if reading.read_file(os.fsencode(tmp_path / "a"), from_device=True).grade is not Grade.DEVICE:
            pytest.skip("not a local disk")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert sum(mapped[:: mmap.PAGESIZE]) > 0
            held = pagecache.pages(file.fileno())
            found = reading.read_file(os.fsencode(tmp_path / "a"), from_device=True)
    assert held is not None
    assert held[0] > 0
    assert found.grade is None


@pytest.mark.skipif(sys.platform != "linux", reason="page counts come from Linux")
def test_pages_that_were_held_just_then_are_dropped_at_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "a", 2 * MIB)
    advise = os.posix_fadvise
    with open(tmp_path / "a", "rb") as file:
        if pagecache.pages(file.fileno()) is None:
            pytest.skip("this kernel has no cachestat")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert sum(mapped[:: mmap.PAGESIZE]) > 0
        left = []

        def advise_and_let_go(*words: int) -> None:
            advise(*words)
            left.append(pagecache.pages(file.fileno()))
            mapped.close()

        monkeypatch.setattr(os, "posix_fadvise", advise_and_let_go)
        assert pagecache.drop(file.fileno(), os.fsencode(tmp_path / "a"))
        assert left[0] != (0, 0) == left[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="page counts come from Linux")
def test_a_read_from_the_device_leaves_the_cache_as_it_needs_it(tmp_path: Path) -> None:
    make(tmp_path / "a", 9 * MIB)
    reading.read_file(os.fsencode(tmp_path / "a"), from_device=True)
    with open(tmp_path / "a", "rb") as file:
        pages = pagecache.pages(file.fileno())
    if pages is None:
        pytest.skip("this kernel has no cachestat")
    assert pages == (0, 0)


def test_a_small_file_is_handed_on_when_asked(tmp_path: Path) -> None:
    data = make(tmp_path / "small", 1000)
    make(tmp_path / "large", MIB + 1)
    assert reading.read_file(os.fsencode(tmp_path / "small"), keep_small=True).content == data
    assert reading.read_file(os.fsencode(tmp_path / "small")).content is None
    assert reading.read_file(os.fsencode(tmp_path / "large"), keep_small=True).content is None


@pytest.mark.parametrize("size", [0, 5000, 2 * MIB])
def test_head_and_tail_before_the_one_read(tmp_path: Path, size: int) -> None:
    data = make(tmp_path / "a", size)
    with reading.OpenFile(os.fsencode(tmp_path / "a")) as file:
        assert file.read_at(0, 10) == data[:10]
        assert file.read_at(max(0, size - 128), 1000) == data[max(0, size - 128) :]
        assert file.read_at(size + 5, 3) == b""
        assert file.read().digests.blake3 == blake3(data).digest()


def test_a_file_that_grows_while_it_is_read_is_unstable(tmp_path: Path) -> None:
    path = tmp_path / "a"
    make(path, 2 * MIB)

    def grow(chunk: memoryview) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(UnstableError):
        reading.read_file(os.fsencode(path), grow)


def test_a_file_that_shrinks_while_it_is_read_is_unstable(tmp_path: Path) -> None:
    path = tmp_path / "a"
    make(path, 3 * MIB)
    with pytest.raises(UnstableError):
        reading.read_file(os.fsencode(path), lambda chunk: os.truncate(path, MIB))


def test_links_pipes_and_folders_are_no_files(tmp_path: Path) -> None:
    make(tmp_path / "a", 10)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", ".", "absent"):
        with pytest.raises(ItemError) as caught:
            reading.read_file(os.fsencode(tmp_path / name))
        assert caught.value.operation == "read"


def test_a_cancelled_read_stops_between_blocks(tmp_path: Path) -> None:
    make(tmp_path / "a", 4 * MIB)
    steps: list[int] = []

    def stop_at_two() -> None:
        if len(steps) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        reading.read_file(os.fsencode(tmp_path / "a"), checkpoint=stop_at_two, on_bytes=steps.append)
    assert steps == [MIB, MIB]


def test_a_sink_may_read_another_file(tmp_path: Path) -> None:
    data = make(tmp_path / "a", 3 * MIB)
    other = make(tmp_path / "b", 2 * MIB + 1)[::-1]
    (tmp_path / "b").write_bytes(other)

    def nested(chunk: memoryview) -> None:
        assert reading.read_file(os.fsencode(tmp_path / "b")).digests.blake3 == blake3(other).digest()

    found = reading.read_file(os.fsencode(tmp_path / "a"), nested)
    assert found.digests.blake3 == blake3(data).digest()


@pytest.mark.parametrize("name", [b"\xff\xfe not utf-8.mp3", b"line\nbreak.mp3", b"\xf0\x9f\x8e\xb5.mp3", b"x" * 255])
def test_any_name_can_be_read(tmp_path: Path, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"sound")
    assert reading.read_file(path).digests.blake3 == blake3(b"sound").digest()
