"""How fast a device reads from one end to the other: the newest pass as a line, those before it faintly behind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musicvault.gui import theme
from musicvault.gui.models.drives import SpeedLine
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import font
from musicvault.gui.wording import size
from musicvault.language import tr

_AXIS, _SIDE, _TOP = 20, 74, 8
_OLDER, _TELLING = 4, 4


class SpeedCurve(QWidget):
    """`small`: the line alone, as high as three lines of text; else with its axes."""

    def __init__(self, *, small: bool = False) -> None:
        super().__init__()
        self._lines: Sequence[SpeedLine] = ()
        self._small = small
        self._slow: frozenset[int] = frozenset()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(40 if small else 120 + px(48))

    def show_lines(self, lines: Sequence[SpeedLine], slow: Sequence[int] = ()) -> None:
        """The newest first; only those with the basis of the newest are drawn. `slow` names parts to mark."""
        self._lines = [line for line in lines if line.known and line.by_place == lines[0].by_place][: _OLDER + 1]
        self._slow = frozenset(slow)
        self.setAccessibleName(said(lines[0]) if lines else tr("No speed was measured yet."))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._lines:
            return
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = max(max(line.known) for line in self._lines) * 1.08
        if self._small:
            plot = QRectF(1, 3, self.width() - 2, self.height() - 6)
        else:
            side = px(_SIDE)
            plot = QRectF(side, _TOP, self.width() - side - 2, self.height() - _TOP - px(_AXIS))
            self._paint_axes(painter, plot, top)
        for number, line in reversed(list(enumerate(self._lines))):
            self._paint_line(painter, plot, line, top, newest=number == 0)
        if self._small:
            painter.setPen(QPen(QColor(tokens.hairline), 1))
            painter.drawLine(plot.bottomLeft(), plot.bottomRight())

    def _paint_axes(self, painter: QPainter, plot: QRectF, top: float) -> None:
        tokens = theme.active()
        painter.setFont(font(11))
        for share in (0.0, 0.5, 1.0):
            y = plot.bottom() - plot.height() * share / 1.08
            painter.setPen(QPen(QColor(tokens.hairline), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(tokens.muted))
            box = QRectF(0, y - px(9), plot.left() - 10, px(18))
            text = tr("{amount}/s", amount=size(top / 1.08 * share)) if share else "0"
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        below = QRectF(plot.left(), plot.bottom() + 4, plot.width(), px(16))
        first, last = ends(self._lines[0])
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, last)

    def _paint_line(self, painter: QPainter, plot: QRectF, line: SpeedLine, top: float, *, newest: bool) -> None:
        tokens = theme.active()
        colour = QColor(tokens.accent if newest else tokens.muted)
        if not newest:
            colour.setAlphaF(0.35)
        step = plot.width() / max(1, len(line.speeds) - 1)
        path, open_, points = QPainterPath(), False, []
        for number, speed in enumerate(line.speeds):
            if speed is None:
                open_ = False
                continue
            point = QPointF(plot.left() + number * step, plot.bottom() - plot.height() * min(1.0, speed / top))
            points.append((number, point))
            if open_:
                path.lineTo(point)
            else:
                path.moveTo(point)
            open_ = True
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2 if newest else 1.2))
        painter.drawPath(path)
        if not newest:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        alone = [point for number, point in points if self._alone(line, number)]
        for point in alone:
            painter.setBrush(colour)
            painter.drawEllipse(point, 2.5, 2.5)
        painter.setBrush(QColor(tokens.tones[Tone.DAMAGED].fill))
        for number, point in points:
            if number in self._slow:
                painter.drawEllipse(point, 4, 4)

    @staticmethod
    def _alone(line: SpeedLine, number: int) -> bool:
        """Whether neither neighbour has a speed, so that no line would show this one."""
        around = line.speeds[max(0, number - 1) : number] + line.speeds[number + 1 : number + 2]
        return all(speed is None for speed in around)


def is_telling(line: SpeedLine) -> bool:
    """Whether a curve of it can be read: of fewer parts it is a dot or a dash."""
    return len(line.known) >= _TELLING


def ends(line: SpeedLine) -> tuple[str, str]:
    """What lies at both ends of the curve."""
    if line.by_place:
        return tr("the beginning of the device"), tr("its end")
    return tr("what was read first"), tr("what was read last")


def said(line: SpeedLine) -> str:
    """A curve in words: `118 to 212 MB/s, from the beginning of the device to its end`."""
    if not line.known:
        return tr("Too little was read to tell its speed.")
    if len(line.known) == 1:
        return tr("{speed} in the one part that was read enough", speed=span(line))
    first, last = ends(line)
    return tr("{speed}, from {first} to {last}", speed=span(line), first=first, last=last)


def span(line: SpeedLine) -> str:
    """`118 MB/s to 212 MB/s`, or the one speed; of a line where some is known."""
    low, high = tr("{amount}/s", amount=size(min(line.known))), tr("{amount}/s", amount=size(max(line.known)))
    return low if low == high else tr("{low} to {high}", low=low, high=high)
