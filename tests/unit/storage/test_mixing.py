"""Sectors of damaged blocks are mixed until the digest is right, or it is said which of them are lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.errors import Cancelled
from musicvault.storage import mixing
from musicvault.storage.combining import Combinations
from musicvault.storage.mixing import MOST_DIFFERING, SECTOR, mix

COUNT = 24
RIGHT = random.Random(1).randbytes(COUNT * SECTOR - 100)


def sectors(data: bytes) -> list[bytes | None]:
    return [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]


def digest_of(data: bytes) -> Callable[[bytes], bool]:
    wanted = blake3(data).digest(16)
    return lambda digest: digest[:16] == wanted


def bad(copy: list[bytes | None], sector: int, chance: random.Random) -> None:
    good = copy[sector]
    assert good is not None
    place = chance.randrange(len(good))
    copy[sector] = good[:place] + bytes([good[place] ^ chance.randrange(1, 256)]) + good[place + 1 :]


@st.composite
def damage(draw: st.DrawFn) -> tuple[list[list[bytes | None]], int]:
    """Copies of which each sector is right in at least one; and how many sectors differ."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    copies = [sectors(RIGHT) for _ in range(draw(st.integers(2, 4)))]
    places = draw(st.lists(st.integers(0, COUNT - 1), max_size=8, unique=True))
    for place in places:
        right = draw(st.integers(0, len(copies) - 1))
        for number, copy in enumerate(copies):
            if number != right:
                draw(st.sampled_from([bad, bad, lose, blank, leave]))(copy, place, chance)
    return copies, len(places)


def lose(copy: list[bytes | None], sector: int, chance: random.Random) -> None:
    copy[sector] = None


def blank(copy: list[bytes | None], sector: int, chance: random.Random) -> None:
    good = copy[sector]
    assert good is not None
    copy[sector] = bytes(len(good))


def leave(copy: list[bytes | None], sector: int, chance: random.Random) -> None:
    return None


@settings(max_examples=40, deadline=None)
@given(damage())
def test_whatever_one_copy_has_right_in_each_sector_is_found(case: tuple[list[list[bytes | None]], int]) -> None:
    copies, _ = case
    found = mix(copies, len(RIGHT), digest_of(RIGHT))
    assert found.block == RIGHT
    assert sum(found.given) == COUNT
    assert found.unreadable == found.doubtful == ()
    for number, taken in enumerate(found.given):
        assert taken <= sum(sector is not None for sector in copies[number])


@settings(max_examples=40, deadline=None)
@given(damage(), st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_a_block_is_given_only_when_it_is_right_and_what_nobody_has_is_named(
    case: tuple[list[list[bytes | None]], int], gone: set[int]
) -> None:
    copies, _ = case
    for copy in copies:
        for sector in gone:
            copy[sector] = None
    found = mix(copies, len(RIGHT), digest_of(RIGHT))
    assert found.block is None
    assert found.unreadable == tuple(sorted(gone))
    assert len(found.likeliest) == len(RIGHT)
    for sector in gone:
        assert not any(found.likeliest[sector * SECTOR : (sector + 1) * SECTOR])
    for sector, right in enumerate(sectors(RIGHT)):
        if sector not in gone and all(copy[sector] in (right, None) for copy in copies):
            assert found.likeliest[sector * SECTOR : (sector + 1) * SECTOR] == right
            assert sector not in found.doubtful


def test_where_all_agree_on_wrong_bytes_the_whole_block_is_doubtful() -> None:
    copies = [sectors(RIGHT) for _ in range(3)]
    for copy in copies:
        bad(copy, 5, random.Random(3))
    for some in (copies[:1], copies[:2], copies):
        assert mix(some, len(RIGHT), digest_of(RIGHT)).doubtful == tuple(range(COUNT))
    bad(copies[1], 7, random.Random(4))  # in which the others agree, or the other is right
    for some in (copies[:2], copies):
        found = mix(some, len(RIGHT), digest_of(RIGHT))
        assert found.block is None
        assert found.doubtful == tuple(range(COUNT))


@pytest.mark.parametrize("number", [3, 4])
def test_where_each_copy_is_wrong_in_its_own_way_only_that_is_doubtful(number: int) -> None:
    copies = [sectors(RIGHT) for _ in range(number)]
    for seed, copy in enumerate(copies):
        bad(copy, 5, random.Random(seed))
        blank(copy, 9, random.Random(seed))
    assert mix(copies, len(RIGHT), digest_of(RIGHT)).doubtful == (5, 9), "that all read as zeros confirms nothing"
    bad(copies[0], 7, random.Random(9))
    assert mix(copies, len(RIGHT), digest_of(RIGHT)).doubtful == (5, 7, 9)


def test_where_one_copy_alone_has_a_say_and_is_wrong_only_that_is_doubtful() -> None:
    one, other = sectors(RIGHT), sectors(RIGHT)
    for sector in (4, 5, 6):
        lose(one, sector, random.Random(1))
    bad(other, 5, random.Random(2))
    found = mix([one, other], len(RIGHT), digest_of(RIGHT))
    assert (found.block, found.unreadable, found.doubtful) == (None, (), (4, 5, 6))
    bad(one, 9, random.Random(3))  # and where they differ
    assert mix([one, other], len(RIGHT), digest_of(RIGHT)).doubtful == (4, 5, 6, 9)


def test_a_truncated_copy_does_not_confirm_what_lies_behind_its_end() -> None:
    cut, whole = sectors(RIGHT), sectors(RIGHT)
    for sector in range(15, COUNT):
        lose(cut, sector, random.Random(1))
    bad(whole, 20, random.Random(2))
    for copy in (cut, whole):
        blank(copy, 2, random.Random(3))
    found = mix([cut, whole], len(RIGHT), digest_of(RIGHT))
    assert found.doubtful == (2, *range(15, COUNT)), "that both read as zeros confirms nothing"


def test_two_copies_that_agree_where_a_third_can_not_be_read_leave_the_whole_block_in_doubt() -> None:
    copies = [sectors(RIGHT) for _ in range(3)]
    lose(copies[0], 5, random.Random(1))
    for copy in copies[1:]:
        bad(copy, 5, random.Random(2))
    assert mix(copies, len(RIGHT), digest_of(RIGHT)).doubtful == tuple(range(COUNT))


def test_two_of_three_win_however_much_differs() -> None:
    copies = [sectors(RIGHT) for _ in range(3)]
    for sector in range(21):
        bad(copies[sector % 3], sector, random.Random(sector))
    assert mix(copies, len(RIGHT), digest_of(RIGHT)).block == RIGHT


def test_more_than_can_be_tried_is_named_exactly() -> None:
    right = RIGHT * 4
    one, other = sectors(right), sectors(right)
    damaged = tuple(range(0, 4 * (MOST_DIFFERING + 2), 4))
    for sector in damaged:
        bad((one, other)[sector // 4 % 2], sector, random.Random(sector))
    found = mix([one, other], len(right), digest_of(right))
    assert found.block is None
    assert found.doubtful == damaged


def test_long_runs_count_as_one() -> None:
    """Sixteen sectors differ, in two runs."""
    one, other = sectors(RIGHT), sectors(RIGHT)
    for sector in range(8):
        bad(one, sector, random.Random(sector))
        bad(other, sector + 10, random.Random(sector))
    assert mix([one, other], len(RIGHT), digest_of(RIGHT)).block == RIGHT


@pytest.mark.parametrize("strangers", [1, 2])
def test_a_file_of_another_content_does_not_spoil_it(strangers: int) -> None:
    other = sectors(random.Random(9).randbytes(len(RIGHT)))
    copies = [sectors(RIGHT), *[other] * strangers, sectors(RIGHT)]
    bad(copies[0], 3, random.Random(1))
    bad(copies[-1], 12, random.Random(2))
    assert mix(copies, len(RIGHT), digest_of(RIGHT)).block == RIGHT


def test_without_any_copy_all_is_lost() -> None:
    found = mix([], len(RIGHT), digest_of(RIGHT))
    assert found.block is None
    assert found.unreadable == tuple(range(COUNT))
    assert found.likeliest == bytes(len(RIGHT))


def test_a_search_can_be_stopped() -> None:
    one, other = sectors(RIGHT), sectors(RIGHT)
    for sector in range(12):
        bad((one, other)[sector % 2], 2 * sector, random.Random(sector))

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        mix([one, other], len(RIGHT), lambda digest: False, checkpoint=stop)


@pytest.mark.parametrize("size", [4097, 2 * SECTOR, 3 * SECTOR + 1, 70_000, (1 << 20) - 100, 1 << 20])
def test_digests_of_many_mixtures_are_those_of_blake3(size: int) -> None:
    chance = random.Random(size)
    block = chance.randbytes(size)
    places = sorted(chance.sample(range(-(-size // SECTOR)), min(-(-size // SECTOR), 4)))
    variants = [[chance.randbytes(len(block[n * SECTOR : (n + 1) * SECTOR])) for _ in range(3)] for n in places]
    digests: list[bytes] = []

    def note(digest: bytes) -> bool:
        digests.append(digest)
        return False

    assert Combinations(block, places, variants).find(note, lambda: None) is None
    expected = []
    for picks in product(range(3), repeat=len(places)):
        mixture = bytearray(block)
        for place, variant, pick in zip(places, variants, picks, strict=True):
            mixture[place * SECTOR : place * SECTOR + len(variant[pick])] = variant[pick]
        expected.append(blake3(bytes(mixture)).digest())
    assert digests == expected


def test_more_combinations_than_fit_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "_AT_ONCE", 20)
    chance = random.Random(4)
    copies = [sectors(RIGHT) for _ in range(3)]
    for place in (1, 2, 5, 9, 11, 20):
        for copy in copies[:2]:
            bad(copy, place, chance)
    found = mix(copies, len(RIGHT), digest_of(RIGHT))
    assert (found.block, found.given[2]) == (RIGHT, 6)
