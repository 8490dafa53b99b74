"""Fields on pages that scroll: the mouse wheel moves the page, not the number under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

_MARGIN = 8


class _Pass(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def calm(field: QWidget) -> None:
    """From now on the field takes the wheel only while it has the focus; its text keeps clear of the edge."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_Pass(field))
    if isinstance(field, QAbstractSpinBox):
        field.lineEdit().setTextMargins(_MARGIN, 0, 0, 0)
