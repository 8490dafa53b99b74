"""The header: the screen's title and the search field that works from everywhere."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.widgets.text import font, label
from musicvault.language import tr


class SearchField(QLineEdit):
    """Searches shortly after the typing stops; Escape clears it."""

    searched = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setPlaceholderText(tr("Search music, folders, tags"))
        self.setAccessibleName(tr("Search"))
        self.setMinimumWidth(180)
        self.setMaximumWidth(320)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(160)
        self._wait.timeout.connect(lambda: self.searched.emit(self.text().strip()))
        self.textChanged.connect(lambda *_: self._wait.start())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._wait.stop()
            self.searched.emit(self.text().strip())
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = theme.active()
        painter = QPainter(self)
        middle = self.height() / 2
        icons.paint(painter, "search", QRectF(11, middle - 9, 18, 18), tokens.muted)
        if not self.text():
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            box = QRectF(self.width() - 60, 0, 48, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "Ctrl F")


class Header(QWidget):
    """Title at the left, search at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(74)
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 0, 28, 0)
        row.setSpacing(24)
        self._title = label("", "title")
        row.addWidget(self._title)
        row.addStretch(1)
        self.search = SearchField()
        row.addWidget(self.search, 2)

    def show_title(self, text: str) -> None:
        self._title.setText(text)
