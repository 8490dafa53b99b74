"""The window under test: offscreen, dressed, with its own preferences, closed properly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme


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
