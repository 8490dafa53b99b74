"""The cap holds over any stretch, and nothing is read while others use the disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from musicvault.domain.notices import never_stops
from musicvault.errors import Cancelled
from musicvault.runtime.pacing import LONGEST_REST_S, REST_S, Cap, Pace

MB = 10**6


class Time:
    """A clock that goes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


class Disk:
    """Others' bytes at each look."""

    def __init__(self, amounts: Iterator[int]) -> None:
        self.amounts = amounts

    def of_others(self) -> int:
        return next(self.amounts)


def test_the_cap_holds() -> None:
    time = Time()
    pace = Pace(never_stops, cap=Cap(10 * MB, time), clock=time, sleep=time.sleep)
    for _ in range(100):
        pace.spent(MB)
        pace.checkpoint()
    assert time.now == pytest.approx(100 / 10 - 1, abs=0.2)  # one second's worth may come at once


@pytest.mark.parametrize("reading", [1, 2])
def test_those_who_read_share_one_cap(reading: int) -> None:
    time = Time()
    cap = Cap(10 * MB, time)
    paces = [Pace(never_stops, cap=cap, clock=time, sleep=time.sleep) for _ in range(2)][:reading]
    for number in range(100):
        paces[number % reading].spent(MB)
        paces[number % reading].checkpoint()
    assert time.now == pytest.approx(100 / 10 - 1, abs=0.2)


def test_without_a_cap_nothing_waits() -> None:
    time = Time()
    pace = Pace(never_stops, clock=time, sleep=time.sleep)
    for _ in range(1000):
        pace.spent(MB)
        pace.checkpoint()
    assert time.now == 0.0


def test_it_rests_while_others_use_the_disk() -> None:
    time = Time()
    pace = Pace(never_stops, others=Disk(iter([100 * MB, 50 * MB, 50 * MB, 0, 0])), clock=time, sleep=time.sleep)
    time.now += 1.0
    pace.checkpoint()
    assert pace.rested == pytest.approx(3 * REST_S)
    time.now += 1.0
    pace.checkpoint()
    assert pace.rested == pytest.approx(3 * REST_S)


def test_a_disk_that_is_never_quiet_is_read_all_the_same() -> None:
    time = Time()
    pace = Pace(never_stops, others=Disk(iter(lambda: 100 * MB, 0)), clock=time, sleep=time.sleep)
    time.now += 1.0
    pace.checkpoint()
    assert pace.rested == pytest.approx(LONGEST_REST_S, abs=REST_S)


def test_a_rest_can_be_cancelled() -> None:
    def stop() -> None:
        if time.now > 1.2:
            raise Cancelled

    time = Time()
    pace = Pace(stop, others=Disk(iter(lambda: 100 * MB, 0)), clock=time, sleep=time.sleep)
    time.now += 1.0
    with pytest.raises(Cancelled):
        pace.checkpoint()
