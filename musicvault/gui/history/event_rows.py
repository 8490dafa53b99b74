"""The rows of the log, fetched page by page as the user scrolls down."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from musicvault.domain.paths import display
from musicvault.gui.models.history import EventRow, HistoryPage, HistoryQuery
from musicvault.gui.widgets.text import plain_tooltip
from musicvault.gui.widgets.two_lines import LINES, TwoLines
from musicvault.gui.wording import TONE_ICONS, when

_Index = QModelIndex | QPersistentModelIndex


class EventRows(QAbstractListModel):
    """Events newest first; `wanted` asks for those before the last one."""

    wanted = Signal(object)
    """The number of an event."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EventRow] = []
        self._query = HistoryQuery()
        self._more = self._asked = False

    @property
    def rows(self) -> list[EventRow]:
        return self._rows

    def show_page(self, page: HistoryPage) -> None:
        """The first page of a query, which takes the place of what was there, or a further one of the same."""
        if page.before is None:
            self.beginResetModel()
            self._rows, self._query = list(page.rows), page.query
            self.endResetModel()
        elif page.query == self._query and self._rows and page.before == self._rows[-1].id:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(page.rows) - 1)
            self._rows += page.rows
            self.endInsertRows()
        else:
            return
        self._more, self._asked = page.more, False

    def row(self, index: _Index) -> EventRow | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def canFetchMore(self, parent: _Index) -> bool:
        return not parent.isValid() and self._more and not self._asked

    def fetchMore(self, parent: _Index) -> None:
        if self.canFetchMore(parent) and self._rows:
            self._asked = True
            self.wanted.emit(self._rows[-1].id)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        about = display(row.path) if row.path else row.where
        title = f"{row.title}: {about}" if about else row.title
        words = " · ".join(part for part in (row.where if row.path else "", row.words) if part)
        if role == LINES:
            return TwoLines(TONE_ICONS[row.tone], title, words, when(row.at), row.tone)
        text = f"{title}, {when(row.at)}. {words}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None
