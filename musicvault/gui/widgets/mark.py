"""The program's mark and name, large."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.text import font


class Mark(QWidget):
    """Painted, in the theme's colours."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(px(44))
        self.setAccessibleName("MusicVault")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.paint(painter, "musicvault", QRectF(0, px(2), px(40), px(40)), "#FFFFFF")
        painter.setFont(font(18, QFont.Weight.Bold))
        painter.setPen(QColor(theme.active().text))
        painter.drawText(QRectF(px(52), 0, px(300), px(43)), Qt.AlignmentFlag.AlignVCenter, "MusicVault")
