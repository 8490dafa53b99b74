"""The search field: searches while one types, offers what could come next, and says calmly what it can't make out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCompleter, QLineEdit

from musicvault.domain.query import QueryError, parse
from musicvault.domain.query.completing import Completion, completions
from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.widgets.text import font
from musicvault.language import tr

_SEARCH_AFTER, _COMPLAIN_AFTER = 160, 900  # ms


class SearchField(QLineEdit):
    """Searches shortly after the typing stops; Escape clears it."""

    searched = Signal(str)
    mistaken = Signal(str)
    """What is wrong with the query and at which character, in a sentence; empty once it is well again."""
    entered = Signal()
    """The field got the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setPlaceholderText(tr("Search music, folders, tags"))
        self.setAccessibleName(tr("Search"))
        self.setMinimumWidth(180)
        self.setMaximumWidth(320)
        self._known: Mapping[str, Sequence[str]] = {}
        self._offered = Completion(0)
        self._completer = QCompleter(QStringListModel(self), self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self)
        self._completer.activated.connect(self._take)
        self._wait, self._patience = self._timer(_SEARCH_AFTER), self._timer(_COMPLAIN_AFTER)
        self._wait.timeout.connect(self._search)
        self._patience.timeout.connect(lambda: self.mistaken.emit(self._mistake()))
        self.textChanged.connect(lambda *_: self._changed())
        self.textEdited.connect(lambda *_: self._offer())

    def know(self, values: Mapping[str, Sequence[str]]) -> None:
        """Values by field that can be offered."""
        self._known = values

    @property
    def offered(self) -> tuple[str, ...]:
        """What could come next, as it is shown."""
        return self._offered.offers

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        return timer

    def _changed(self) -> None:
        self._wait.start()
        # Half a query is no mistake: it is named when it stays.
        self._patience.start()
        if not self._mistake():
            self._patience.stop()
            self.mistaken.emit("")

    def _mistake(self) -> str:
        try:
            parse(self.text().strip())
        except QueryError as error:
            if "/" in self.text():
                return ""  # it may be the path of a file; the catalog knows
            return tr("At character {position}: {problem}", position=error.position + 1, problem=error)
        return ""

    def _search(self) -> None:
        if not self._mistake():
            self.searched.emit(self.text().strip())

    def _offer(self) -> None:
        self._offered = completions(self.text(), self.cursorPosition(), self._known)
        model = self._completer.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(list(self._offered.offers))
        if self._offered.offers and self.isVisible():
            self._completer.complete()
        else:
            self._close_offers()

    def _close_offers(self) -> None:
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()

    def _take(self, offer: str) -> None:
        end = self.cursorPosition()
        text = self.text()
        self.setText(text[: self._offered.start] + offer + text[end:])
        self.setCursorPosition(self._offered.start + len(offer))
        self._offer()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close_offers()
            self.clear()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._close_offers()
            self._wait.stop()
            self._patience.stop()
            self.mistaken.emit(self._mistake())
            self._search()
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
