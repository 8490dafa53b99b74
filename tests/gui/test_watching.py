"""The background watch in the window: its own, a service's, its settings; judged by locks, files and the catalog."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from musicvault import settings
from musicvault.catalog import locks
from musicvault.gui.models.jobs import JobState
from musicvault.gui.models.schedule import Watcher
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Theme
from musicvault.gui.widgets.buttons import Button
from musicvault.runtime import integrating, state
from musicvault.runtime.state import State
from tests.gui.conftest import Office
from tests.sound import make


@pytest.fixture
def office(tmp_path: Path, qtbot: QtBot, theme: Theme, preferences: Preferences) -> Iterator[Office]:
    """A window that watches."""
    settings.save(settings.Settings(fingerprints=False, notify=False))
    made = Office(tmp_path, qtbot, theme, preferences)
    yield made
    made.close()


def shown(office: Office, who: Watcher, *, paused: bool = False, doing: str = "") -> None:
    """Wait until the Activity screen says so."""

    def is_so() -> bool:
        model = office.window.activity.schedule.model
        assert model is not None
        return (model.who, model.paused) == (who, paused) and doing in model.doing

    office.qtbot.waitUntil(is_so, timeout=20_000)


def press(office: Office, button: Button) -> None:
    office.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def begin(office: Office) -> None:
    """Protect, and watch from now on."""
    office.protect()
    office.desk.watching._on = True
    office.desk.watching.start()
    shown(office, Watcher.WINDOW)


def test_the_windows_own_watch_is_shown_paused_and_resumed(office: Office) -> None:
    begin(office)
    catalog = office.app.catalog.path
    office.qtbot.waitUntil(lambda: state.read(catalog).pid == os.getpid(), timeout=20_000)
    assert state.runs(catalog)
    panel = office.window.activity.schedule
    press(office, panel.pause)
    shown(office, Watcher.WINDOW, paused=True)
    (job,) = [row for row in office.jobs.running() if row.background]
    assert job.state is JobState.PAUSED
    make(office.music / "new.flac", seed=90, seconds=0.2)
    press(office, panel.pause)
    shown(office, Watcher.WINDOW)
    office.qtbot.waitUntil(lambda: office.copy_of(office.first, "new.flac").exists(), timeout=60_000)
    assert any("Music" in one.text for one in (panel.model.coming if panel.model else ()))


def test_a_service_that_runs_is_shown_and_nothing_watches_twice(office: Office) -> None:
    office.protect()
    catalog = office.app.catalog.path
    office.desk.watching._on = True
    with ExitStack() as stack:
        stack.enter_context(locks.held(catalog, state.LOCK, "watch"))
        state.write(catalog, State(4242, 1.0, 1.0, "scrub", "First", rates=(("First", 1000.0),), matters=("Look.",)))
        office.desk.watching.look()
        shown(office, Watcher.SERVICE, doing="First")
        office.desk.watching.start()
        office.settle()
        assert not office.jobs.running()
        model = office.window.activity.schedule.model
        assert model is not None
        assert (model.pid, model.matters, len(model.rates)) == (4242, ("Look.",), 1)
        press(office, office.window.activity.schedule.pause)
        shown(office, Watcher.SERVICE, paused=True, doing="First")
        assert not settings.load().prove
        press(office, office.window.activity.schedule.pause)
        shown(office, Watcher.SERVICE, doing="First")
        assert settings.load().prove
    shown(office, Watcher.WINDOW)  # the service has ended: the window takes over


def test_the_switch_installs_the_service_and_takes_it_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrating, "has_systemd", lambda: False)  # nothing outside the test's folders is touched
    office.protect()
    panel = office.window.activity.schedule
    panel.keep.click()
    office.settle()
    assert integrating.installed() == "autostart"
    (entry,) = Path(os.environ["XDG_CONFIG_HOME"]).rglob("musicvault-watch.desktop")
    assert str(office.app.catalog.path) in entry.read_text()
    office.qtbot.waitUntil(lambda: panel.model is not None and panel.model.installed == "autostart", timeout=10_000)
    panel.keep.click()
    office.settle()
    assert not entry.exists()
    office.qtbot.waitUntil(lambda: panel.model is not None and not panel.model.installed, timeout=10_000)
    assert not panel.keep.isChecked()


def test_settings_are_saved_and_nonsense_is_refused(office: Office) -> None:
    office.settle()
    card = office.window.settings.watch
    office.window.show_screen("settings")
    assert not card.save.isEnabled()
    card.quiet.setChecked(True)
    card.bandwidth.setValue(40)
    card.boxes["mains_only"].setChecked(False)
    press(office, card.save)
    office.settle()
    kept = settings.load()
    assert (kept.quiet_hours, kept.bandwidth, kept.mains_only) == ("22:00-07:00", 40, False)
    assert not kept.fingerprints, "what isn't the watch's stays as it was"
    card.report.setCurrentIndex(card.report.findData("weekly"))
    press(office, card.save)
    office.settle()
    assert "somewhere to go" in card.problem.text()
    assert settings.load() == kept
    card.lines["report_to"].setText(str(office.tmp / "report.txt"))
    press(office, card.save)
    office.settle()
    assert (settings.load().report, settings.load().report_to) == ("weekly", str(office.tmp / "report.txt"))
    assert not card.problem.text()
