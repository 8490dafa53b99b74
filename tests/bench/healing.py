"""Healing against the plan of the damage, and what it costs: bytes read for one damaged block, and the search."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.storage import reading
from musicvault.storage.mixing import SECTOR, mix
from tests.bench.measuring import Result
from tests.corruption.faultfs import faulty_drive
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.healing import covered, gathered, repaired
from tests.healing.damage import KINDS
from tests.healing.judge import Tally

CASES = 10_000
IN_ROUNDS = 900
"""So many of them go through scan, sync, scrub and repair."""
ROUND = 100
ALBUMS = 360
ALBUMS_A_ROUND = 60
"""Albums of which every copy loses the same places, with parity that reaches, or just doesn't."""
LARGE = 500_000_000
BLOCK = 1 << 20
_THROUGH_FUSE = ("read errors", "mixed")


def healing(data: Path) -> Iterator[Result]:
    """Every case that must heal heals byte for byte, the rest is named exactly, and nothing ends worse than before."""
    place = data / "healing"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    tally, rounds = Tally(), Tally()
    each = -(-(CASES - IN_ROUNDS) // len(KINDS))
    others = [kind for kind in KINDS if kind not in _THROUGH_FUSE]
    gathered.run(tally, place, others, range(each), None)
    try:
        with faulty_drive(place / "faulty") as faulty:
            gathered.run(tally, place, _THROUGH_FUSE, range(each), faulty)
    except pytest.skip.Exception as skipped:
        print(f"no read errors: {skipped}")
    kinds = [kind for kind in KINDS if kind != "read errors"]
    for number in range(IN_ROUNDS // ROUND):
        chosen = [(kinds[n % len(kinds)], 100_000 + number * ROUND + n) for n in range(ROUND)]
        repaired.run(rounds, place / f"round {number}", chosen)
        shutil.rmtree(place / f"round {number}")
    filled = covered.Covered()
    for number in range(ALBUMS // ALBUMS_A_ROUND):
        seeds = range(number * ALBUMS_A_ROUND, (number + 1) * ALBUMS_A_ROUND)
        covered.run(filled, place / f"parity {number}", seeds)
        shutil.rmtree(place / f"parity {number}")
    print("\nfilled in from parity", *filled.table(), *filled.failures[:20], sep="\n")
    for title, found in (("blocks gathered from copies", tally), ("libraries and drives repaired", rounds)):
        print(f"\n{title}", *found.table(), *found.failures[:20], sep="\n")
    wrong = len(tally.failures) + len(rounds.failures) + len(filled.failures)
    yield Result("cases that went wrong", wrong, "", 0)
    yield Result("cases", tally.cases + rounds.cases + filled.cases, "", CASES, is_rate=True)
    yield from _search()
    yield from _bytes_read(place)
    shutil.rmtree(place)


def _search() -> Iterator[Result]:
    """Eight sectors of a MiB differ, in two copies or three, anywhere or all at the start, and what is right is tried
    last."""
    chance = random.Random(8)
    content = chance.randbytes(BLOCK)
    wanted = blake3(content).digest()
    anywhere, start = chance.sample(range(BLOCK // SECTOR), 8), list(range(0, 16, 2))
    for copies, places, where in ((2, start, "start"), (3, anywhere, "anywhere"), (3, start, "start")):
        mixed = [[content[n : n + SECTOR] for n in range(0, BLOCK, SECTOR)] for _ in range(copies)]
        for sector in places:
            right = copies - 1  # what is tried last
            for copy in mixed[:right]:
                copy[sector] = chance.randbytes(SECTOR)
        begun = time.process_time()  # not the time that others took
        found = mix(mixed, BLOCK, wanted.__eq__)
        seconds = time.process_time() - begun
        assert found.block == content
        yield Result(f"mixing 8 sectors of {copies} copies, {where}", seconds, "s", 2.0)


def _bytes_read(place: Path) -> Iterator[Result]:
    """One damaged block in a file of 500 MB, in the library and on a drive."""
    room = Guarded(place)
    path = room.music / "large.bin"
    with path.open("wb") as file:
        for _ in range(LARGE // 1_000_000):
            file.write(random.randbytes(1_000_000))
    room.drive("drive")
    room.protect()
    copy = room.copy("drive", "large.bin")
    for damaged, other, what in ((path, copy, "a library's file"), (copy, path, "a drive's copy")):
        flip(damaged)
        room.scrub()
        with _counted() as counts:
            assert room.repair().exit_code == 0
        yield Result(f"read to heal a block of {what}", sum(counts.values()) / LARGE, "sizes", 2.1)
        from_other = sum(amount for name, amount in counts.items() if name == os.fsencode(other))
        yield Result("of that, from the other copy", from_other / BLOCK, "MiB", 1.0)


@contextmanager
def _counted() -> Iterator[dict[bytes, int]]:
    """Bytes that are read through OpenFile, by path, while the block runs."""
    counts: dict[bytes, int] = {}
    pread, read_into = reading._pread, reading._read_into

    def name(fd: int) -> bytes:
        return os.readlink(f"/proc/self/fd/{fd}".encode())

    def counted_pread(fd: int, length: int, offset: int, /) -> bytes:
        found = pread(fd, length, offset)
        counts[name(fd)] = counts.get(name(fd), 0) + len(found)
        return found

    def counted_read_into(fd: int, view: memoryview) -> int:
        count = read_into(fd, view)
        counts[name(fd)] = counts.get(name(fd), 0) + count
        return count

    reading._pread, reading._read_into = counted_pread, counted_read_into
    try:
        yield counts
    finally:
        reading._pread, reading._read_into = pread, read_into
