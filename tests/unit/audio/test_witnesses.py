"""Where copies disagree, the format's own checksums tell which bytes are right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from musicvault.audio.witnesses import Choice, _crc8, settled
from tests.sound import make

SECTOR = 4096


def sectors(data: bytes) -> list[bytes]:
    return [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]


def disagreeing(
    right: bytes, wrong: dict[int, int], chance: random.Random
) -> tuple[bytes, list[Choice], dict[int, int]]:
    """Two copies: of each sector in `wrong` that copy (0 or 1) has other bytes. The likeliest file, the choices, and
    which variant is right."""
    parts, choices, answer = sectors(right), [], {}
    for number, (sector, copy) in enumerate(sorted(wrong.items())):
        good, bad = parts[sector], bytearray(parts[sector])
        place = chance.randrange(len(bad))
        bad[place] ^= 1 << chance.randrange(8)
        if chance.random() < 0.3:
            bad = bytearray(len(bad))
        variants = (bytes(bad), good) if copy == 0 else (good, bytes(bad))
        parts[sector] = variants[0]
        choices.append(Choice(sector * SECTOR, variants))
        answer[number] = 1 - copy
    return b"".join(parts), choices, answer


@pytest.mark.parametrize("name", ["a.flac", "a.ogg"])
@pytest.mark.parametrize("damage", ["here and there", "everywhere"])
def test_every_sector_of_the_sound_is_settled(tmp_path: Path, name: str, damage: str) -> None:
    right = make(tmp_path / name, seconds=4 if name.endswith("ogg") else 2, title="A title").read_bytes()
    chance = random.Random(name + damage)
    last = len(sectors(right)) - 1
    first = 3  # behind the tags, which have no checksum in FLAC
    places = range(first, last) if damage == "everywhere" else chance.sample(range(first, last), 4)
    data, choices, answer = disagreeing(right, {place: chance.randrange(2) for place in places}, chance)
    found = settled(data, choices)
    assert {number: found.get(number) for number in answer} == answer


def test_where_both_are_wrong_nothing_is_said_and_the_rest_is_settled(tmp_path: Path) -> None:
    right = make(tmp_path / "a.flac", seconds=4).read_bytes()
    chance = random.Random(5)
    data, choices, answer = disagreeing(right, {6: 0, 20: 1, 40: 0}, chance)
    spoilt = tuple(bytes([variant[0] ^ 1]) + variant[1:] for variant in choices[1].variants)
    choices[1] = Choice(choices[1].offset, spoilt)
    data = data[: choices[1].offset] + spoilt[0] + data[choices[1].end :]
    found = settled(data, choices)
    assert {**found, 1: None} == {**answer, 1: None}
    assert 1 not in found


def test_what_has_no_checksums_says_nothing(tmp_path: Path) -> None:
    right = make(tmp_path / "a.wav", seconds=1).read_bytes()
    data, choices, _ = disagreeing(right, {3: 0}, random.Random(1))
    assert settled(data, choices) == {}
    assert settled(b"", []) == {}


def test_a_rotten_length_of_frames_makes_no_endless_search() -> None:
    chance = random.Random(1)
    data = bytearray(b"fLaC" + chance.randbytes(100 * SECTOR - 4))
    data[8:26] = bytes((16, 0, 16, 0, 0, 0, 0)) + (0xF00000).to_bytes(3, "big") + bytes(8)
    head = bytes((0xFF, 0xF8, 0xC9, 0x18, 7))
    for sector in range(2, 100, 5):
        data[sector * SECTOR - 10 : sector * SECTOR - 4] = head + bytes((_crc8(head),))
    choices = [
        Choice(at, (bytes(data[at : at + SECTOR]), chance.randbytes(SECTOR))) for at in range(12288, 409600, 4096)
    ]
    assert settled(bytes(data), choices) == {}
