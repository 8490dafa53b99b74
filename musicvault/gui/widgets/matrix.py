"""Where the copies are: collections × places, each cell saying how much and, by its depth, how recently proven."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from musicvault.gui import theme
from musicvault.gui.models.overview import Matrix, MatrixCell
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone, mixed, readable
from musicvault.gui.widgets.text import font, plain_tooltip
from musicvault.gui.wording import age, ago, count, percent
from musicvault.language import tr

_HEAD, _ROW, _GAP, _STACK = 28, 38, 8, 10
_COUNT = 56
_MOST_NAME = 200
_LEAST = 44
"""So wide is a cell at least; the whole scrolls sideways where that is too much. Text pixels, but for
the gap."""


def depth(cell: MatrixCell, limit: int) -> float:
    """How much of the fill a cell takes: 0.85 when proven today, 0.4 at the policy's limit."""
    if cell.proof_days is None:
        return 0.0
    return 0.85 - 0.45 * min(1.0, cell.proof_days / max(1, limit))


def _widest(matrix: Matrix) -> int:
    """The pixels that share and age take side by side where they take most."""
    strong, small = QFontMetrics(font(12, QFont.Weight.DemiBold)), QFontMetrics(font(11))
    words = {(percent(cell.share), age(cell.proof_days)) for row in matrix.rows for cell in row.cells if cell.share}
    wide = (strong.horizontalAdvance(share) + small.horizontalAdvance(proof) for share, proof in words)
    return max(wide, default=0) + _GAP


class CopyMatrix(QWidget):
    """A small table, painted; a tooltip on each cell says it in words. Where the cells are too narrow for share and age
    side by side, the age stands below."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix = Matrix()
        self._limit = 90
        self._stacked = False
        self._widest = self._wanted = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_matrix(self, matrix: Matrix, limit: int) -> None:
        self._matrix, self._limit = matrix, limit
        self._widest = _widest(matrix)
        names = [QFontMetrics(font(13)).horizontalAdvance(row.name) for row in matrix.rows]
        self._wanted = max(names, default=px(80)) + px(_COUNT) + 24
        self.setAccessibleName(self._spoken())
        self._fit()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, px(_HEAD) + self._step * max(1, len(self._matrix.rows)))

    def minimumSizeHint(self) -> QSize:
        places = len(self._matrix.places)
        return QSize(max(240, self._names() + places * (px(_LEAST) + _GAP)), self.sizeHint().height())

    @property
    def _step(self) -> int:
        return px(_ROW + (_STACK if self._stacked else 0))

    def _fit(self) -> None:
        """Whether the ages go below."""
        room = self._columns()[1] - 12
        stacked = self._widest > room
        if stacked != self._stacked:
            self._stacked = stacked
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tooltip(self._words_at(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.active()
        name_width, cell_width = self._columns()
        small = font(11, QFont.Weight.Medium)
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        for column, place in enumerate(self._matrix.places):
            rect = QRectF(name_width + column * (cell_width + _GAP) - 3, 0, cell_width + 6, px(_HEAD - 6))
            text = QFontMetrics(small).elidedText(place, Qt.TextElideMode.ElideRight, int(rect.width()))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        fonts = font(12, QFont.Weight.DemiBold), font(11)
        for index, row in enumerate(self._matrix.rows):
            top, tall = px(_HEAD) + index * self._step, self._step - _GAP
            if top > event.rect().bottom() or top + tall < event.rect().top():
                continue
            self._paint_name(painter, QRectF(0, top, name_width - 16, tall), row.name, row.files)
            for column, cell in enumerate(row.cells):
                left = name_width + column * (cell_width + _GAP)
                self._paint_cell(painter, QRectF(left, top, cell_width, tall), cell, fonts)

    def _names(self) -> int:
        """So wide are the names at least."""
        return max(px(120), min(self._wanted, px(_MOST_NAME)))

    def _columns(self) -> tuple[float, float]:
        places = max(1, len(self._matrix.places))
        most = max(float(self._names()), self.width() - places * (px(_LEAST) + _GAP))
        name_width = min(self._wanted, most, self.width() * 0.5)
        cell = (self.width() - name_width - (places - 1) * _GAP) / places
        return name_width, max(float(px(_LEAST)), min(float(px(180)), cell))

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

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: MatrixCell, fonts: tuple[QFont, QFont]) -> None:
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
        strong, small = fonts
        painter.setFont(strong)
        if self._stacked:
            middle = rect.center().y()
            painter.drawText(
                QRectF(rect.left(), middle - px(16), rect.width(), px(16)), Qt.AlignmentFlag.AlignCenter, share
            )
            painter.setFont(small)
            painter.drawText(QRectF(rect.left(), middle, rect.width(), px(15)), Qt.AlignmentFlag.AlignCenter, proof)
            return
        share_width = painter.fontMetrics().horizontalAdvance(share)
        wide = share_width + _GAP + QFontMetrics(small).horizontalAdvance(proof)
        left = rect.left() + (rect.width() - wide) / 2
        painter.drawText(QRectF(left, rect.top(), share_width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, share)
        painter.setFont(small)
        beside = QRectF(left + share_width + _GAP, rect.top(), rect.width(), rect.height())
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, proof)

    def _words_at(self, position: QPoint) -> str:
        name_width, cell_width = self._columns()
        column = int((position.x() - name_width) // (cell_width + _GAP))
        row = (position.y() - px(_HEAD)) // self._step
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
