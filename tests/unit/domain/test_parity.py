"""The rules of parity hold for every album: what PAR2 allows, what disks are made of, and what a change may cost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain import parity

SIZES = st.lists(st.integers(1, 1 << 31), min_size=1, max_size=60)
PERCENT = st.integers(1, parity.MOST_PERCENT)
MOST_SLICES = 32_768
"""Parity Volume Set Specification 2.0."""


@given(SIZES, PERCENT)
def test_a_set_is_one_that_par2_allows(sizes: list[int], percent: int) -> None:
    each = parity.slice_size(sizes)
    assert each % 4096 == 0
    assert parity.slices(sizes, each) <= 2000 + len(sizes) <= MOST_SLICES
    recovery = parity.recovery_slices(sizes, percent)
    assert 1 <= recovery <= MOST_SLICES
    assert recovery * 100 >= percent * parity.slices(sizes, each)


@given(SIZES, PERCENT)
def test_more_is_asked_for_than_the_recovery_slices_take(sizes: list[int], percent: int) -> None:
    assert parity.expected_size(sizes, percent) > parity.recovery_slices(sizes, percent) * parity.slice_size(sizes)


@given(st.lists(st.integers(1, 1 << 33), min_size=1, max_size=3000))
def test_a_folder_is_divided_into_a_power_of_two(sizes: list[int]) -> None:
    count = parity.portions(sizes)
    assert count & (count - 1) == 0
    assert len(sizes) <= 500 * count
    assert count == 1 or len(sizes) > 500 or sum(sizes) > 4 << 30


@given(st.binary(min_size=1, max_size=80), st.integers(0, 8))
def test_a_divided_folder_sends_each_file_on_to_one_of_two(path: bytes, power: int) -> None:
    """So half of the parts keep their files when a folder is divided further."""
    count = 1 << power
    assert parity.portion_of(path, 2 * count) % count == parity.portion_of(path, count)


def test_a_folder_of_one_small_file_has_one_slice_to_spare() -> None:
    assert parity.slice_size([300]) == 4096
    assert parity.recovery_slices([300], 5) == 1
