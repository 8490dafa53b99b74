"""What a page begins with: a few words at the left, its buttons at the right, or below where both don't
fit, in as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QWidget

from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.layouts import FlowLayout

_GAP = 10
_WORDS = 200
"""Text pixels that the words need at least beside the buttons."""


class ToolRow(QWidget):
    """Turns by its width."""

    def __init__(self, words: QLabel, buttons: Sequence[QWidget]) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_GAP)
        self._row.addWidget(words, 1)
        self._buttons = QWidget()
        self._all = buttons
        flow = FlowLayout(self._buttons, _GAP, _GAP)
        for button in buttons:
            flow.addWidget(button)
        self._row.addWidget(self._buttons)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:  # a button came or went
            self._turn()
        return super().event(event)

    def _turn(self) -> None:
        shown = [button.sizeHint().width() for button in self._all if not button.isHidden()]
        wide = sum(shown) + _GAP * (len(shown) - 1)
        narrow = wide + px(_WORDS) > self.width()
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self._buttons.setMinimumWidth(0 if narrow else wide)
