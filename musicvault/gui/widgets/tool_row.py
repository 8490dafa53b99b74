"""What a page begins with: a few words at the left, its buttons at the right, or below where both don't fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from musicvault.gui.theme.text_size import px

_WORDS = 200
"""Text pixels that the words need at least beside the buttons."""


class ToolRow(QWidget):
    """Turns by its width."""

    def __init__(self, words: QLabel, buttons: Sequence[QWidget]) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(10)
        self._row.addWidget(words, 1)
        self._buttons = QWidget()
        inner = QHBoxLayout(self._buttons)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(10)
        for button in buttons:
            inner.addWidget(button)
        self._row.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignRight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self._buttons.sizeHint().width() + px(_WORDS) > event.size().width()
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
