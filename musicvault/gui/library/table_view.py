"""The table itself: equal lines, album headings painted over two of them, columns to choose."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QMenu, QTableView

from musicvault.gui import theme
from musicvault.gui.library.columns import Column, by_key, columns
from musicvault.gui.library.covers import Covers
from musicvault.gui.library.delegate import CellDelegate, line_height, paint_heading
from musicvault.gui.library.headings import LOOKED_AT, shared
from musicvault.gui.library.layout import HEAD_LINES
from musicvault.gui.library.table_model import TableModel
from musicvault.gui.models.library import Sort
from musicvault.gui.theme.text_size import px
from musicvault.language import tr

_GIVE_WAY = ("artist", "seconds", "track", "format", "genre", "year", "added", "size", "library", "copies")
"""Columns that go first where the table is narrow: the artist only where the heading of the album says it."""


def _least(column: Column) -> int:
    """The width below which a column says nothing any more."""
    if not column.stretch:
        return px(column.width)
    return px(150 if column.key == "title" else 84)


class TableView(QTableView):
    """Selects whole rows, sorts by its header, remembers what columns it shows."""

    sorted_by = Signal(Sort)
    selected = Signal()
    opened = Signal()
    columns_changed = Signal()

    def __init__(self, model: TableModel, covers: Covers | None = None) -> None:
        super().__init__()
        self._rows = model
        self._covers = covers
        if covers is not None:
            covers.arrived.connect(self.viewport().update)
        self._columns = columns()
        self._hovered = -1
        self._chosen_columns = {column.key for column in self._columns if column.shown}
        lines = self.verticalHeader()  # before the model: afterwards each of a million lines is set one by one
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setMinimumSectionSize(line_height())
        lines.setDefaultSectionSize(line_height())
        self.setModel(model)
        self.setAccessibleName(tr("Files of the library"))
        self.setItemDelegate(CellDelegate())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leads on, the arrows lead through a million lines
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._set_up_header()
        self.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit())
        self.doubleClicked.connect(lambda *_: self.opened.emit())

    # ── columns ───────────────────────────────────────────────────────────────────────────────

    def shown_columns(self) -> list[str]:
        return [column.key for column in self._columns if column.key in self._chosen_columns]

    def show_columns(self, keys: list[str]) -> None:
        wanted = [key for key in keys if key in by_key()] or [c.key for c in self._columns if c.shown]
        self._chosen_columns = set(wanted)
        self.refit()

    def refit(self) -> None:
        """Show the chosen columns (not the album where headings say it) over the whole width."""
        grouped = self._rows.layout_of_rows.grouped
        wanted = [c for c in self._columns if c.key in self._chosen_columns and not (grouped and c.key == "album")]
        for key in _GIVE_WAY:
            if sum(_least(column) for column in wanted) <= self.viewport().width():
                break
            wanted = [column for column in wanted if column.key != key or (key == "artist" and not grouped)]
        shown = {column.key for column in wanted}
        for index, column in enumerate(self._columns):
            self.setColumnHidden(index, column.key not in shown)
        self._fit()

    def column_menu(self) -> QMenu:
        """A menu to choose the columns with."""
        menu = QMenu(self)
        for column in self._columns:
            entry = QAction(column.heading, menu)
            entry.setCheckable(True)
            entry.setChecked(column.key in self._chosen_columns)
            entry.setEnabled(column.key != "title")
            entry.toggled.connect(lambda on, key=column.key: self._toggle_column(key, on))
            menu.addAction(entry)
        menu.addSeparator()
        menu.addMenu(self._sort_menu(menu))
        return menu

    def _sort_menu(self, parent: QMenu) -> QMenu:
        """What a click on the header does, for the keyboard: the column that it is sorted by turns the order around."""
        menu, header = QMenu(tr("Sort by"), parent), self.horizontalHeader()
        for index, column in enumerate(self._columns):
            entry = QAction(column.heading, menu)
            entry.setCheckable(True)
            entry.setChecked(index == header.sortIndicatorSection())
            entry.triggered.connect(lambda _=False, at=index: self._sort_at(at))
            menu.addAction(entry)
        return menu

    def _sort_at(self, index: int) -> None:
        header = self.horizontalHeader()
        turned = index == header.sortIndicatorSection() and header.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
        header.setSortIndicator(index, Qt.SortOrder.DescendingOrder if turned else Qt.SortOrder.AscendingOrder)

    def show_sort(self, sort: Sort) -> None:
        order = Qt.SortOrder.DescendingOrder if sort.descending else Qt.SortOrder.AscendingOrder
        header = self.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(by_key().get(sort.column, 1), order)
        header.blockSignals(False)

    # ── selection ─────────────────────────────────────────────────────────────────────────────

    def selected_items(self, most: int) -> tuple[list[int], int]:
        """Offsets of the selected items, at most `most`, and how many there are in all."""
        rows: list[int] = []
        total = 0
        spans = self.selectionModel().selection()
        for at in range(spans.count()):
            first, last = self._span(spans.at(at).top(), spans.at(at).bottom())
            total += max(0, last - first + 1)
            rows.extend(range(first, min(last + 1, first + max(0, most - len(rows)))))
        return rows, total

    def _span(self, top: int, bottom: int) -> tuple[int, int]:
        layout = self._rows.layout_of_rows
        while top <= bottom and layout.item(top) is None:
            top += 1
        while bottom >= top and layout.item(bottom) is None:
            bottom -= 1
        first, last = layout.item(top) if top <= bottom else None, layout.item(bottom) if top <= bottom else None
        return (first, last) if first is not None and last is not None else (0, -1)

    def select_item(self, item: int) -> None:
        """Put the cursor on an item's offset and show it."""
        index = self._rows.index(self._rows.layout_of_rows.line(item), by_key()["title"])
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(index, flags)
        self.scrollTo(index)

    def select_album(self, first: int, length: int) -> None:
        """Select the items of the album whose heading begins at line `first`."""
        top, bottom = first + HEAD_LINES, first + HEAD_LINES + length - 1
        last = self._rows.columnCount() - 1
        flags = QItemSelectionModel.SelectionFlag
        span = QItemSelection(self._rows.index(top, 0), self._rows.index(bottom, last))
        self.selectionModel().setCurrentIndex(self._rows.index(top, by_key()["title"]), flags.NoUpdate)
        self.selectionModel().select(span, flags.ClearAndSelect)

    # ── painting ──────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:
        viewport = self.viewport()
        painter = QPainter(viewport)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.active()
        first, last = self._visible_lines()
        current = self.currentIndex().row() if self.hasFocus() else -1
        chosen = self.selectionModel()
        layout = self._rows.layout_of_rows
        for line in range(first, last + 1):
            box = QRectF(4, self.rowViewportPosition(line) + 1, viewport.width() - 8, line_height() - 2)
            if layout.item(line) is None:
                continue
            if chosen.isRowSelected(line, QModelIndex()):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.selection))
                painter.drawRoundedRect(box, 6, 6)
            elif line == self._hovered:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.hover))
                painter.drawRoundedRect(box, 6, 6)
            if line == current:
                painter.setPen(QPen(QColor(tokens.focus), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 6, 6)
        painter.end()
        super().paintEvent(event)
        self._paint_headings(first, last)

    def _paint_headings(self, first: int, last: int) -> None:
        layout = self._rows.layout_of_rows
        if not layout.grouped:
            return
        painter = QPainter(self.viewport())
        done = -1
        for line in range(first, last + 1):
            heading = layout.heading(line)
            if heading is None or heading[0] == done:
                continue
            done = heading[0]
            top = self.rowViewportPosition(done)
            rect = QRect(0, top, self.viewport().width(), line_height() * HEAD_LINES)
            row = self._rows.row(heading[1])
            cover = self._covers.of(row) if row is not None and self._covers is not None else None
            rows = self._rows.here(heading[1], min(heading[2], LOOKED_AT))
            paint_heading(painter, rect, shared(rows) if rows else row, heading[2], cover)

    def _visible_lines(self) -> tuple[int, int]:
        count = self._rows.rowCount()
        if not count:
            return 0, -1
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height())
        return first, count - 1 if last < 0 else last

    # ── events ────────────────────────────────────────────────────────────────────────────────

    def mouseMoveEvent(self, event: object) -> None:
        super().mouseMoveEvent(event)  # type: ignore[arg-type]
        line = self.rowAt(event.position().toPoint().y())  # type: ignore[attr-defined]
        if line != self._hovered:
            self._hovered = line
            self.viewport().update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self._hovered = -1
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self.rowAt(event.position().toPoint().y())
        heading = self._rows.layout_of_rows.heading(line) if line >= 0 else None
        if heading is not None and event.button() is Qt.MouseButton.LeftButton:
            self.select_album(heading[0], heading[2])
            return
        super().mousePressEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """As usual, but never onto a heading."""
        index = super().moveCursor(action, modifiers)
        layout, last = self._rows.layout_of_rows, self._rows.rowCount() - 1
        if not index.isValid() or layout.heading(index.row()) is None:
            return index
        up = action in (self.CursorAction.MoveUp, self.CursorAction.MovePageUp, self.CursorAction.MovePrevious)
        line, step = index.row(), -1 if up else 1
        while 0 <= line <= last and layout.heading(line) is not None:
            line += step
        return self._rows.index(line, index.column()) if 0 <= line <= last else self.currentIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refit()

    # ── header ────────────────────────────────────────────────────────────────────────────────

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        # A selection of its own, always empty: to draw itself the header would ask of a million lines whether all
        # are selected.
        header.setSelectionModel(QItemSelectionModel(self._rows, self))
        header.setFixedHeight(px(36))
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setMinimumSectionSize(40)
        header.setStretchLastSection(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        header.sortIndicatorChanged.connect(self._sort_changed)
        for index, column in enumerate(self._columns):
            self.setColumnWidth(index, px(column.width))
            self.setColumnHidden(index, not column.shown)

    def _header_menu(self, at: QPoint) -> None:
        self.column_menu().popup(self.horizontalHeader().mapToGlobal(at))

    def _toggle_column(self, key: str, on: bool) -> None:
        (self._chosen_columns.add if on else self._chosen_columns.discard)(key)
        self.refit()
        self.columns_changed.emit()

    def _sort_changed(self, index: int, order: Qt.SortOrder) -> None:
        self.sorted_by.emit(Sort(self._columns[index].key, order is Qt.SortOrder.DescendingOrder))

    def _fit(self) -> None:
        """Give the spare width to the columns that stretch, so that there is no empty strip at the right."""
        shown = [(i, c) for i, c in enumerate(self._columns) if not self.isColumnHidden(i)]
        stretching = sum(c.stretch for _, c in shown)
        fixed = sum(self.columnWidth(i) for i, c in shown if not c.stretch)
        spare = self.viewport().width() - fixed
        if not stretching:
            return
        for index, column in shown:
            if column.stretch:
                self.setColumnWidth(index, max(_least(column), spare * column.stretch // stretching))
