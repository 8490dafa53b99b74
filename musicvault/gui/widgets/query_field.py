"""A field for queries: offers what could come next, and knows what it can't make out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QCompleter, QLineEdit

from musicvault.domain import scopes
from musicvault.domain.query import QueryError, parse
from musicvault.domain.query.completing import Completion, completions
from musicvault.errors import UsageError
from musicvault.language import tr


class QueryField(QLineEdit):
    """`understand` raises QueryError or UsageError for what can't be understood."""

    entered = Signal()
    """The field got the focus."""

    def __init__(self, understand: Callable[[str], object] = parse) -> None:
        super().__init__()
        self._understand = understand
        self._known: Mapping[str, Sequence[str]] = {}
        self._offered = Completion(0)
        self._completer = QCompleter(QStringListModel(self), self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self)
        self._completer.activated.connect(self._take)
        self.textEdited.connect(lambda *_: self._offer())

    def know(self, values: Mapping[str, Sequence[str]]) -> None:
        """Values by field that can be offered."""
        self._known = values

    @property
    def offered(self) -> tuple[str, ...]:
        """What could come next, as it is shown."""
        return self._offered.offers

    def mistake(self) -> str:
        """What is wrong with the query and at which character, in a sentence; empty for nothing."""
        try:
            self._understand(self.text().strip())
        except QueryError as error:
            return tr("At character {position}: {problem}", position=error.position + 1, problem=error)
        except UsageError as error:
            return str(error)
        return ""

    def close_offers(self) -> None:
        popup = self._completer.popup()
        if popup is not None:
            popup.hide()

    def _completions(self) -> Completion:
        return completions(self.text(), self.cursorPosition(), self._known)

    def _offer(self) -> None:
        self._offered = self._completions()
        model = self._completer.model()
        assert isinstance(model, QStringListModel)
        model.setStringList(list(self._offered.offers))
        if self._offered.offers and self.isVisible():
            self._completer.complete()
        else:
            self.close_offers()

    def _take(self, offer: str) -> None:
        end = self.cursorPosition()
        text = self.text()
        self.setText(text[: self._offered.start] + offer + text[end:])
        self.setCursorPosition(self._offered.start + len(offer))
        self._offer()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()


class ScopeField(QueryField):
    """The scope of a rule: it doesn't offer what no scope may ask for."""

    def __init__(self) -> None:
        super().__init__(scopes.parsed)

    def _completions(self) -> Completion:
        found = super()._completions()
        may = tuple(offer for offer in found.offers if offer.partition(":")[0] not in scopes.CIRCULAR)
        return replace(found, offers=may)
