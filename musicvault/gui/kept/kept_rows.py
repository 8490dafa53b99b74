"""The rows of things set aside, as many as there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from musicvault.domain.paths import display
from musicvault.gui.models.kept import KeptRow
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import plain_tooltip
from musicvault.gui.widgets.two_lines import LINES, TwoLines

_Index = QModelIndex | QPersistentModelIndex


class KeptRows(QAbstractListModel):
    """Rows as they were told."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[KeptRow] = ()

    def show_rows(self, rows: Sequence[KeptRow]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, index: _Index) -> KeptRow | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == LINES:
            icon, tone = ("broken", Tone.DAMAGED) if row.quarantined else ("copy", None)
            return TwoLines(icon, display(row.path), row.words, row.until, tone)
        text = f"{display(row.path)}: {row.words}, {row.until}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None
