"""A file's MiB blocks as a row of small rectangles: good, damaged, lost, unreadable, healed, or not here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from musicvault.gui import theme
from musicvault.gui.models.actions import State
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr, trn

_HEIGHT, _LEAST, _ROWS = 12, 5.0, 2


def cells(blocks: int, bad: tuple[int, ...], room: int) -> list[bool]:
    """At most `room` cells for `blocks` blocks; a cell is True where any of its blocks is bad."""
    shown = max(1, min(blocks, room))
    marks = [False] * shown
    for index in bad:
        if 0 <= index < max(1, blocks):
            marks[index * shown // max(1, blocks)] = True
    return marks


def paint_map(
    painter: QPainter,
    area: QRectF,
    blocks: int,
    bad: tuple[int, ...],
    state: State,
    lost: tuple[int, ...] = (),
    healed: tuple[int, ...] = (),
) -> None:
    """The blocks side by side in `area`. So that it shows without colour too, a damaged cell has a notch, a lost one
    a cross, one that was healed a hollow, and unreadable ones are struck through."""
    tokens = theme.active()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    room = int(area.width() / _LEAST)
    marks = cells(blocks, (*bad, *lost), room)
    gone, mended = cells(blocks, lost, room), cells(blocks, healed, room)
    step = area.width() / len(marks)
    gap = 2.0 if step >= 8 else 1.0
    damaged, good = QColor(tokens.tone(Tone.DAMAGED).fill), QColor(tokens.tone(Tone.GOOD).fill)
    whole = {
        State.AWAY: QColor(tokens.groove),
        State.MISSING: QColor(tokens.groove),
        State.UNKNOWN: QColor(tokens.groove),
        State.STALE: QColor(tokens.tone(Tone.AWAY).fill),
        State.HELD: QColor(tokens.tone(Tone.SHORT).fill),
        State.UNREADABLE: damaged,
    }.get(state, good)
    if state is State.DAMAGED and not bad:
        whole = damaged
    for index, mark in enumerate(marks):
        painter.setBrush(damaged if mark else whole)
        rect = QRectF(area.left() + index * step, area.top(), max(1.0, step - gap), area.height())
        painter.drawRoundedRect(rect, min(2.0, step / 4), min(2.0, step / 4))
        _paint_sign(painter, rect, _sign(mark, gone[index], mended[index], state))


def _sign(bad: bool, lost: bool, healed: bool, state: State) -> str:
    if lost:
        return "lost"
    if bad:
        return "bad"
    if state is State.UNREADABLE:
        return "unreadable"
    return "healed" if healed else ""


def _paint_sign(painter: QPainter, rect: QRectF, sign: str) -> None:
    surface = QColor(theme.active().surface)
    painter.setBrush(surface)
    if sign == "bad":
        painter.drawRect(QRectF(rect.center().x() - 0.75, rect.top() + 3, 1.5, rect.height() - 6))
    elif sign == "healed":
        painter.drawEllipse(rect.center(), min(2.0, rect.width() / 4), 2.0)
    elif sign:
        painter.setPen(QPen(surface, 1.2))
        inner = rect.adjusted(1.5, 3, -1.5, -3)
        if inner.width() > inner.height():  # a wide cell: the sign stays one
            inner = QRectF(inner.center().x() - inner.height() / 2, inner.top(), inner.height(), inner.height())
        painter.drawLine(inner.bottomLeft(), inner.topRight())
        if sign == "lost":
            painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.setPen(Qt.PenStyle.NoPen)


class BlockMap(QWidget):
    """Shows where in the file damage lies. Long files share cells; a cell with any damage is marked."""

    def __init__(
        self,
        blocks: int,
        bad: tuple[int, ...] = (),
        state: State = State.PROTECTED,
        *,
        lost: tuple[int, ...] = (),
        healed: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self._blocks, self._bad, self._state = max(1, blocks), bad, state
        self._lost, self._healed = lost, healed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        words = self._words()
        self.setAccessibleName(words)
        self.setToolTip(words)

    def _words(self) -> str:
        one, many = "{bad} of {count} block", "{bad} of {count} blocks"
        if self._lost:
            return tr("{blocks} lost", blocks=trn(one, many, self._blocks, bad=len(self._lost)))
        if self._bad:
            return tr("{blocks} damaged", blocks=trn(one, many, self._blocks, bad=len(self._bad)))
        if self._state is State.UNREADABLE:
            return tr("can't be read")
        if self._healed:
            return trn("{count} block healed", "{count} blocks healed, all good", len(self._healed))
        if self._state in (State.AWAY, State.MISSING, State.UNKNOWN):
            return tr("not read")
        return trn("{count} block, all good", "{count} blocks, all good", self._blocks)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_map(QPainter(self), QRectF(self.rect()), self._blocks, self._bad, self._state, self._lost, self._healed)
