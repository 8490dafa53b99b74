"""Numbers to set. They leave the mouse wheel to the page unless they were clicked: scrolling changes nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from musicvault.gui.theme.text_size import px


class Number(QSpinBox):
    """A whole number from `low` to `high`; `name` is spoken."""

    def __init__(self, name: str, low: int, high: int, width: int = 72) -> None:
        super().__init__()
        self.setRange(low, high)
        self.setFixedWidth(px(width))
        self.lineEdit().setTextMargins(8, 0, 0, 0)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Amount(QDoubleSpinBox):
    """A number with a unit behind it; `name` is spoken."""

    def __init__(self, name: str, high: float, unit: str, width: int = 132) -> None:
        super().__init__()
        self.setDecimals(3)
        self.setRange(0.0, high)
        self.setSuffix(f" {unit}")
        self.setFixedWidth(px(width))
        self.lineEdit().setTextMargins(8, 0, 0, 0)
        self.setAccessibleName(name)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value: float) -> str:
        return f"{value:.3f}".rstrip("0").rstrip(".") or "0"

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
