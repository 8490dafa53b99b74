"""The list of things set aside: two lines each, as many as there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from musicvault.domain.paths import display
from musicvault.gui import theme
from musicvault.gui.models.kept import KeptRow
from musicvault.gui.theme import icons
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import font, one_line, plain_tooltip
from musicvault.language import tr

LINE = 54
_ROW = Qt.ItemDataRole.UserRole + 1
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
        if role == _ROW:
            return row
        text = f"{display(row.path)}: {row.words}, {row.until}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text
        return plain_tooltip(text) if role == Qt.ItemDataRole.ToolTipRole else None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(200, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, tokens = index.data(_ROW), theme.active()
        rect: QRect = option.rect.adjusted(6, 0, -6, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.selection))
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), 8, 8)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.focus), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 2, -1, -2), 7, 7)
        ink = tokens.tone(Tone.DAMAGED).ink if row.quarantined else tokens.muted
        glyph = QRectF(rect.left() + 12, rect.center().y() - 9, 18, 18)
        icons.paint(painter, "broken" if row.quarantined else "copy", glyph, ink)
        left = int(glyph.right()) + 14
        muted = QColor(tokens.selection_muted if selected else tokens.muted)
        painter.setFont(font(12))
        width = painter.fontMetrics().horizontalAdvance(row.until)
        painter.setPen(muted)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(rect.right() - width - 12, rect.top() + 8, width + 2, 18), middle, row.until)
        room = rect.right() - left - 12
        words = painter.fontMetrics().elidedText(one_line(row.words), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, rect.top() + 28, room + 4, 18), middle, words)
        painter.setFont(font(13, QFont.Weight.Medium))
        painter.setPen(QColor(tokens.text))
        room -= width + 20
        name = painter.fontMetrics().elidedText(one_line(display(row.path)), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(left, rect.top() + 8, room + 4, 18), middle, name)
        painter.restore()


class KeptList(QListView):
    """One row is chosen at a time."""

    def __init__(self, rows: KeptRows) -> None:
        super().__init__()
        self.setModel(rows)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(tr("Set aside"))
