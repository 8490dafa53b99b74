"""What was searched for in vain isn't searched for again among the very same bytes, and is among any others; what is
said of it stays the same."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.domain.values import MIB, Digests
from musicvault.storage.agreeing import put_together
from musicvault.storage.gathering import Gathered, gather, survey
from musicvault.storage.mixing import SECTOR
from musicvault.storage.reading import read_file
from tests.corruption.faultfs import faulty_drive

RIGHT = random.Random(11).randbytes(2 * MIB + 777)
PLACES = (5 * SECTOR, 9 * SECTOR, MIB + 3 * SECTOR)


class Everything(set[bytes]):
    """A memory in which each search was in vain."""

    def __contains__(self, search: object, /) -> bool:
        return True


def damaged(folder: Path, name: str, seed: int, *places: int) -> bytes:
    """A copy with other bytes in the sectors that begin at these places."""
    data, chance = bytearray(RIGHT), random.Random(seed)
    for place in places:
        data[place : place + SECTOR] = chance.randbytes(SECTOR)
    (folder / name).write_bytes(data)
    return os.fsencode(folder / name)


@pytest.fixture
def digests(tmp_path: Path) -> Digests:
    return read_file(damaged(tmp_path, "right", 0)).digests


def whole(folder: Path, copies: list[bytes], digests: Digests, vain: set[bytes]) -> Gathered:
    target = folder / "target"
    target.unlink(missing_ok=True)
    return gather(copies, digests, os.fsencode(target), vain=vain)


def test_what_is_remembered_is_not_searched_for(tmp_path: Path, digests: Digests) -> None:
    """Else these would be mixed: the memory is asked, and believed."""
    copies = [damaged(tmp_path, "a", 1, PLACES[0]), damaged(tmp_path, "b", 2, PLACES[1])]
    assert whole(tmp_path, copies, digests, set()).whole
    for know in (digests, replace(digests, blocks=b"")):
        assert not whole(tmp_path, copies, know, Everything()).whole
        assert not survey(copies, know, vain=Everything()).whole
    target = os.fsencode(tmp_path / "together")
    assert not put_together(copies, digests.sha256, target, vain=Everything()).whole
    os.unlink(target)
    assert put_together(copies, digests.sha256, target, vain=set()).whole


@pytest.mark.parametrize("blocks", [True, False], ids=["blocks", "no blocks"])
def test_the_second_time_says_the_same_whatever_the_order(tmp_path: Path, digests: Digests, blocks: bool) -> None:
    wanted = digests if blocks else replace(digests, blocks=b"")
    copies = [damaged(tmp_path, name, seed, *PLACES) for seed, name in enumerate("abc", start=1)]
    vain: set[bytes] = set()
    first = whole(tmp_path, copies, wanted, vain)
    assert not first.whole
    assert len(vain) == (2 if blocks else 1)
    before = set(vain)
    for order in (copies, copies[::-1]):
        again = whole(tmp_path, order, wanted, vain)
        assert (again.holes, again.lost) == (first.holes, first.lost)
        assert survey(order, wanted, vain=vain).holes == first.holes
    assert vain == before
    assert whole(tmp_path, copies, wanted, Everything()) == first


def test_of_the_whole_alone_nothing_is_searched_for_twice(tmp_path: Path, digests: Digests) -> None:
    copies = [damaged(tmp_path, name, seed, *PLACES) for seed, name in enumerate("ab", start=1)]
    vain: set[bytes] = set()
    tries = []
    for number, order in enumerate((copies, copies[::-1])):
        told = put_together(order, digests.sha256, os.fsencode(tmp_path / f"target {number}"), vain=vain)
        tries.append((told.whole, told.holes, frozenset(vain)))
    assert tries[0] == tries[1]
    assert (tries[0][0], len(vain)) == (False, 1)


@pytest.mark.parametrize("news", ["another copy", "a changed copy", "a longer copy"])
def test_other_bytes_are_another_search(tmp_path: Path, digests: Digests, news: str) -> None:
    copies = [damaged(tmp_path, name, seed, *PLACES) for seed, name in enumerate("ab", start=1)]
    copies.append(damaged(tmp_path, "short", 3, *PLACES))
    os.truncate(copies[-1], PLACES[0])
    vain: set[bytes] = set()
    assert not whole(tmp_path, copies, digests, vain).whole
    if news == "another copy":
        copies.append(damaged(tmp_path, "d", 4, 7 * SECTOR, MIB + 8 * SECTOR))
    elif news == "a changed copy":
        damaged(tmp_path, "b", 5, 7 * SECTOR, MIB + 8 * SECTOR)
    else:
        damaged(tmp_path, "short", 6, 7 * SECTOR, MIB + 8 * SECTOR)
    assert whole(tmp_path, copies, digests, vain).whole
    assert (tmp_path / "target").read_bytes() == RIGHT


def test_a_sector_that_can_be_read_again_is_another_search(tmp_path: Path, digests: Digests) -> None:
    other = damaged(tmp_path, "other", 1, *PLACES)
    vain: set[bytes] = set()
    with faulty_drive(tmp_path / "faulty") as drive:
        damaged(drive.backing, "own", 2, 7 * SECTOR)
        copies = [os.fsencode(drive.point / "own"), other]
        drive.break_({"op": "read", "name": "/own", "errno": "EIO", "at": PLACES[0] + 5})
        lost = whole(tmp_path, copies, digests, vain)
        assert not lost.whole
        assert whole(tmp_path, copies, digests, vain).holes == lost.holes
        drive.heal()
        assert whole(tmp_path, copies, digests, vain).whole
    assert (tmp_path / "target").read_bytes() == RIGHT
