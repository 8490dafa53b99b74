"""The bridge: nothing said is lost, progress is merged, and jobs stop when asked to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Notice, Started
from musicvault.errors import NoSpace
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.runtime.control import Control


def ended(qtbot: QtBot, jobs: Jobs, make: Callable[[Control], Job]) -> JobRow:
    """Run a job to its end."""
    with qtbot.waitSignal(jobs.finished, timeout=20_000) as caught:
        jobs.start("a job", make)
    row = caught.args[0]
    assert isinstance(row, JobRow)
    return row


def test_every_item_and_the_end_arrive_whatever_the_storm(qtbot: QtBot, jobs: Jobs) -> None:
    def storm(control: Control) -> Iterator[Notice]:
        yield Started("scan", "Music", 5000, 5000)
        for number in range(5000):
            yield Advanced(number + 1, number + 1)
            yield ItemDone("added", b"%d.flac" % number)
        yield Finished("scan", {"added": 5000}, 0)

    seen: list[ItemDone] = []
    moves: list[JobRow] = []
    jobs.happened.connect(lambda row, done: seen.extend(done))
    jobs.changed.connect(moves.append)
    row = ended(qtbot, jobs, storm)
    assert [one.path for one in seen] == [b"%d.flac" % number for number in range(5000)]
    assert (row.state, row.counts, row.files) == (JobState.DONE, {"added": 5000}, 5000)
    assert len(moves) < 1000  # merged: not one change for each of ten thousand notices


def test_counts_of_stages_are_added_and_the_gravest_code_stays(qtbot: QtBot, jobs: Jobs) -> None:
    def two(control: Control) -> Iterator[Notice]:
        yield Finished("scan", {"added": 2, "files": 2, "replaced": 9}, 20)  # files of other sound: findings
        yield Finished("sync", {"copied": 3, "files": 1, "replaced": 1}, 0)  # copies that were written anew

    row = ended(qtbot, jobs, two)
    assert row.counts == {"added": 2, "copied": 3, "files": 3, "replaced": 1}
    assert row.exit_code == 20


def test_a_job_pauses_goes_on_and_stops(qtbot: QtBot, jobs: Jobs) -> None:
    steps, reached, closed = threading.Semaphore(0), threading.Event(), threading.Event()

    def careful(control: Control) -> Iterator[Notice]:
        try:
            yield Started("scrub")
            while True:
                steps.acquire()
                reached.set()
                control.checkpoint()
                yield Advanced(1, 1)
        finally:
            closed.set()

    number = jobs.start("verify", careful)
    jobs.pause(number)
    steps.release()
    assert reached.wait(10)
    assert jobs.running()[0].state is JobState.PAUSED
    jobs.resume(number)
    assert jobs.running()[0].state is JobState.RUNNING
    with qtbot.waitSignal(jobs.finished, timeout=20_000) as caught:
        jobs.cancel(number)
        assert jobs.running()[0].state is JobState.STOPPING
        steps.release(5)
    assert caught.args[0].state is JobState.STOPPED
    assert closed.is_set()


def test_an_expected_error_is_told_as_it_stands(qtbot: QtBot, jobs: Jobs) -> None:
    def full(control: Control) -> Iterator[Notice]:
        yield Started("sync")
        raise NoSpace("NAS is full: 12 GB are missing.")

    row = ended(qtbot, jobs, full)
    assert (row.state, row.message, row.exit_code) == (JobState.FAILED, "NAS is full: 12 GB are missing.", 12)


def test_a_bug_ends_the_job_and_not_the_window(qtbot: QtBot, jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def wrong(control: Control) -> Iterator[Notice]:
        yield Started("sync")
        raise ZeroDivisionError("oops")

    row = ended(qtbot, jobs, wrong)
    assert row.state is JobState.FAILED
    assert "oops" in row.message
    assert "ZeroDivisionError" in caplog.text


def test_one_job_of_a_key_at_a_time(qtbot: QtBot, jobs: Jobs) -> None:
    go = threading.Event()

    def waits(control: Control) -> Iterator[Notice]:
        go.wait(10)
        yield Finished("scan")

    first = jobs.start("scan", waits, "scan")
    assert jobs.start("scan", waits, "scan") == first
    with qtbot.waitSignal(jobs.finished, timeout=20_000):
        go.set()


def test_a_job_can_wait_for_another_to_end(qtbot: QtBot, jobs: Jobs) -> None:
    order: list[str] = []
    go = threading.Event()

    def first(control: Control) -> Iterator[Notice]:
        go.wait(10)
        order.append("first")
        yield Finished("watch")

    def second(control: Control) -> Iterator[Notice]:
        order.append("second")
        yield Finished("scan")

    number = jobs.start("watch", first)
    last = jobs.start("scan", second, after=number)
    go.set()
    qtbot.waitUntil(lambda: not jobs.running(), timeout=20_000)
    assert order == ["first", "second"]
    assert jobs.rows()[0].id == last


def test_questions_are_answered_on_the_qt_thread(qtbot: QtBot, questions: Questions) -> None:
    asked_on: list[QThread | None] = []
    answers: list[tuple[int, bool]] = []

    def ask() -> int:
        asked_on.append(None if threading.current_thread() is not threading.main_thread() else QThread())
        return 42

    main = threading.main_thread()
    questions.ask(ask, lambda answer: answers.append((answer, threading.current_thread() is main)))
    qtbot.waitUntil(lambda: bool(answers), timeout=10_000)
    assert answers == [(42, True)]
    assert asked_on == [None]


def test_a_newer_question_replaces_a_waiting_one(qtbot: QtBot, questions: Questions) -> None:
    go = threading.Event()
    got: list[int] = []
    questions.ask(lambda: go.wait(10), lambda _: None)
    for number in range(5):
        questions.ask(lambda n=number: n, got.append, key="status")  # type: ignore[misc]
    go.set()
    qtbot.waitUntil(lambda: bool(got) and questions.idle(), timeout=10_000)
    assert got == [4]


def test_a_failed_question_says_so(qtbot: QtBot, questions: Questions) -> None:
    def fails() -> int:
        raise NoSpace("full")

    with qtbot.waitSignal(questions.failed, timeout=10_000) as caught:
        questions.ask(fails, lambda _: None)
    assert caught.args == ["full"]
    told: list[Exception] = []
    questions.ask(fails, lambda _: None, told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert isinstance(told[0], NoSpace)


def test_after_closing_nothing_is_delivered(qtbot: QtBot) -> None:
    questions = Questions()
    got: list[int] = []
    questions.ask(lambda: 1, got.append)
    questions.close()
    QCoreApplication.processEvents()
    questions.ask(lambda: 2, got.append)
    QCoreApplication.processEvents()
    assert 2 not in got
