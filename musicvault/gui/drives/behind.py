"""What lies behind the cards of the Drives screen: one page at a time, with a way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.escape import leaves_by_escape
from musicvault.language import tr


class PageBehind(QWidget):
    """*All drives*, or Escape, leads back (`left`); the rest goes into `column`."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(16)
        bar = QHBoxLayout()
        self.back = Button(tr("All drives"), "link", "undo")
        self.back.clicked.connect(self.left)
        leaves_by_escape(self, self.left.emit)
        bar.addWidget(self.back)
        bar.addStretch(1)
        self.column.addLayout(bar)
