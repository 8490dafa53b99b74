"""The model behind the table: pages of rows, fetched on a worker thread as they come into view."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from musicvault.gui.bridge import Questions
from musicvault.gui.library.columns import GROUPED, columns
from musicvault.gui.library.layout import Layout
from musicvault.gui.models.library import Filter, ItemRow, Query, RowSource, Sort
from musicvault.gui.widgets.text import plain_tooltip
from musicvault.language import tr

PAGE = 200
PAGES_KEPT = 60
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
HEADING_ROLE = Qt.ItemDataRole.UserRole + 2
"""True on a heading's lines, None elsewhere."""

_Index = QModelIndex | QPersistentModelIndex
_Look = tuple[Layout, Mapping[int, Sequence[ItemRow]]]


class TableModel(QAbstractTableModel):
    """Never asks for rows on the Qt thread: a row that isn't here yet is empty until its page arrives.

    One page is asked for at a time, the most recently looked at first, so that a fast scroll over a million
    rows asks for what is on the screen in the end and not for all that flew by.
    """

    loaded = Signal(bool)
    """An answer is here; True where the lines are others than before (selection and scroll are gone)."""
    began = Signal()
    """A question is on its way; `complete` when all of its answer is here."""
    complete = Signal()
    totals_known = Signal(object)
    failed = Signal(str)

    def __init__(self, questions: Questions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._source: RowSource | None = None
        self._columns = columns()
        self._query, self._sort, self._grouping = Query(), Sort(), True
        self._layout = Layout(0)
        self._pages: OrderedDict[int, Sequence[ItemRow]] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._recent: deque[int] = deque(maxlen=3)
        self._shown: tuple[Query, Sort, bool] | None = None
        self._asking = False
        self._generation = 0
        self._pump = QTimer(self)
        self._pump.setSingleShot(True)
        self._pump.setInterval(0)
        self._pump.timeout.connect(self._ask_next)

    # ── what is shown ─────────────────────────────────────────────────────────────────────────

    def show_source(self, source: RowSource | None) -> None:
        self._source = source
        self.refresh()

    def show_query(self, query: Query, sort: Sort, *, grouping: bool) -> None:
        """Ask for another selection of rows; the old ones stay until the answer is here."""
        if (query, sort, grouping) != (self._query, self._sort, self._grouping):
            self._query, self._sort, self._grouping = query, sort, grouping
            self.refresh()

    def refresh(self) -> None:
        """Read again what is there now: a first look, all of it, then the counts for the chips."""
        source, query, sort = self._source, self._query, self._sort
        self._generation += 1
        generation = self._generation
        if source is None:
            self._show(Layout(0), {}, same=False)
            return
        grouping = self._grouping and sort.column in GROUPED
        same = self._shown == (query, sort, grouping)
        pages = {0, *self._recent} if same else {0}

        def glance() -> _Look:
            rows, runs = source.glance(query, sort, PAGE)
            return Layout(len(rows), _first(runs, len(rows)) if grouping else ()), {0: rows}

        def read() -> _Look:
            layout = Layout(source.count(query, sort), source.albums(query, sort) if grouping else ())
            return layout, {page: source.page(query, sort, page * PAGE, PAGE) for page in sorted(pages)}

        def show_first(answer: _Look) -> None:
            if generation == self._generation:
                self._show(*answer, same=False)

        def show(answer: _Look) -> None:
            if generation == self._generation:
                self._shown = (query, sort, grouping)
                self._show(*answer, same=same)
                self.complete.emit()

        def show_totals(totals: Mapping[Filter, int]) -> None:
            if generation == self._generation:
                self.totals_known.emit(totals)

        self.began.emit()
        if not same:
            self._questions.ask(glance, show_first, self._complain, key="first rows")
        self._questions.ask(read, show, self._complain, key="rows")
        self._questions.ask(lambda: source.totals(query), show_totals, self._complain, key="totals")

    @property
    def layout_of_rows(self) -> Layout:
        return self._layout

    @property
    def sort_order(self) -> Sort:
        return self._sort

    @property
    def query(self) -> Query:
        return self._query

    def row(self, item: int) -> ItemRow | None:
        """The item at an offset if its page is here; else None, and the page is asked for."""
        page, within = divmod(item, PAGE)
        if page not in self._recent:
            self._recent.append(page)
        rows = self._pages.get(page)
        if rows is None:
            self._want(page)
            return None
        return rows[within] if within < len(rows) else None

    def here(self, first: int, length: int) -> Sequence[ItemRow]:
        """Those of the items from an offset on whose pages are here; asks for nothing."""
        found: list[ItemRow] = []
        for item in range(first, first + length):
            page, within = divmod(item, PAGE)
            rows = self._pages.get(page)
            if rows is not None and within < len(rows):
                found.append(rows[within])
        return found

    # ── Qt's side ─────────────────────────────────────────────────────────────────────────────

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._layout.lines

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
            ROW_ROLE,
        )
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._columns[index.column()].alignment
        if role == HEADING_ROLE:
            return True if self._layout.item(index.row()) is None else None
        if role not in shown or (item := self._layout.item(index.row())) is None:
            return None
        row = self.row(item)
        if row is None or role == ROW_ROLE:
            return row
        text = self._columns[index.column()].text(row)
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else text

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].heading
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._columns[section].alignment
        return None

    def flags(self, _index: _Index) -> Qt.ItemFlag:
        # Headings too: lines that can't be selected would cut "all" of a million rows into as many pieces as albums.
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    # ── pages ─────────────────────────────────────────────────────────────────────────────────

    def _show(self, layout: Layout, pages: Mapping[int, Sequence[ItemRow]], *, same: bool) -> None:
        if same and layout == self._layout:
            self._pages = OrderedDict(pages)
            if layout.lines:
                self.dataChanged.emit(self.index(0, 0), self.index(layout.lines - 1, len(self._columns) - 1))
            self.loaded.emit(False)
            return
        self.beginResetModel()
        self._layout = layout
        self._pages = OrderedDict(pages)
        self._wanted.clear()
        self._recent.clear()
        self.endResetModel()
        self.loaded.emit(True)

    def _want(self, page: int) -> None:
        self._wanted[page] = None
        self._wanted.move_to_end(page)
        while len(self._wanted) > 4:
            self._wanted.popitem(last=False)
        if not self._asking and not self._pump.isActive():
            self._pump.start()

    def _ask_next(self) -> None:
        source = self._source
        if self._asking or not self._wanted or source is None:
            return
        page, _ = self._wanted.popitem(last=True)
        query, sort, generation = self._query, self._sort, self._generation
        self._asking = True

        def show(rows: Sequence[ItemRow]) -> None:
            self._asking = False
            if generation == self._generation:
                self._take(page, rows)
            self._ask_next()

        def complain(error: Exception) -> None:
            self._asking = False
            self._complain(error)

        self._questions.ask(lambda: source.page(query, sort, page * PAGE, PAGE), show, complain)

    def _take(self, page: int, rows: Sequence[ItemRow]) -> None:
        self._pages[page] = rows
        self._wanted.pop(page, None)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        if rows:
            first = self._layout.line(page * PAGE)
            last = self._layout.line(min(page * PAGE + len(rows), self._layout.count) - 1)
            self.dataChanged.emit(self.index(max(0, first - 2), 0), self.index(last, len(self._columns) - 1))

    def _complain(self, error: Exception) -> None:
        self.failed.emit(tr("The list could not be read: {error}", error=error))


def _first(runs: Sequence[int], amount: int) -> list[int]:
    """The runs of the first `amount` items: the last one may be cut."""
    found: list[int] = []
    for run in runs:
        if amount <= 0:
            break
        found.append(min(run, amount))
        amount -= run
    return found
