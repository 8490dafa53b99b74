"""Lanes read side by side, hand everything back once, and stop when they are told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from musicvault.domain.notices import never_stops
from musicvault.engine.lanes import BUNDLE_FILES, Lanes, Reader
from musicvault.errors import Cancelled


def numbers(start: int, stop: int, size: int = 10) -> Iterator[tuple[int, int]]:
    return ((number, size) for number in range(start, stop))


def double(task: int, reader: Reader) -> int:
    reader.checkpoint()
    reader.on_bytes(10)
    return 2 * task


@pytest.mark.parametrize("readers", [1, 2])
def test_every_task_of_every_lane_comes_back_once(readers: int) -> None:
    lanes: Lanes[int, int] = Lanes(double, never_stops)
    try:
        lanes.add(numbers(0, 1000), readers)
        lanes.add(numbers(1000, 1500, 1 << 30), readers)
        lanes.add(iter(()), readers)
        found = [number for bundle in lanes.results() for number in bundle]
    finally:
        lanes.close()
    assert sorted(found) == [2 * number for number in range(1500)]
    assert lanes.bytes == 15000


def test_one_reader_keeps_the_order() -> None:
    lanes: Lanes[int, int] = Lanes(double, never_stops)
    lanes.add(numbers(0, 200), 1)
    found = [number for bundle in lanes.results() for number in bundle]
    lanes.close()
    assert found == [2 * number for number in range(200)]


def test_lanes_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=30)

    def meet(task: int, reader: Reader) -> int:
        both.wait()
        return task

    lanes: Lanes[int, int] = Lanes(meet, never_stops)
    lanes.add(numbers(0, 1), 1)
    lanes.add(numbers(1, 2), 1)
    found = sorted(number for bundle in lanes.results() for number in bundle)
    lanes.close()
    assert found == [0, 1]


def test_no_lane_runs_far_ahead_of_the_job() -> None:
    drawn: list[int] = []

    def feed() -> Iterator[tuple[int, int]]:
        for number in range(100_000):
            drawn.append(number)
            yield number, 10

    lanes: Lanes[int, int] = Lanes(double, never_stops)
    lanes.add(feed(), 1)
    next(lanes.results())
    lanes.close()
    assert len(drawn) <= 3 * BUNDLE_FILES


def test_an_error_of_the_work_is_the_job_s_error() -> None:
    def fail(task: int, reader: Reader) -> int:
        raise ZeroDivisionError

    lanes: Lanes[int, int] = Lanes(fail, never_stops)
    lanes.add(numbers(0, 5), 2)
    with pytest.raises(ZeroDivisionError):
        list(lanes.results())
    lanes.close()


def test_cancelling_stops_the_readers_inside_a_long_read() -> None:
    reading = threading.Event()

    def endless(task: int, reader: Reader) -> int:
        while True:
            reading.set()
            reader.checkpoint()

    def cancel_once_reading() -> None:
        if reading.is_set():
            raise Cancelled

    lanes: Lanes[int, int] = Lanes(endless, cancel_once_reading)
    lanes.add(numbers(0, 5), 2)
    with pytest.raises(Cancelled):
        list(lanes.results())
    lanes.close()  # joins: a reader that went on would hang the test


def test_a_paused_job_pauses_its_readers() -> None:
    steps: list[int] = []
    resume = threading.Event()
    still: list[bool] = []

    def endless(task: int, reader: Reader) -> int:
        while not resume.is_set():
            reader.checkpoint()
            steps.append(task)
        return task

    def pause() -> None:
        if not steps or still:
            return
        before = len(steps)
        threading.Event().wait(0.05)  # time in which a reader that isn't paused would make thousands of steps
        still.append(len(steps) <= before + 1)  # the one that was under way may end
        resume.set()

    lanes: Lanes[int, int] = Lanes(endless, pause)
    lanes.add(numbers(0, 1), 1)
    list(lanes.results())
    lanes.close()
    assert still == [True]
