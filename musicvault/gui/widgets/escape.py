"""Escape, where it leads back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


def leaves_by_escape(part: QWidget, leave: Callable[[], None]) -> None:
    """While the focus is in `part`, Escape is its way back."""
    key = QShortcut(QKeySequence(Qt.Key.Key_Escape), part, leave)
    key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
