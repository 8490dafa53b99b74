"""The smallest window: no screen is wider than the window shows, and the table's columns fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.models.overview import Matrix, MatrixCell, MatrixRow
from musicvault.gui.widgets.layouts import FlowLayout, Sideways
from tests.gui import sample
from tests.gui.filled import fill

SCREENS = ("overview", "drives", "attention", "policy", "settings", "history", "kept", "activity")


@pytest.mark.parametrize("size", [(860, 560), (900, 600)])
def test_nothing_is_cut_off_at_the_right(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    fill(window)
    window.resize(*size)
    cut: dict[str, tuple[int, int]] = {}
    for name in SCREENS:
        window.show_screen(name)
        qtbot.wait(1)
        for area in window._screens[name].findChildren(QScrollArea):
            fixed = area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            inside = area.widget()
            if fixed and inside and area.isVisible() and inside.width() > area.viewport().width():
                cut[name] = (inside.width(), area.viewport().width())
    assert cut == {}
    # In narrow type all has room side by side; in a wider one it hasn't.
    assert window.overview._pair.direction() is QBoxLayout.Direction.TopToBottom


def test_how_far_a_job_is_can_be_read_in_full(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(900, 600)
    window.footer.show_job(
        JobRow(1, "Copy", stage="sync", bytes=106_000_000, bytes_total=107_000_000, rate=52.8e6, left=3.0)
    )
    (strip,) = window.footer.strips()
    words = strip._words
    qtbot.waitUntil(lambda: words.width() >= words.sizeHint().width())


def test_buttons_that_are_not_there_take_no_room(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(900, 600)
    window.show_screen("drives")
    drives = window.drives
    bar, button = drives._bar, drives.audit_any
    qtbot.waitUntil(lambda: button.mapTo(bar, button.rect().topRight()).x() == bar.width() - 1)


def test_the_table_gives_columns_up_before_it_cuts_them(window: MainWindow, qtbot: QtBot) -> None:
    window.library.show_source(sample.Rows(200))
    window.show_screen("library")
    window.resize(900, 600)
    table = window.library.table
    qtbot.waitUntil(lambda: window.library.model.layout_of_rows.count == 200)
    qtbot.wait(1)
    shown = [n for n in range(table.model().columnCount()) if not table.isColumnHidden(n)]
    assert sum(table.columnWidth(n) for n in shown) <= table.viewport().width()
    chosen = table.shown_columns()
    window.resize(1600, 900)
    qtbot.wait(1)
    wide = [n for n in range(table.model().columnCount()) if not table.isColumnHidden(n)]
    assert len(wide) > len(shown)
    assert table.shown_columns() == chosen  # what the user chose is as it was


def test_many_drives_scroll_sideways_and_lose_no_column(window: MainWindow, qtbot: QtBot) -> None:
    places = tuple(f"Drive {n}" for n in range(30))
    rows = tuple(MatrixRow(f"Music {n}", 100, tuple(MatrixCell(1.0, 3.0) for _ in places)) for n in range(9))
    window.show_screen("overview")
    window.overview.show_model(sample.overview())
    qtbot.wait(1)
    window.overview.show_model(replace(sample.overview(), matrix=Matrix(places, rows)))
    qtbot.wait(1)
    area = window.overview.findChild(Sideways)
    assert isinstance(area, Sideways)
    assert area.horizontalScrollBar().maximum() > 0
    names, cell = window.overview.matrix._columns()
    assert names + 30 * cell <= window.overview.matrix.width()


def test_the_matrix_has_room_for_every_row(window: MainWindow, qtbot: QtBot) -> None:
    window.show_screen("overview")
    for amount in (1, 9):
        rows = tuple(MatrixRow(f"Music {n}", 100, (MatrixCell(1.0, 3.0),)) for n in range(amount))
        window.overview.show_model(replace(sample.overview(), matrix=Matrix(("Drive",), rows)))
        qtbot.wait(1)
    area = window.overview.findChild(Sideways)
    assert isinstance(area, Sideways)
    assert area.height() >= window.overview.matrix.sizeHint().height()


def test_what_flows_stands_in_the_middle_of_its_line(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    flow = FlowLayout(ground, 10, 6)
    heights = (20, 40, 30)
    for height in heights:
        part = QWidget()
        part.setFixedSize(100, height)
        flow.addWidget(part)
    assert flow.heightForWidth(400) == 40
    assert flow.heightForWidth(210) == 40 + 6 + 30  # two fit, to the pixel
    flow.setGeometry(QRect(0, 0, 400, 40))
    assert [flow.itemAt(n).geometry().top() for n in range(3)] == [10, 0, 5]  # type: ignore[union-attr]
