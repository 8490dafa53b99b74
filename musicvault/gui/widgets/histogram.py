"""The age of the proofs as columns, against the policy's line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musicvault.gui import theme
from musicvault.gui.models.overview import ProofAges
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tokens, Tone, mixed
from musicvault.gui.widgets.text import font
from musicvault.gui.wording import count
from musicvault.language import tr

_AXIS, _TOP = 22, 24


class ProofHistogram(QWidget):
    """Columns before the policy's limit are good, after it they are due; between the limits of two rules it depends."""

    def __init__(self) -> None:
        super().__init__()
        self._ages = ProofAges()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_ages(self, ages: ProofAges) -> None:
        self._ages = ages
        last = ages.limits[-1]
        due = sum(n for i, n in enumerate(ages.counts) if i * ages.width >= last)
        self.setAccessibleName(
            tr(
                "{fresh} proofs within {limit} days, {due} older",
                fresh=count(sum(ages.counts) - due),
                limit=last,
                due=count(due),
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 130 + px(_TOP + _AXIS))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 94 + px(_TOP + _AXIS))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ages = self._ages
        plot = QRectF(0, px(_TOP), self.width(), self.height() - px(_TOP + _AXIS))
        if not any(ages.counts):
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(13))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, tr("No copy has been proven yet."))
            return
        step = plot.width() / len(ages.counts)
        self._paint_columns(painter, plot, step, tokens)
        painter.setPen(QPen(QColor(tokens.hairline), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._paint_axis(painter, plot, tokens)
        for index, limit in enumerate(ages.limits):
            self._paint_limit(painter, plot, step * limit / ages.width, limit, index, tokens)

    def _paint_columns(self, painter: QPainter, plot: QRectF, step: float, tokens: Tokens) -> None:
        highest = max(self._ages.counts)
        painter.setPen(Qt.PenStyle.NoPen)
        for index, amount in enumerate(self._ages.counts):
            if not amount:
                continue
            painter.setBrush(QColor(self._fill(index * self._ages.width, tokens)))
            tall = max(3.0, (plot.height() - 6) * amount / highest)
            gap = 3 if step > 8 else 1
            column = QRectF(plot.left() + index * step + gap / 2, plot.bottom() - tall, step - gap, tall)
            painter.drawRoundedRect(column, min(3, step / 4), min(3, step / 4))

    def _paint_axis(self, painter: QPainter, plot: QRectF, tokens: Tokens) -> None:
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        span = len(self._ages.counts) * self._ages.width
        every = next((e for e in (7, 10, 30, 60, 90, 180, 365) if plot.width() * e / span >= px(44)), 365)
        day, wide = 0, px(48)
        while day <= span:
            x = plot.left() + plot.width() * day / span
            text = f"{day}+" if day == span else str(day)
            box = QRectF(x - wide / 2, plot.bottom() + 4, wide, px(18))
            align = Qt.AlignmentFlag.AlignHCenter
            if day == 0:
                box, align = QRectF(x, box.y(), wide, px(18)), Qt.AlignmentFlag.AlignLeft
            elif x + wide / 2 > plot.right():
                box, align = QRectF(plot.right() - wide, box.y(), wide, px(18)), Qt.AlignmentFlag.AlignRight
            painter.drawText(box, align, text)
            day += every

    def _fill(self, days: int, tokens: Tokens) -> str:
        good, due = tokens.tone(Tone.GOOD).fill, tokens.tone(Tone.AWAY).fill
        limits = self._ages.limits
        return good if days < limits[0] else due if days >= limits[-1] else mixed(good, due, 0.45)

    def _paint_limit(
        self, painter: QPainter, plot: QRectF, across: float, limit: int, index: int, tokens: Tokens
    ) -> None:
        x = plot.left() + across
        if x > plot.right():
            return
        ink = QColor(tokens.tone(Tone.SHORT).ink)
        pen = QPen(ink, 1.5, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 2.4])
        painter.setPen(pen)
        painter.drawLine(int(x), 4, int(x), int(plot.bottom()))
        painter.setFont(font(11, QFont.Weight.DemiBold))
        several = len(self._ages.limits) > 1
        text = tr("{days} days", days=limit) if several else tr("policy: {days} days", days=limit)
        width = painter.fontMetrics().horizontalAdvance(text)
        left = (
            x + 6 if x + 6 + width < plot.right() and not (several and index == 0 and x > width + 8) else x - 6 - width
        )
        painter.setPen(ink)
        painter.drawText(QRectF(left, 2, width + 4, px(16)), Qt.AlignmentFlag.AlignVCenter, text)
