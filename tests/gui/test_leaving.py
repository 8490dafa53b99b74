"""Closing while a job runs: to the tray where there is one, with a question where there is none."""

from __future__ import annotations

import os

import pytest

from musicvault.gui.desk.leaving import Leaving
from musicvault.gui.frame.tray import Tray
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobState
from musicvault.gui.preferences import Preferences
from tests.gui.conftest import Office
from tests.sound import make


class Desktop(Tray):
    """A desktop that has a tray, or none; the icon itself is real."""

    there = True

    @property
    def available(self) -> bool:
        return self.there


@pytest.fixture
def tray(office: Office, preferences: Preferences) -> Desktop:
    made = Desktop(office.window)
    Leaving(office.window, office.jobs, preferences, made, office.desk.close)
    return made


def begin(office: Office) -> None:
    """A job that stands still until it is told to go on."""
    for number in range(30):
        make(office.music / f"many/{number}.flac", seed=300 + number, seconds=0.05)
    office.window.do(Action(Deed.ADD_LIBRARY, values={"path": os.fsencode(office.music)}))
    office.jobs.pause(1)


def test_with_a_tray_the_job_goes_on_there_and_the_program_ends_with_it(office: Office, tray: Desktop) -> None:
    begin(office)
    office.window.close()
    assert tray.shown
    assert not office.window.isVisible()
    assert [job.state for job in office.jobs.running()] == [JobState.PAUSED]
    with office.qtbot.waitSignal(office.window.closed, timeout=60_000):
        office.jobs.resume(1)
    assert office.ended[-1].state is JobState.DONE
    assert not tray.shown


def test_the_icon_brings_the_window_back(office: Office, tray: Desktop, preferences: Preferences) -> None:
    begin(office)
    office.window.close()
    assert preferences.flag("told/tray", False)
    tray.opened.emit()
    assert office.window.isVisible()
    assert not tray.shown
    office.jobs.resume(1)
    office.settle()
    assert office.window.isVisible()
    assert office.ended[-1].state is JobState.DONE


def test_quitting_from_the_tray_stops_at_the_next_safe_point(office: Office, tray: Desktop) -> None:
    begin(office)
    office.window.close()
    with office.qtbot.waitSignal(office.window.closed, timeout=60_000):
        tray.left.emit()
    assert office.ended[-1].state is JobState.STOPPED


def test_without_a_tray_it_says_so_and_asks(office: Office, tray: Desktop) -> None:
    tray.there = False
    begin(office)
    office.window.close()
    assert office.window.isVisible()
    assert "no tray" in office.window.toasts.texts()[0]
    assert office.jobs.running()
    with office.qtbot.waitSignal(office.window.closed, timeout=60_000):
        office.window.do(Action(Deed.LEAVE))
    assert office.ended[-1].state is JobState.STOPPED


def test_with_nothing_to_do_it_just_closes(office: Office, tray: Desktop) -> None:
    with office.qtbot.waitSignal(office.window.closed, timeout=60_000):
        office.window.close()
    assert not tray.shown
