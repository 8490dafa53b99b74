"""How the table's lines look: cells, state pills, and album headings over the whole width."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from musicvault.domain.paths import display, split
from musicvault.gui import theme
from musicvault.gui.library.columns import Column, columns
from musicvault.gui.library.table_model import HEADING_ROLE, ROW_ROLE
from musicvault.gui.models.library import ItemRow
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tokens
from musicvault.gui.widgets.pill import paint_pill, pill_height, pill_width
from musicvault.gui.widgets.text import font, one_line
from musicvault.gui.wording import STATE_ICONS, STATE_TONES, files, proof_pill

SIDE = 12
_SLEEVES = ("#8C6BCF", "#2A6F97", "#7A9F35", "#B5651D", "#3D7A6E", "#A34870", "#5B6FB8", "#8A7B2F")


class CellDelegate(QStyledItemDelegate):
    """Paints one cell; the row's ground and focus are painted by the view."""

    def __init__(self) -> None:
        super().__init__()
        self._columns = columns()
        self._normal, self._strong = font(13), font(13, QFont.Weight.DemiBold)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, line_height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW_ROLE)
        tokens = theme.active()
        rect: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if not isinstance(row, ItemRow):
            if index.data(HEADING_ROLE) is None:
                self._paint_waiting(painter, rect, tokens, index.row())
            return
        column = self._columns[index.column()]
        if column.key == "state":
            self._paint_state(painter, rect, row)
            return
        self._paint_text(painter, rect, column, row, tokens, selected)

    def _paint_text(
        self, painter: QPainter, rect: QRect, column: Column, row: ItemRow, tokens: Tokens, selected: bool
    ) -> None:
        inner = rect.adjusted(SIDE, 0, -SIDE, 0)
        if column.key == "title" and row.companion:
            icons.paint(painter, "copy", QRectF(inner.left(), inner.center().y() - px(7), px(14), px(14)), tokens.muted)
            inner.setLeft(inner.left() + px(22))
        muted = tokens.selection_muted if selected else tokens.muted
        strong = column.strong and not (column.key == "title" and row.companion)
        painter.setFont(self._strong if column.key == "copies" else self._normal)
        painter.setPen(QColor(tokens.text if strong else muted))
        if column.key == "copies" and row.copies < row.wanted:
            painter.setPen(QColor(tokens.tone(STATE_TONES[row.state]).ink))
        text = one_line(column.text(row))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, column.alignment, shown)

    @staticmethod
    def _paint_state(painter: QPainter, rect: QRect, row: ItemRow) -> None:
        text = proof_pill(row.state, row.proof_days)
        width = min(pill_width(text), rect.width() - 8)
        top = rect.top() + (rect.height() - pill_height()) / 2
        box = QRectF(rect.left() + SIDE - 4, top, width, pill_height())
        paint_pill(painter, box, text, STATE_TONES[row.state], STATE_ICONS[row.state])

    @staticmethod
    def _paint_waiting(painter: QPainter, rect: QRect, tokens: Tokens, line: int) -> None:
        """A grey bar where text will be: the page is on its way."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.groove))
        width = max(16.0, (rect.width() - 2 * SIDE) * (0.4 + 0.1 * (line * 7 % 5)))
        painter.drawRoundedRect(QRectF(rect.left() + SIDE, rect.center().y() - 4, width, 8), 4, 4)


def line_height() -> int:
    """So high is each of the table's lines."""
    return px(34)


def sleeve_colour(row: ItemRow) -> str:
    """A colour that stays with the album; with the folder where no tag names one."""
    key = f"{row.album_artist or row.artist}\0{row.album}".encode("utf-8", "surrogateescape")
    key = split(row.path)[0] if len(key) == 1 else key
    return _SLEEVES[zlib.crc32(key) % len(_SLEEVES)]


def paint_sleeve(painter: QPainter, rect: QRectF, row: ItemRow) -> None:
    """A record sleeve in the album's colour."""
    ground = QColor(sleeve_colour(row))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    radius = rect.width() * 0.12
    painter.drawRoundedRect(rect, radius, radius)
    centre = rect.center()
    for share, alpha in ((0.36, 46), (0.27, 40), (0.09, 200)):
        painter.setBrush(QColor(255, 255, 255, alpha))
        painter.drawEllipse(centre, rect.width() * share, rect.width() * share)


def paint_cover(painter: QPainter, rect: QRectF, cover: QPixmap) -> None:
    """A cover with softened corners."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    path = QPainterPath()
    path.addRoundedRect(rect, rect.width() * 0.1, rect.width() * 0.1)
    painter.setClipPath(path)
    painter.drawPixmap(rect, cover, QRectF(cover.rect()))
    painter.restore()


def paint_heading(
    painter: QPainter, rect: QRect, row: ItemRow | None, amount: int, cover: QPixmap | None = None
) -> None:
    """An album's heading: sleeve, name, artist · year · format, and how many files."""
    tokens = theme.active()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    sleeve = QRectF(rect.left() + SIDE, rect.top() + px(14), px(44), px(44))
    note_font = font(12)
    note = files(amount)
    note_width = QFontMetrics(note_font).horizontalAdvance(note)
    painter.setFont(note_font)
    painter.setPen(QColor(tokens.muted))
    bar = rect.adjusted(0, px(14), -SIDE - 4, -px(10))
    painter.drawText(bar, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)
    if row is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.groove))
        painter.drawRoundedRect(sleeve, 5, 5)
        painter.restore()
        return
    if cover is not None:
        paint_cover(painter, sleeve, cover)
    else:
        paint_sleeve(painter, sleeve, row)
    left = int(sleeve.right()) + 12
    room = rect.right() - left - note_width - 32
    name_font = font(13, QFont.Weight.DemiBold)
    title = row.album or display(split(split(row.path)[0])[1]) or row.library
    name = QFontMetrics(name_font).elidedText(one_line(title), Qt.TextElideMode.ElideRight, room)
    painter.setFont(name_font)
    painter.setPen(QColor(tokens.text))
    artist = row.album_artist or row.artist
    words = " · ".join(part for part in (artist, row.year[:4], row.format) if part)
    top = rect.top() + px(17 if words else 27)  # a name alone stands beside the middle of the sleeve
    painter.drawText(QRect(left, top, room + 8, px(18)), Qt.AlignmentFlag.AlignVCenter, name)
    painter.setFont(note_font)
    painter.setPen(QColor(tokens.muted))
    words = QFontMetrics(note_font).elidedText(one_line(words), Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRect(left, rect.top() + px(37), room + 8, px(18)), Qt.AlignmentFlag.AlignVCenter, words)
    painter.restore()
