"""The table: a million rows, none of them fetched on the Qt thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from musicvault.gui.bridge import Questions
from musicvault.gui.library.layout import HEAD_LINES, Layout
from musicvault.gui.library.table_model import HEADING_ROLE, PAGE, PAGES_KEPT, ROW_ROLE, TableModel
from musicvault.gui.library.table_view import TableView
from musicvault.gui.models.library import Filter, ItemRow, Query, Sort
from tests.gui import sample

MILLION = 1_000_000


@given(st.lists(st.integers(1, 9), max_size=30))
def test_lines_and_items_map_back_and_forth(runs: list[int]) -> None:
    layout = Layout(sum(runs), runs)
    assert layout.lines == sum(runs) + HEAD_LINES * len(runs)
    items = [layout.item(line) for line in range(layout.lines)]
    assert [item for item in items if item is not None] == list(range(sum(runs)))
    for number in range(sum(runs)):
        assert items[layout.line(number)] == number
    heads = [layout.heading(line) for line in range(layout.lines)]
    for line, (item, head) in enumerate(zip(items, heads, strict=True)):
        assert (item is None) == (head is not None)
        if head is not None:
            assert head[0] <= line < head[0] + HEAD_LINES
            assert items[head[0] + HEAD_LINES] == head[1]


def test_runs_that_dont_fit_the_count_are_not_used() -> None:
    assert Layout(5, [2, 2]).lines == 5
    assert not Layout(0).grouped


class Watched(sample.Rows):
    """Refuses to be asked on the Qt thread, and can be held up."""

    def __init__(self, amount: int) -> None:
        super().__init__(amount)
        self.held = threading.Event()
        self.held.set()

    def page(self, query: Query, sort: Sort, offset: int, limit: int) -> Sequence[ItemRow]:
        assert threading.current_thread() is not threading.main_thread()
        self.held.wait(20)
        return super().page(query, sort, offset, limit)


@pytest.fixture
def source() -> Watched:
    return Watched(MILLION)


@pytest.fixture
def model(qtbot: QtBot, questions: Questions, source: Watched) -> TableModel:
    made = TableModel(questions)
    with qtbot.waitSignal(made.complete, timeout=20_000):
        made.show_source(source)
    return made


def test_a_million_rows_cost_two_looks_at_one_page(model: TableModel, source: Watched) -> None:
    assert model.layout_of_rows.count == MILLION
    assert source.asked == [(0, PAGE), (0, PAGE)]


def test_only_what_is_looked_at_in_the_end_is_fetched(qtbot: QtBot, model: TableModel, source: Watched) -> None:
    source.held.clear()
    for item in range(0, MILLION, PAGE):
        assert model.row(item) is None or item == 0
    source.held.set()
    qtbot.waitUntil(lambda: model.row(MILLION - 1) is not None, timeout=20_000)
    assert len(source.asked) < 12


def test_pages_that_are_long_gone_are_let_go(qtbot: QtBot, model: TableModel, source: Watched) -> None:
    for page in range(PAGES_KEPT + 5):
        qtbot.waitUntil(lambda p=page: model.row(p * PAGE) is not None, timeout=20_000)  # type: ignore[misc]
    assert model.row(0) is None  # asked for again


def test_the_window_lives_while_rows_are_slow(qtbot: QtBot, model: TableModel, source: Watched, theme: object) -> None:
    view = TableView(model)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    source.held.clear()
    view.verticalScrollBar().setValue(20_000_000)
    view.grab()  # grey bars where rows will be
    index = model.index(view.rowAt(250), 1)
    assert index.data(ROW_ROLE) is None
    source.held.set()
    qtbot.waitUntil(lambda: index.data(ROW_ROLE) is not None, timeout=20_000)
    assert isinstance(index.data(ROW_ROLE), ItemRow)


def test_headings_hold_no_item(model: TableModel) -> None:
    head, first = model.index(0, 1), model.index(HEAD_LINES, 1)
    assert head.data() is None
    assert head.data(HEADING_ROLE)
    assert first.data() == "Aria"
    assert not first.data(HEADING_ROLE)


def test_a_heading_selects_its_album(qtbot: QtBot, model: TableModel, theme: object) -> None:
    view = TableView(model)
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.show()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.viewport().rect().topLeft() + QPoint(50, 20))
    assert view.selected_items(9) == ([0, 1, 2, 3, 4, 5], 6)


def test_arrow_keys_pass_over_headings(qtbot: QtBot, model: TableModel, theme: object) -> None:
    view = TableView(model)
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.show()
    view.select_item(5)  # the last of its album
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selected_items(9) == ([6], 1)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.selected_items(9) == ([5], 1)


def test_select_all_of_a_million_is_a_count(qtbot: QtBot, model: TableModel, theme: object) -> None:
    view = TableView(model)
    qtbot.addWidget(view)
    view.show()
    view.selectAll()
    items, total = view.selected_items(500)
    assert total == MILLION
    assert items == list(range(500))


def test_another_question_drops_late_answers(qtbot: QtBot, model: TableModel, source: Watched) -> None:
    source.held.clear()
    model.show_query(Query("bach"), Sort(), grouping=True)
    model.show_query(Query("", Filter.DAMAGED), Sort("title"), grouping=True)
    source.held.set()
    qtbot.waitUntil(lambda: model.layout_of_rows.count == 3, timeout=20_000)
    assert not model.layout_of_rows.grouped  # titles don't keep albums together


def test_a_refresh_that_changes_nothing_keeps_lines(qtbot: QtBot, model: TableModel) -> None:
    with qtbot.waitSignal(model.loaded, timeout=20_000) as caught:
        model.refresh()
    assert caught.args == [False]


def test_cells_speak_to_screen_readers(model: TableModel) -> None:
    index = model.index(HEAD_LINES + 2, model.columnCount() - 1)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "damaged"
    assert "&lt;" in str(_tooltip(model, "<b>x</b>"))


def _tooltip(model: TableModel, title: str) -> object:
    from musicvault.gui.widgets.text import plain_tooltip

    return plain_tooltip(title)
