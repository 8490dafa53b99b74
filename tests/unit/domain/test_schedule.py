"""The lowest steady rate keeps every proof inside its interval, whatever the day brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.schedule import (
    DAY,
    LEAST_BYTES,
    Conditions,
    Load,
    Owed,
    Quiet,
    Slice,
    Wait,
    Why,
    Wishes,
    next_slice,
    rate,
)

NOW = 1_800_000_000.0
GB = 10**9
ALL_DAY = Wishes()


def load(*owed: tuple[float, int], key: str = "A", last: float | None = NOW - DAY, interval: float = 90 * DAY) -> Load:
    """Owed bytes by the days until they are due."""
    return Load(key, tuple(Owed(NOW + days * DAY, 1, size, interval) for days, size in owed), last)


def test_the_rate_is_the_least_that_is_enough() -> None:
    even = load((90, 810 * GB))
    assert rate(even, NOW, ALL_DAY) == pytest.approx(810 * GB / (81 * DAY))
    pressing = load((19, 100 * GB), (90, 10 * GB))
    assert rate(pressing, NOW, ALL_DAY) == pytest.approx(100 * GB / (10 * DAY))
    half = Wishes(quiet=Quiet(8 * 60, 20 * 60))
    assert rate(even, NOW, half) == pytest.approx(2 * 810 * GB / (81 * DAY))


def test_a_day_brings_a_day_s_share() -> None:
    found = next_slice([load((90, 810 * GB))], Conditions(), ALL_DAY, NOW)
    assert isinstance(found, Slice)
    assert (found.bytes, found.late, found.overdue) == (10 * GB, 0, 0)


def test_a_disk_is_not_woken_for_little() -> None:
    found = next_slice([load((90, 10 * GB), last=NOW - 3600)], Conditions(), ALL_DAY, NOW)
    assert found == Wait(Why.NOTHING_DUE, NOW - 3600 + DAY)
    much = next_slice([load((90, 81 * LEAST_BYTES * 48), last=NOW - 3600)], Conditions(), ALL_DAY, NOW)
    assert isinstance(much, Slice)


def test_what_is_late_is_owed_at_once_and_the_oldest_place_comes_first() -> None:
    early, late = load((5, GB), (90, GB), key="A"), load((-3, 2 * GB), key="B", last=NOW)
    found = next_slice([early, late], Conditions(), ALL_DAY, NOW)
    assert isinstance(found, Slice)
    assert (found.key, found.late, found.overdue) == ("B", 2 * GB, 2 * GB)


@pytest.mark.parametrize(
    ("conditions", "wishes", "why"),
    [
        (Conditions(), Wishes(scrub=False), Why.OFF),
        (Conditions(on_mains=False), Wishes(), Why.BATTERY),
        (Conditions(on_mains=True, busy=True), Wishes(), Why.BUSY),
        (Conditions(), Wishes(quiet=Quiet(0, 1439)), Why.QUIET),
    ],
)
def test_it_waits_when_the_user_wants_it_to(conditions: Conditions, wishes: Wishes, why: Why) -> None:
    found = next_slice([load((90, 810 * GB))], conditions, wishes, NOW)
    assert isinstance(found, Wait)
    assert found.why is why
    assert found.until > NOW


def test_a_computer_that_is_always_busy_still_proves_what_is_overdue() -> None:
    found = next_slice([load((-1, GB))], Conditions(busy=True), ALL_DAY, NOW)
    assert isinstance(found, Slice)
    on_battery = next_slice([load((-1, GB))], Conditions(on_mains=False), ALL_DAY, NOW)
    assert isinstance(on_battery, Wait)


def test_a_slice_of_the_future_brings_no_storm() -> None:
    found = next_slice([load((90, 810 * GB), last=NOW + 900 * DAY)], Conditions(), ALL_DAY, NOW)
    assert isinstance(found, Slice)
    assert found.bytes == 10 * GB


def test_after_a_long_sleep_a_week_is_made_up_at_most() -> None:
    found = next_slice([load((90, 810 * GB), last=NOW - 60 * DAY)], Conditions(), ALL_DAY, NOW)
    assert isinstance(found, Slice)
    assert found.bytes == 70 * GB


def test_quiet_hours_over_midnight_and_over_a_change_of_the_hour() -> None:
    night = Quiet(22 * 60, 7 * 60)
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 3, 28, 23, 0, tzinfo=berlin)  # the clocks go ahead at two
    assert night.holds(evening.timestamp(), berlin)
    assert night.ends(evening.timestamp(), berlin) == datetime(2026, 3, 29, 7, 0, tzinfo=berlin).timestamp()
    autumn = datetime(2026, 10, 24, 23, 0, tzinfo=berlin)
    assert night.ends(autumn.timestamp(), berlin) - autumn.timestamp() == 9 * 3600
    noon = datetime(2026, 3, 29, 12, 0, tzinfo=UTC).timestamp()
    assert not night.holds(noon, UTC)
    assert night.holds(noon, timezone(timedelta(hours=11)))
    assert night.share == pytest.approx(9 / 24)


@given(
    st.lists(st.tuples(st.floats(0, 90), st.integers(1, 50)), min_size=1, max_size=30),
    st.sampled_from([None, Quiet(20 * 60, 8 * 60)]),
)
def test_followed_day_by_day_no_proof_falls_due(copies: list[tuple[float, int]], quiet: Quiet | None) -> None:
    """Whatever ages the proofs have to begin with, none that was in time ever is overdue again."""
    wishes = Wishes(quiet=quiet)
    proofs = sorted((NOW - age * DAY, size * GB) for age, size in copies)
    noon = NOW - NOW % DAY + DAY / 2
    last: float | None = None
    for day in range(200):
        now = noon + day * DAY
        if quiet and quiet.holds(now):  # wherever this computer's noon is
            now += 12 * 3600
        owed = tuple(Owed(at + 90 * DAY, 1, size, 90 * DAY) for at, size in proofs)
        found = next_slice([Load("A", owed, last)], Conditions(), wishes, now)
        if isinstance(found, Wait):
            continue
        if day > 1:
            assert found.overdue == 0
        last, read = now, 0
        while proofs[0][0] < now and read < found.bytes:
            read += proofs[0][1]
            proofs = sorted([*proofs[1:], (now, proofs[0][1])])
