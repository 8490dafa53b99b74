"""What no copy has is told by a scrub too, in time, and stays known until it is healed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from musicvault.catalog import findings, replicas
from musicvault.engine.attention import attention
from tests.engine_room import flip
from tests.guarded import Guarded

SONG = "Song.wav"
START, LENGTH = 300_000, 90_000
RATE = 44100 * 4


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.track(SONG, 1, seconds=4.0)
    for number in range(4):
        made.track(f"{number}.flac", number + 5)
    made.drive("A")
    made.protect()
    return made


def garble(path: Path, seed: int) -> bytes:
    """Other bytes in a place of the file, as silent rot leaves them; gives what it held."""
    before, stat = path.read_bytes(), path.stat()
    with path.open("r+b") as file:
        file.seek(START)
        file.write(random.Random(seed).randbytes(LENGTH))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return before


def test_a_scrub_says_which_seconds_no_copy_has(room: Guarded) -> None:
    before = garble(room.copy("A", SONG), 1)
    assert room.scrub().exit_code == 20
    assert all(not finding.lost for finding in room.told()), "the library's file is whole"
    garble(room.music / SONG, 2)
    assert room.scrub(library=True).exit_code == 20
    (lost,) = [finding for finding in room.told() if finding.lost]
    assert lost.known
    (part,) = lost.lost
    assert part.start <= START
    assert part.end >= START + LENGTH
    assert part.begins is not None
    assert part.ends is not None
    assert part.begins <= START / RATE
    assert START / RATE + LENGTH / RATE <= part.ends < 3.0
    stored = findings.of(room.catalog, replicas.in_library(room.catalog, room.item(SONG).id).id)
    assert stored is not None
    assert stored.lost == lost.lost
    assert lost.lost in [trouble.finding.lost for trouble in attention(room.ctx)]
    assert room.repair().exit_code == 20
    room.copy("A", SONG).write_bytes(before)
    room.scrub()
    assert room.repair().exit_code == 0
    assert attention(room.ctx) == []
    assert (room.music / SONG).read_bytes() == before


def test_zeros_in_padding_are_not_lost(room: Guarded) -> None:
    """The first sectors of a FLAC hold padding, in which all copies have nothing but zeros."""
    room.drive("B")
    room.protect()
    for number, path in enumerate((room.music / "1.flac", room.copy("A", "1.flac"), room.copy("B", "1.flac"))):
        assert path.read_bytes()[4096:8192] == bytes(4096)
        flip(path, 20_000 + number)
    room.scrub()
    assert room.repair().exit_code == 20
    assert {(one.start, one.end) for finding in room.told() for one in finding.lost} == {(16384, 20480)}


def test_also_where_the_library_has_the_file_no_more(room: Guarded) -> None:
    (room.music / SONG).unlink()
    garble(room.copy("A", SONG), 1)
    assert room.scrub().exit_code == 20
    (lost,) = [finding for finding in room.told() if finding.lost]
    assert (lost.where, lost.known) == ("A", True)
    assert lost.lost[0].start <= START < lost.lost[0].end
