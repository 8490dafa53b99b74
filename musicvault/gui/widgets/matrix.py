"""Where the copies are: collections × places, each cell saying how much and, by its depth, how recently proven."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from musicvault.gui import theme
from musicvault.gui.models.overview import Matrix, MatrixCell
from musicvault.gui.theme.tokens import Tone, mixed, readable
from musicvault.gui.widgets.text import font, plain_tooltip
from musicvault.gui.wording import age, ago, count, percent
from musicvault.language import tr

_HEAD, _ROW, _CELL, _GAP = 28, 38, 30, 8
_COUNT = 56


def depth(cell: MatrixCell, limit: int) -> float:
    """How much of the fill a cell takes: 0.85 when proven today, 0.4 at the policy's limit."""
    if cell.proof_days is None:
        return 0.0
    return 0.85 - 0.45 * min(1.0, cell.proof_days / max(1, limit))


class CopyMatrix(QWidget):
    """A small table, painted; a tooltip on each cell says it in words."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix = Matrix()
        self._limit = 90
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_matrix(self, matrix: Matrix, limit: int) -> None:
        self._matrix, self._limit = matrix, limit
        self.setAccessibleName(self._spoken())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, _HEAD + _ROW * max(1, len(self._matrix.rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self._words_at(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.active()
        name_width, cell_width = self._columns()
        small = font(11, QFont.Weight.Medium)
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        for column, place in enumerate(self._matrix.places):
            rect = QRectF(name_width + column * (cell_width + _GAP) - 3, 0, cell_width + 6, _HEAD - 6)
            text = QFontMetrics(small).elidedText(place, Qt.TextElideMode.ElideRight, int(rect.width()))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        for index, row in enumerate(self._matrix.rows):
            top = _HEAD + index * _ROW
            self._paint_name(painter, QRectF(0, top, name_width - 16, _CELL), row.name, row.files)
            for column, cell in enumerate(row.cells):
                left = name_width + column * (cell_width + _GAP)
                self._paint_cell(painter, QRectF(left, top, cell_width, _CELL), cell)

    def _columns(self) -> tuple[float, float]:
        places = max(1, len(self._matrix.places))
        names = [QFontMetrics(font(13)).horizontalAdvance(row.name) for row in self._matrix.rows]
        wanted = max(names, default=80) + _COUNT + 24
        most = max(120.0, self.width() - places * (44 + _GAP))
        name_width = min(wanted, most, self.width() * 0.5)
        cell = (self.width() - name_width - (places - 1) * _GAP) / places
        return name_width, max(36.0, min(180.0, cell))

    def _paint_name(self, painter: QPainter, rect: QRectF, name: str, files: int) -> None:
        tokens = theme.active()
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.muted))
        amount = count(files)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, amount)
        room = rect.width() - painter.fontMetrics().horizontalAdvance(amount) - 12
        painter.setFont(font(13, QFont.Weight.Medium))
        painter.setPen(QColor(tokens.text))
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: MatrixCell) -> None:
        tokens = theme.active()
        if cell.share is None or cell.share == 0:
            painter.setPen(QColor(tokens.hairline))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(12))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "—")
            return
        stale = cell.proof_days is None or cell.proof_days > self._limit
        fill = tokens.tone(Tone.AWAY if stale else Tone.GOOD).fill
        ground = mixed(fill, tokens.surface, 0.4 if stale else depth(cell, self._limit))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(rect, 6, 6)
        painter.setPen(QColor(readable(ground, "#FFFFFF", "#000000")))
        share, proof = percent(cell.share), age(cell.proof_days)
        strong, small = font(12, QFont.Weight.DemiBold), font(11)
        share_width = QFontMetrics(strong).horizontalAdvance(share)
        both = share_width + 8 + QFontMetrics(small).horizontalAdvance(proof)
        painter.setFont(strong)
        if both + 12 > rect.width():
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, share)
            return
        left = rect.left() + (rect.width() - both) / 2
        painter.drawText(QRectF(left, rect.top(), share_width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, share)
        painter.setFont(small)
        beside = QRectF(left + share_width + 8, rect.top(), rect.right() - left - share_width - 8, rect.height())
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, proof)

    def _words_at(self, position: QPoint) -> str:
        name_width, cell_width = self._columns()
        column = int((position.x() - name_width) // (cell_width + _GAP))
        row = (position.y() - _HEAD) // _ROW
        if not (0 <= column < len(self._matrix.places) and 0 <= row < len(self._matrix.rows)):
            return ""
        return self._words(row, column)

    def _words(self, row: int, column: int) -> str:
        line = self._matrix.rows[row]
        cell, place = line.cells[column], self._matrix.places[column]
        if not cell.share:
            return tr("{name}: nothing on {place}", name=line.name, place=place)
        share = percent(cell.share)
        if cell.proof_days is None:
            return tr("{name}: {share} on {place}, not proven yet", name=line.name, share=share, place=place)
        proven = ago(cell.proof_days)
        return tr(
            "{name}: {share} on {place}, oldest proof {ago}", name=line.name, share=share, place=place, ago=proven
        )

    def _spoken(self) -> str:
        cells = range(len(self._matrix.places))
        return "; ".join(self._words(r, c) for r in range(len(self._matrix.rows)) for c in cells)
