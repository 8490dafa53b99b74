"""A card that opens in the page and goes again: where another program would have a dialog."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from musicvault.gui.widgets.card import Card


class Panel(Card):
    """Escape is as good as its *Cancel*. When it goes, the focus is again where it was before it came."""

    closed = Signal()
    """The user wants it gone; whoever shows it hides it."""

    def __init__(self, heading: str = "") -> None:
        super().__init__(heading)
        self._before: QWidget | None = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._before = QApplication.focusWidget()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        before, self._before = self._before, None
        here = QApplication.focusWidget()
        held = here is None or here is self or self.isAncestorOf(here)
        super().hideEvent(event)
        if held and before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus()
