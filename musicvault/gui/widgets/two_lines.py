"""A virtual list with two lines a row: an icon, a title, words beneath it, and a few words in the corner."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import font, one_line

_LINE = 54
LINES = Qt.ItemDataRole.UserRole + 1
"""The role under which a model tells a row's `TwoLines`."""
_SIDE, _BATCH = 12, 500
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class TwoLines:
    """What a row shows. Without a `tone` the icon is muted."""

    icon: str
    title: str
    words: str
    corner: str = ""
    tone: Tone | None = None
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle
    """Where a title that is too long is cut."""


def line_height() -> int:
    """So high is a row."""
    return px(_LINE)


class TwoLinesDelegate(QStyledItemDelegate):
    """`paint_mark` and `paint_end` are what a kind of list has of its own."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(200, line_height())

    def paint_mark(self, painter: QPainter, rect: QRect, row: TwoLines, index: _Index) -> int:
        """Paint what stands before the words; gives where they begin."""
        tokens = theme.active()
        glyph = QRectF(rect.left() + _SIDE, rect.center().y() - px(9), px(18), px(18))
        icons.paint(painter, row.icon, glyph, tokens.muted if row.tone is None else tokens.tone(row.tone).ink)
        return int(glyph.right()) + 14

    def paint_end(self, painter: QPainter, rect: QRect, index: _Index) -> int:
        """Paint what stands at the end of the second line; gives the room that it takes."""
        return 0

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, tokens = index.data(LINES), theme.active()
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
        left = self.paint_mark(painter, rect, row, index)
        taken = self.paint_end(painter, rect, index)
        _paint_words(painter, rect, row, left, taken, QColor(tokens.selection_muted if selected else tokens.muted))
        painter.restore()


def _paint_words(painter: QPainter, rect: QRect, row: TwoLines, left: int, taken: int, muted: QColor) -> None:
    middle, right = Qt.AlignmentFlag.AlignVCenter, rect.right() - _SIDE
    painter.setFont(font(12))
    painter.setPen(muted)
    metrics = painter.fontMetrics()
    corner = metrics.elidedText(one_line(row.corner), Qt.TextElideMode.ElideRight, rect.width() // 2)
    width = metrics.horizontalAdvance(corner)
    painter.drawText(QRect(right - width, rect.top() + px(8), width + 2, px(18)), middle, corner)
    room = right - left - taken
    words = metrics.elidedText(one_line(row.words), Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRect(left, rect.top() + px(28), room + 4, px(18)), middle, words)
    painter.setFont(font(13, QFont.Weight.Medium))
    painter.setPen(QColor(theme.active().text))
    room = right - left - width - 20
    title = painter.fontMetrics().elidedText(one_line(row.title), row.elide, room)
    painter.drawText(QRect(left, rect.top() + px(8), room + 4, px(18)), middle, title)


class TwoLinesList(QListView):
    """One row is chosen at a time; its model answers `LINES`."""

    def __init__(self, rows: QAbstractItemModel, name: str, delegate: TwoLinesDelegate | None = None) -> None:
        super().__init__()
        self._painting = delegate or TwoLinesDelegate()  # a view doesn't own its delegate
        self.setItemDelegate(self._painting)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setLayoutMode(QListView.LayoutMode.Batched)  # 20,000 rows at once would take a while, at each change
        self.setBatchSize(_BATCH)
        self.setAccessibleName(name)
        self.setModel(rows)
