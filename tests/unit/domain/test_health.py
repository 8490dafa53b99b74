"""Speed curves and what reads show of a drive: pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain import curves, wording
from musicvault.domain.curves import PARTS, Curve, Part
from musicvault.domain.health import ERROR_FILES, Health, HealthState, Seen, combine, judge_seen

MB = 1_000_000


def curve(*speeds: float) -> Curve:
    """Parts of 100 MB each, read at so many MB/s; 0: not read."""
    parts = [Part(100 * MB, 100 / speed) if speed else Part() for speed in speeds]
    return (*parts, *([Part()] * (PARTS - len(parts))))


@given(st.integers(0, 10**13), st.integers(1, 10**13))
def test_every_byte_has_its_part(position: int, size: int) -> None:
    assert 0 <= curves.part_of(position, size) < PARTS


def test_the_last_byte_is_in_the_last_part() -> None:
    assert curves.part_of(10**12 - 1, 10**12) == PARTS - 1
    assert curves.part_of(5, 0) == 0


def test_too_little_says_nothing() -> None:
    assert Part(1000, 0.001).speed is None
    assert Part(100 * MB, 0.0).speed is None
    assert curves.middle(curves.EMPTY) is None
    assert curves.middle((Part(MB, 0.01), Part(MB, 0.01))) is None
    assert wording.speed(None) == "Too little was read to tell its speed."


def test_many_parts_of_which_each_says_nothing_have_a_speed_together() -> None:
    small = (Part(3 * MB, 0.02),) * 30
    assert curves.speeds(small) == []
    assert curves.middle(small) == pytest.approx(150e6)
    assert wording.speed(curves.middle(small)) == "150 MB a second; too little was read to tell it part by part."


def test_a_part_far_slower_than_the_rest_stands_out() -> None:
    assert curves.slow_parts(curve(200, 190, 30, 180, 170)) == (2,)
    assert curves.slow_parts(curve(200, 180, 160, 140, 120, 100)) == (), "the inner tracks of a disk"
    assert curves.slow_parts(curve(200, 10)) == (), "two parts tell nothing"


def test_change_compares_part_with_part() -> None:
    assert curves.change(curve(100, 50, 0), [curve(200, 100, 10)]) == 0.5
    assert curves.change(curve(100), [curve(0, 100)]) is None
    assert curves.change(curve(100), []) is None
    assert curves.change(curve(100, 100), [curve(100, 100), curve(10, 100), curve(110, 100)]) == 1.0


def test_own_reads_call_a_drive_failing_but_never_healthy() -> None:
    assert judge_seen(Seen()).state is HealthState.UNKNOWN
    assert judge_seen(Seen(error_files=ERROR_FILES - 1)).state is HealthState.UNKNOWN
    failing = judge_seen(Seen(error_files=ERROR_FILES))
    assert (failing.state, failing.reason) == (HealthState.FAILING, "3 files could not be read from it.")


def test_what_was_seen_is_told() -> None:
    told = judge_seen(Seen(corrupt=3, bytes_read=2 * 10**12, slower=0.4, slow_parts=1)).reasons
    assert told == (
        "It gave back 3 files damaged (1.5 for each TB read).",
        "It reads at 40 % of its former speed.",
        "1 part of it is far slower than the rest.",
    )


def test_no_rate_is_told_of_little() -> None:
    assert judge_seen(Seen(corrupt=13, bytes_read=107_000)).reasons == (
        "It gave back 13 files damaged in 107 kB read.",
    )


def test_one_who_says_failing_is_enough() -> None:
    well, ill, unknown = (Health(state, (state.value,)) for state in HealthState)
    assert combine(well, unknown) == Health(HealthState.HEALTHY, ("healthy", "unknown"))
    assert combine(unknown, ill) == Health(HealthState.FAILING, ("failing", "unknown"))
    assert combine(ill, unknown).state is HealthState.FAILING
    assert combine(unknown, unknown).state is HealthState.UNKNOWN
