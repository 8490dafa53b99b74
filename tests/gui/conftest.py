"""The window under test: offscreen, dressed, with its own preferences, closed properly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from musicvault.app import open_app
from musicvault.catalog import rules
from musicvault.domain.notices import Finished
from musicvault.domain.policy import Rule
from musicvault.engine.drives import add_drive
from musicvault.engine.library import add_library
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.collecting import collecting_here
from musicvault.gui.desk.desk import Desk
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.library import ItemRow
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme
from musicvault.gui.widgets import toast
from musicvault.settings import Settings, save
from tests.engine_room import new_catalog
from tests.sound import make


@pytest.fixture(scope="module", autouse=True)
def _collecting(qapp: QApplication) -> Iterator[None]:
    """As in the program itself: what one test leaves is not destroyed by a thread of the next."""
    with collecting_here(qapp):
        yield


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    made = getattr(qapp, "_theme", None)
    if made is None:
        made = Theme(qapp, Mode.LIGHT)
        qapp._theme = made  # type: ignore[attr-defined]
    made.choose(Mode.LIGHT)
    return made


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "window.ini")


@pytest.fixture
def questions(qapp: QApplication) -> Iterator[Questions]:
    made = Questions()
    yield made
    made.close()


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    assert made.close(10)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, preferences: Preferences, questions: Questions) -> MainWindow:
    made = MainWindow(theme, preferences, questions)
    qtbot.addWidget(made)
    made.resize(1280, 820)
    made.show()
    return made


TRACKS = ("a/1.flac", "a/2.flac", "b/3.flac", "b/4.flac", "b/5.flac", "b/6.flac")


class Office:
    """A window at its desk over a real catalog, a real folder of sound and two folders as drives."""

    def __init__(self, tmp: Path, qtbot: QtBot, theme: Theme, preferences: Preferences) -> None:
        self.qtbot, self.tmp = qtbot, tmp
        self.music = tmp / "Music"
        for number, name in enumerate(TRACKS, 1):
            make(self.music / name, seed=number, seconds=0.3, title=f"Title {number}", artist="Someone", album="Album")
        (self.music / "a" / "cover.jpg").write_bytes(b"\xff\xd8\xff not much of a picture")
        self.first, self.second = tmp / "first", tmp / "second"
        self.first.mkdir()
        self.second.mkdir()
        new_catalog(tmp / "catalog.sqlite3").close()
        self.app = open_app(tmp / "catalog.sqlite3")
        self.rows, self.looks, self.jobs = Questions("rows"), Questions("looks"), Jobs()
        self.window = MainWindow(theme, preferences, self.rows)
        qtbot.addWidget(self.window)
        self.desk = Desk(self.app, self.window, self.jobs, self.looks)
        self.desk.watching.settle_seconds = 0.2  # how long is the matter of other tests
        self.desk.watching._timer.setInterval(200)
        self.ended: list[JobRow] = []
        self.jobs.finished.connect(self.ended.append)
        self.window.resize(1280, 820)
        self.window.show()
        self.desk.start()
        self.settle()

    def settle(self) -> None:
        """Until no job runs and no question is open, for a few turns of the event loop in a row."""
        calm = 0

        def is_calm() -> bool:
            nonlocal calm
            desk = self.desk.policy.idle() and self.desk.history.idle()
            busy = self.jobs.running() or not (self.rows.idle() and self.looks.idle() and desk)
            calm = 0 if busy else calm + 1
            return calm > 12

        self.qtbot.waitUntil(is_calm, timeout=60_000)

    def act(self, deed: Deed, subject: str = "", **values: object) -> None:
        """Do it as a button would, and wait for the outcome."""
        items = values.pop("items", ())
        assert isinstance(items, tuple)
        self.window.do(Action(deed, deed.value, subject, items, values))
        self.settle()

    def confirm(self) -> None:
        """Press the preview's button."""
        window = self.window
        panels = {
            "library": window.library.preview,
            "drives": window.drives.preview,
            "settings": window.settings.preview,
        }
        panel = panels.get(window.screen_name, window.attention.preview)
        assert panel.confirm is not None
        self.qtbot.mouseClick(panel.confirm, Qt.MouseButton.LeftButton)
        self.settle()

    def protect(self) -> None:
        """What the first run comes to: the folder and both drives. The run itself is the matter of other tests."""
        ctx = self.app.context
        with ctx.catalog.transaction(ctx.now()) as transaction:
            rules.set_default(transaction, Rule(copies=3, volumes=1))
        library = add_library(ctx, os.fsencode(self.music))
        for folder, label in ((self.first, "First"), (self.second, "Second")):
            add_drive(ctx, os.fsencode(folder), label)
        for job in (scan(ctx, [library.id]), sync(ctx)):
            assert [notice.exit_code for notice in job if isinstance(notice, Finished)] == [0]
        self.window.show_first_run(False)
        self.window.show_screen("overview")
        self.desk.refresh()
        self.settle()

    def copy_of(self, drive: Path, name: str) -> Path:
        """Where a drive keeps its copy of a file."""
        return drive / "MusicVault" / "data" / "music" / name

    def select(self, name: str) -> ItemRow:
        """Show the library and choose one file by the end of its path."""
        self.window.show_screen("library")
        self.settle()
        model = self.window.library.model
        for item in range(model.layout_of_rows.count):
            row = model.row(item)
            assert row is not None
            if row.path.endswith(name.encode()):
                self.window.library.table.select_item(item)
                self.qtbot.waitUntil(partial(self._shown, row.id), timeout=20_000)
                return row
        raise AssertionError(name)

    def _shown(self, item_id: int) -> bool:
        return [detail.row.id for detail in self.window.library.inspector.details] == [item_id]

    def close(self) -> None:
        assert self.jobs.close()
        assert self.desk.close()
        self.rows.close()
        self.looks.close()
        self.app.close()


def press(office: Office, button: QAbstractButton) -> None:
    """Click it as a person would, who can't click one that is off, and wait for what comes of it."""
    assert button.isEnabled()
    office.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    office.settle()


@pytest.fixture
def office(
    tmp_path: Path, qtbot: QtBot, theme: Theme, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    save(Settings(fingerprints=False))
    monkeypatch.setattr(toast, "_SHOWN_MS", 600_000)  # on a busy machine a toast may be over before it is looked for
    made = Office(tmp_path, qtbot, theme, preferences)
    yield made
    made.close()
