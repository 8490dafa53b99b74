"""Names, notices and signs have the room that they need, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from musicvault.domain.notices import ItemDone
from musicvault.domain.verdict import Finding, Verdict
from musicvault.gui import theme as dressed
from musicvault.gui.activity.lines import Lines, LinesModel
from musicvault.gui.drives.screen import DrivesScreen
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.library.copies_tab import CopyRow
from musicvault.gui.models.actions import State
from musicvault.gui.models.comparing import Span
from musicvault.gui.models.drives import Care, Wellness
from musicvault.gui.models.overview import Matrix, MatrixCell, MatrixRow
from musicvault.gui.theme import Theme
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.block_map import BlockMap
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Notice
from musicvault.gui.widgets.matrix import CopyMatrix
from musicvault.gui.widgets.text import ElidedLabel
from musicvault.gui.widgets.track_strip import TrackStrip
from tests.gui import sample


def painted(qtbot: QtBot, widget: QWidget, width: int, height: int) -> QImage:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    return widget.grab().toImage()


def test_a_place_is_named_beside_a_long_state(theme: Theme, qtbot: QtBot) -> None:
    words = "unreadable: the drive gives nothing, away since the day before yesterday"
    row = CopyRow(replace(sample.detail(4).copies[1], place="Elements 4 TB", words=words), lambda _: None)
    painted(qtbot, row, 300, 120)
    place, state = row.findChildren(ElidedLabel)[:2]
    assert place.width() >= place.fontMetrics().horizontalAdvance("Elements 4 TB")
    assert state.geometry().right() <= row.width()


def test_one_below_the_other_each_is_as_high_as_it_needs(window: MainWindow, qtbot: QtBot) -> None:
    window.overview.show_model(sample.overview())
    window.show_screen("overview")
    window.resize(900, 1600)  # with room to spare
    qtbot.wait(1)
    copies = window.overview._copies
    assert copies.height() <= copies.sizeHint().height() + 4


def test_a_notice_is_no_higher_than_its_words(theme: Theme, qtbot: QtBot) -> None:
    screen = DrivesScreen()
    qtbot.addWidget(screen)
    ill = Care(Wellness.FAILING, "24 sectors can't be read any more.")
    screen.show_drives((replace(sample.drives()[1], care=ill),))
    screen.resize(1000, 700)
    screen.show()
    qtbot.wait(1)
    (notice,) = screen.findChildren(Notice)
    words = notice.findChildren(QLabel)
    assert all(button.isVisible() for button in notice.findChildren(Button))
    assert {button.text() for button in notice.findChildren(Button)} == {"Replace…", "Details"}
    assert all(button.x() > words[0].geometry().right() for button in notice.findChildren(Button))
    assert notice.height() <= sum(one.heightForWidth(one.width()) for one in words[:2]) + 40


def test_the_matrix_asks_for_the_room_of_its_names(theme: Theme, qtbot: QtBot) -> None:
    def least(name: str) -> int:
        matrix = CopyMatrix()
        qtbot.addWidget(matrix)
        matrix.show_matrix(Matrix(("NAS", "Bank"), (MatrixRow(name, 12, (MatrixCell(1.0, 3),) * 2),)), 90)
        return matrix.minimumSizeHint().width()

    assert (
        least("Rips") < least("Field recordings, 24 bit") <= least("Field recordings, 24 bit and all the others") <= 400
    )


@pytest.mark.parametrize("lost", [(), (0,)])
def test_the_sign_of_damage_keeps_its_shape_in_a_wide_cell(theme: Theme, qtbot: QtBot, lost: tuple[int, ...]) -> None:
    image = painted(qtbot, BlockMap(1, (0,), State.DAMAGED, lost=lost), 300, 12)
    ground = image.pixel(40, 6)
    signs = [x for x in range(40, 260) for y in range(3, 9) if image.pixel(x, y) != ground]
    assert signs
    assert max(signs) - min(signs) <= 12


def test_what_is_lost_shows_without_colour_however_short(theme: Theme, qtbot: QtBot) -> None:
    def shades(lost: bool) -> int:
        strip = TrackStrip(300.0, (Span(100.0, 104.0, lost),), Tone.DAMAGED)
        image = painted(qtbot, strip, 400, strip.height())
        return len({image.pixel(x, y) for x in range(134, 138) for y in range(3, 9)})

    assert dressed.active().tone(Tone.DAMAGED).fill
    assert shades(lost=False) == 1
    assert shades(lost=True) > 1


def test_a_line_is_as_wide_as_its_list_and_a_repair_is_no_alarm(theme: Theme, qtbot: QtBot) -> None:
    found = Finding(b"a/" + b"x" * 300 + b".flac", "NAS", Verdict.CORRUPT)
    model = LinesModel()
    model.add([ItemDone("finding", found.path, "NAS", finding=one) for one in (found, replace(found, healed=True))])
    lines = Lines("What the job said")
    lines.setModel(model)
    painted(qtbot, lines, 400, 120)
    first, second = model.index(0), model.index(1)
    assert lines.visualRect(first).right() <= lines.viewport().width()
    assert model.data(first).startswith("Damaged: a/x")
    assert model.data(second).startswith("repaired: a/x")
    alarms = [model.data(one, Qt.ItemDataRole.ForegroundRole) is not None for one in (first, second)]
    assert alarms == [True, False]
