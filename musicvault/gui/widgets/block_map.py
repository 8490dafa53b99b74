"""A file's MiB blocks as a row of small rectangles: good, damaged, or not here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
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


def paint_map(painter: QPainter, area: QRectF, blocks: int, bad: tuple[int, ...], state: State) -> None:
    """The blocks side by side in `area`, with a notch in each damaged cell, so that it shows without colour too."""
    tokens = theme.active()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    marks = cells(blocks, bad, int(area.width() / _LEAST))
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
        if mark:
            painter.setBrush(QColor(tokens.surface))
            painter.drawRect(QRectF(rect.center().x() - 0.75, rect.top() + 3, 1.5, rect.height() - 6))


class BlockMap(QWidget):
    """Shows where in the file damage lies. Long files share cells; a cell with any damage is marked."""

    def __init__(self, blocks: int, bad: tuple[int, ...] = (), state: State = State.PROTECTED) -> None:
        super().__init__()
        self._blocks, self._bad, self._state = max(1, blocks), bad, state
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        if bad:
            words = trn(
                "{count} of {blocks} blocks damaged", "{count} of {blocks} blocks damaged", len(bad), blocks=blocks
            )
        elif state in (State.AWAY, State.MISSING, State.UNKNOWN):
            words = tr("not read")
        else:
            words = trn("{count} block, all good", "{count} blocks, all good", self._blocks)
        self.setAccessibleName(words)
        self.setToolTip(words)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_map(QPainter(self), QRectF(self.rect()), self._blocks, self._bad, self._state)
