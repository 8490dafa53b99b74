"""The log in the window: listed page by page, narrowed, checked, given out."""

from __future__ import annotations

import csv
import os

from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Deed
from musicvault.gui.models.history import EventRow, HistoryFilter, HistoryPage, HistoryQuery
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.card import Notice
from tests.gui.conftest import Office


def rows(first: int, amount: int, path: bytes = b"a/1.flac") -> tuple[EventRow, ...]:
    return tuple(
        EventRow(first - n, 1.7e9, "Copied", "to First", "First", path, Tone.GOOD, (("Event", str(first - n)),))
        for n in range(amount)
    )


def test_the_log_of_a_real_library_is_narrowed_checked_and_exported(office: Office) -> None:
    office.protect()
    office.window.show_screen("history")
    office.settle()
    screen = office.window.history
    everything = screen.rows.rowCount()
    assert {row.title for row in screen.rows.rows} >= {"Met for the first time", "Copied", "Settings changed"}
    at = next(n for n, row in enumerate(screen.rows.rows) if row.path == b"b/3.flac")
    screen.list.setCurrentIndex(screen.rows.index(at))
    office.qtbot.mouseClick(screen.chips[HistoryFilter.COPIES], Qt.MouseButton.LeftButton)
    office.settle()
    assert {row.title for row in screen.rows.rows} == {"Copied"}
    office.qtbot.keyClicks(screen.field, "second")
    office.qtbot.waitUntil(lambda: screen.query.text == "second")
    office.settle()
    assert {row.where for row in screen.rows.rows} == {"Second"}
    assert {row.words for row in screen.rows.rows} == {""}  # where it was is said once
    assert 0 < screen.rows.rowCount() < everything
    office.qtbot.mouseClick(screen.check, Qt.MouseButton.LeftButton)
    office.settle()
    assert any("each as it was written" in one.accessibleName() for one in screen.findChildren(Notice))
    place = office.tmp / "history.csv"
    office.desk.history.give(screen.query, os.fsencode(place))
    office.settle()
    with open(place, newline="", encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    assert [int(one["number"]) for one in told] == [row.id for row in screen.rows.rows]
    assert {one["where"] for one in told} == {"Second"}
    before = screen.rows.rows[0].id
    screen.field.clear()
    screen.chips[HistoryFilter.ALL].click()
    office.act(Deed.SCRUB)  # what happens meanwhile is added
    assert screen.rows.rows[0].id > before
    office.act(Deed.SHOW, "library", search='path:"b/3.flac"')
    assert (office.window.screen_name, office.window.library.model.layout_of_rows.count) == ("library", 1)


def test_further_pages_come_while_scrolling_and_old_answers_are_ignored(window: MainWindow, qtbot: QtBot) -> None:
    window.show_screen("history")
    screen, query = window.history, HistoryQuery()
    asked: list[int] = []
    screen.wanted.connect(lambda _query, before: asked.append(before))
    screen.show_page(HistoryPage(query, None, rows(1000, 300), more=True))
    screen.rows.fetchMore(QModelIndex())
    screen.rows.fetchMore(QModelIndex())
    assert asked == [701]
    screen.show_page(HistoryPage(query, 701, rows(700, 200)))
    screen.show_page(HistoryPage(query, 701, rows(700, 200)))
    screen.show_page(HistoryPage(HistoryQuery(text="older"), None, rows(5, 5)))
    assert [row.id for row in screen.rows.rows] == list(range(1000, 500, -1))
    assert not screen.rows.canFetchMore(QModelIndex())


def test_hostile_text_stays_plain_and_inside(window: MainWindow, qtbot: QtBot) -> None:
    window.show_screen("history")
    nasty = "<b>bold</b>\u202egnol\x07" + "x" * 5000
    screen = window.history
    screen.show_page(HistoryPage(HistoryQuery(), None, rows(3, 3, nasty.encode())))
    screen.list.setCurrentIndex(screen.rows.index(0))
    qtbot.wait(1)
    assert screen.event_card.width() <= screen.width()
    assert "<b>" not in screen.rows.data(screen.rows.index(0), Qt.ItemDataRole.ToolTipRole)
