"""Text as large as the desktop's own: nothing is cut off, nothing overlaps, whatever holds text grows with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QCheckBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from musicvault.gui.bridge import Questions
from musicvault.gui.drives.add_panel import VolumeRow
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Mode, Theme
from musicvault.gui.theme.files import STYLES
from musicvault.gui.theme.text_size import px, wanted
from musicvault.gui.widgets.text import ElidedLabel
from tests.gui import sample
from tests.gui.filled import fill
from tests.gui.test_small import SCREENS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("pixels", "times"), [(9, 1.0), (12, 1.0), (13, 1.0), (15, 1.0), (20, 20 / 13), (26, 2.0), (90, 3.0)]
)
def test_usual_text_is_as_designed_and_larger_text_is_followed(qapp: QApplication, pixels: int, times: float) -> None:
    desktop = QFont()
    desktop.setPixelSize(pixels)
    assert wanted(desktop) == pytest.approx(times)


def test_every_length_of_text_in_the_style_sheet_grows() -> None:
    sheet = (STYLES / "window.qss").read_text("utf-8")
    assert not re.findall(r"(?:font-size|min-height|min-width): (?!1px|32px)\d+px", sheet)


@pytest.fixture
def large(
    qtbot: QtBot,
    theme: Theme,
    preferences: Preferences,
    questions: Questions,
    qapp: QApplication,
    request: pytest.FixtureRequest,
) -> Iterator[MainWindow]:
    """A window where the desktop writes twice as large, or as many times as the test says."""
    twice = Theme(qapp, Mode.LIGHT, text=getattr(request, "param", 2.0))
    made = MainWindow(twice, preferences, questions)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    yield made
    made.close()
    twice.deleteLater()
    theme.dress()


@pytest.mark.parametrize(("large", "size"), [(2.0, (1280, 800)), (1.5, (900, 600))], indirect=["large"])
def test_nothing_is_cut_off_where_text_is_large(large: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    cut: dict[str, object] = {}
    fill(large)
    large.resize(*size)
    for name in SCREENS:
        large.show_screen(name)
        qtbot.wait(1)
        screen = large._screens[name]
        for area in screen.findChildren(QScrollArea):
            fixed = area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            inside = area.widget()
            if fixed and inside and area.isVisible() and inside.width() > area.viewport().width():
                cut[name] = (inside.width(), area.viewport().width())
        for part in screen.findChildren(QWidget):
            written = isinstance(part, QLabel | QAbstractButton | QLineEdit) and part.isVisible() and part.text()
            if written and part.height() < part.fontMetrics().height() - 2:
                cut[f"{name}: {written}"] = (part.height(), part.fontMetrics().height())
    assert cut == {}


def test_the_sidebar_fits_the_window(large: MainWindow, qtbot: QtBot) -> None:
    for height in (800, 600):
        large.resize(1280, height)
        qtbot.wait(1)
        parts: list[QWidget] = [large.sidebar._brand, *large.sidebar._buttons.values()]
        places = [QRect(one.mapTo(large, QPoint()), one.size()) for one in parts]
        assert all(above.bottom() < below.top() for above, below in pairwise(places))
        assert places[-1].bottom() <= height
        assert min(place.height() for place in places) >= px(20)  # an entry's icon


def test_what_lies_side_by_side_finds_room(large: MainWindow, qtbot: QtBot) -> None:
    large.library.show_source(sample.Rows(200))
    large.show_screen("library")
    table = large.library.table
    qtbot.waitUntil(lambda: large.library.model.layout_of_rows.count == 200)
    qtbot.wait(1)
    shown = [n for n in range(table.model().columnCount()) if not table.isColumnHidden(n)]
    assert sum(table.columnWidth(n) for n in shown) <= table.viewport().width()
    assert table.rowHeight(3) == px(34) == 68
    row = VolumeRow(sample.volumes()[0], QCheckBox())
    qtbot.addWidget(row)
    row.resize(760, 200)
    row.show()
    qtbot.wait(1)
    assert min(name.width() for name in row.findChildren(ElidedLabel)) > px(90)
    bar: Any = large.drives._bar
    # On the drives screen the words go above the buttons that leave them no room.
    large.drives.show_drives(sample.drives())
    large.show_screen("drives")
    qtbot.wait(1)
    assert bar._row.direction() is QBoxLayout.Direction.TopToBottom
    large.resize(2560, 1440)
    qtbot.wait(1)
    assert bar._row.direction() is QBoxLayout.Direction.LeftToRight


_ASK = """
import sys
from PySide6.QtWidgets import QApplication
from musicvault.gui.theme import Theme
application = QApplication(sys.argv[:1])
Theme(application)
print(application.font().pixelSize())
"""


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
def test_the_font_that_a_desktop_is_set_to_is_followed(tmp_path: Path) -> None:
    """As KDE keeps it: 20 points are 27 pixels on an ordinary screen."""
    (tmp_path / "kdeglobals").write_text("[General]\nfont=DejaVu Sans,20,-1,5,50,0,0,0,0,0\n", "utf-8")
    reading, writing = os.pipe()
    screen = ["Xvfb", "-screen", "0", "640x480x24", "-dpi", "96", "-nolisten", "tcp", "-displayfd", str(writing)]
    server = subprocess.Popen(screen, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    try:
        os.close(writing)
        with os.fdopen(reading) as answer:
            display = answer.readline().strip()
        desktop = {"XDG_CURRENT_DESKTOP": "KDE", "KDE_SESSION_VERSION": "5", "XDG_CONFIG_HOME": str(tmp_path)}
        place = {"DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb"}
        done = subprocess.run(
            [sys.executable, "-c", _ASK],
            env={**os.environ, **desktop, **place},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    finally:
        server.terminate()
        server.wait(10)
    assert 26 <= int(done.stdout) <= 28
