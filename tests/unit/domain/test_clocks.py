"""A clock that jumps is doubted, time goes on as it should, and what stays so for a day is believed."""

from __future__ import annotations

import pytest

from musicvault.domain.clocks import BELIEVED_S, TOLERANCE_S, Doubt, Timekeeping, begin, synchronised, tick

NOON = 1_800_000_000.0
YEAR = 365 * 86400.0


def believed(keeping: Timekeeping, now: float) -> float:
    return now + keeping.shift


@pytest.mark.parametrize(("jump", "doubt"), [(-20 * YEAR, Doubt.BACK), (3 * YEAR, Doubt.AHEAD), (3600.0, Doubt.NONE)])
def test_a_jump_is_told_from_time_that_goes_by(jump: float, doubt: Doubt) -> None:
    keeping = begin(None, NOON, 0.0)
    keeping = tick(keeping, NOON + 8 * 3600, 8 * 3600.0)  # a night of sleep is no jump
    assert keeping.doubt is Doubt.NONE
    keeping = tick(keeping, NOON + 8 * 3600 + 60 + jump, 8 * 3600.0 + 60)
    assert keeping.doubt is doubt
    if doubt:
        assert believed(keeping, NOON + 8 * 3600 + 60 + jump) == NOON + 8 * 3600 + 60


def test_time_goes_on_while_the_clock_is_doubted() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + YEAR, 10.0)
    for hour in range(1, 20):
        now = NOON + YEAR + hour * 3600
        keeping = tick(keeping, now, 10.0 + hour * 3600)
        assert believed(keeping, now) == NOON + 10 + hour * 3600
        assert keeping.doubt is Doubt.AHEAD


def test_a_clock_that_is_put_right_is_believed_at_once() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + YEAR, 10.0)
    keeping = tick(keeping, NOON + 20, 20.0)
    assert (keeping.doubt, keeping.shift) == (Doubt.NONE, 0.0)


def test_what_stays_so_for_a_day_is_believed() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + YEAR, 10.0)
    keeping = tick(keeping, NOON + YEAR + BELIEVED_S, 10.0 + BELIEVED_S)
    assert (keeping.doubt, keeping.wall) == (Doubt.NONE, NOON + YEAR + BELIEVED_S)


def test_a_clock_that_jumps_about_is_doubted_anew() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + YEAR, 10.0)
    keeping = tick(keeping, NOON + 3 * YEAR, BELIEVED_S)
    keeping = tick(keeping, NOON + 3 * YEAR + 20, BELIEVED_S + 20)
    assert keeping.doubt is Doubt.AHEAD


@pytest.mark.parametrize(
    ("last", "doubt"),
    [
        (None, Doubt.NONE),
        (NOON - YEAR, Doubt.NONE),  # it was off
        (NOON + TOLERANCE_S, Doubt.NONE),
        (NOON + YEAR, Doubt.BACK),
        (NOON - 9 * YEAR, Doubt.AHEAD),
    ],
)
def test_a_boot_remembers_the_time(last: float | None, doubt: Doubt) -> None:
    keeping = begin(None if last is None else Timekeeping(last, 900.0), NOON, 5.0)
    assert keeping.doubt is doubt
    if last is not None and doubt:
        assert believed(keeping, NOON) == last


@pytest.mark.parametrize("years", [-20, 3])
def test_a_doubt_that_each_boot_meets_again_ends_after_a_day(years: float) -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + years * YEAR, 0.0)
    for hour in range(10, 24, 10):
        now = NOON + hour * 3600
        keeping = begin(keeping, now + years * YEAR, 5.0)
        assert believed(keeping, now + years * YEAR) == now
    keeping = begin(keeping, NOON + years * YEAR + BELIEVED_S, 5.0)
    assert (keeping.doubt, keeping.leap) == (Doubt.NONE, years * YEAR)


def test_a_clock_that_begins_anew_with_each_boot_is_never_believed() -> None:
    keeping, empty = begin(None, NOON, 0.0), NOON - 20 * YEAR
    for _ in range(9):
        keeping = begin(keeping, empty, 5.0)
        for hour in range(9):
            keeping = tick(keeping, empty + hour * 3600, 5.0 + hour * 3600)
        assert keeping.doubt is Doubt.BACK
    assert keeping.wall == NOON + 9 * 8 * 3600


def test_a_clock_that_was_back_and_is_right_with_the_next_boot_is_believed_at_once() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON - 5 * 3600, 0.0)
    assert keeping.doubt is Doubt.BACK
    assert begin(keeping, NOON + 3600, 5.0) == Timekeeping(NOON + 3600, 5.0)


@pytest.mark.parametrize("hours", [4, 8, 14, 22])
def test_of_a_machine_that_is_paused_each_night_the_time_is_behind_by_two_days_of_running_at_most(hours: int) -> None:
    now, steady, longest = NOON, 0.0, 0.0
    keeping = begin(None, now, steady)
    for _ in range(60):
        now += hours * 3600
        for _ in range(24 - hours):
            now, steady = now + 3600, steady + 3600
            keeping = tick(keeping, now, steady)
            assert believed(keeping, now) <= now
            longest = max(longest, now - believed(keeping, now))
    pauses = -(-48 // (24 - hours)) + 1
    assert longest <= pauses * hours * 3600
    assert keeping.leap >= (60 - pauses) * hours * 3600


def test_a_leap_of_just_now_is_not_believed_for_a_doubt_that_is_old() -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + 2 * 86400, 0.0)
    keeping = tick(keeping, NOON + 3 * YEAR, BELIEVED_S - 60)
    keeping = tick(keeping, NOON + 3 * YEAR + 120, BELIEVED_S + 60)
    assert keeping.leap == 2 * 86400
    assert keeping.doubt is Doubt.AHEAD
    assert believed(keeping, NOON + 3 * YEAR + 120) == NOON + 2 * 86400 + BELIEVED_S + 60
    other = tick(keeping, NOON - YEAR, BELIEVED_S + 60)
    assert (other.doubt, other.leap) == (Doubt.BACK, keeping.leap), "and one to the other side is another doubt"
    assert believed(other, NOON - YEAR) == believed(keeping, NOON + 3 * YEAR + 120)


@pytest.mark.parametrize("jump", [-20 * YEAR, 8 * 3600.0, 3 * YEAR])
def test_a_clock_that_the_system_vouches_for_is_believed_and_its_leap_told(jump: float) -> None:
    keeping = tick(begin(None, NOON, 0.0), NOON + 60 + jump, 60.0)
    assert synchronised(keeping) == Timekeeping(NOON + 60 + jump, 60.0, leap=jump)
