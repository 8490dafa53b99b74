"""Small covers for album headings, fetched on the worker as headings come into view."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from musicvault.domain.paths import split
from musicvault.gui.bridge import Questions
from musicvault.gui.models.library import ItemRow, RowSource

KEPT = 400
_MOST_WAITING = 16


class Covers(QObject):
    """Asks for one cover at a time, the newest first; what scrolled by unseen is not asked for."""

    arrived = Signal()

    def __init__(self, questions: Questions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._source: RowSource | None = None
        self._known: OrderedDict[tuple[str, bytes], QPixmap | None] = OrderedDict()
        self._wanted: OrderedDict[tuple[str, bytes], ItemRow] = OrderedDict()
        self._asking = False

    def show_source(self, source: RowSource | None) -> None:
        self._source = source
        self.forget()

    def forget(self) -> None:
        """Pictures may have changed on the disk."""
        self._known.clear()
        self._wanted.clear()

    def of(self, row: ItemRow) -> QPixmap | None:
        """The cover of the row's folder; None where there is none, or while it is on its way."""
        key = (row.library, split(row.path)[0])
        if key in self._known:
            return self._known[key]
        self._wanted[key] = row
        self._wanted.move_to_end(key)
        while len(self._wanted) > _MOST_WAITING:
            self._wanted.popitem(last=False)
        self._ask_next()
        return None

    def _ask_next(self) -> None:
        source = self._source
        if self._asking or source is None or not self._wanted:
            return
        key, row = self._wanted.popitem(last=True)
        self._asking = True

        def show(data: bytes) -> None:
            self._asking = False
            picture = QPixmap()
            good = bool(data) and picture.loadFromData(data)
            self._known[key] = picture if good else None
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            if good:
                self.arrived.emit()
            self._ask_next()

        def without(_error: Exception) -> None:
            show(b"")

        self._questions.ask(lambda: source.cover(row), show, without)
