"""The search field: searches while one types, offers what could come next, and says calmly what it can't make out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.query_field import QueryField
from musicvault.gui.widgets.text import font
from musicvault.language import tr

_SEARCH_AFTER, _COMPLAIN_AFTER = 160, 900  # ms


class SearchField(QueryField):
    """Searches shortly after the typing stops; Escape clears it."""

    searched = Signal(str)
    mistaken = Signal(str)
    """What is wrong with the query and at which character, in a sentence; empty once it is well again."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setPlaceholderText(tr("Search music, folders, tags"))
        self.setAccessibleName(tr("Search"))
        self.setMinimumWidth(px(180))
        self.setMaximumWidth(px(320))
        self._wait, self._patience = self._timer(_SEARCH_AFTER), self._timer(_COMPLAIN_AFTER)
        self._wait.timeout.connect(self._search)
        self._patience.timeout.connect(lambda: self.mistaken.emit(self.mistake()))
        self.textChanged.connect(lambda *_: self._changed())

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        return timer

    def _changed(self) -> None:
        self._wait.start()
        # Half a query is no mistake: it is named when it stays.
        self._patience.start()
        if not self.mistake():
            self._patience.stop()
            self.mistaken.emit("")

    def mistake(self) -> str:
        # With a slash it may be the path of a file; the catalog knows.
        return "" if "/" in self.text() else super().mistake()

    def _search(self) -> None:
        if not self.mistake():
            self.searched.emit(self.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_offers()
            self.clear()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_offers()
            self._wait.stop()
            self._patience.stop()
            self.mistaken.emit(self.mistake())
            self._search()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = theme.active()
        painter = QPainter(self)
        middle = self.height() / 2
        icons.paint(painter, "search", QRectF(px(11), middle - px(9), px(18), px(18)), tokens.muted)
        if not self.text():
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            box = QRectF(self.width() - px(60), 0, px(48), self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "Ctrl F")
