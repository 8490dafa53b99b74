"""All that one event tells."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from musicvault.domain.paths import display
from musicvault.domain.query.unparsing import quoted
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.history import EventRow
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import when
from musicvault.language import tr


class EventCard(QWidget):
    """Empty until an event is chosen."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        self._send = send
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(18, 16, 18, 16)
        self._column.setSpacing(10)
        self.show_event(None)

    def show_event(self, event: EventRow | None) -> None:
        clear(self._column)
        if event is None:
            self._column.addWidget(label(tr("Choose an event to see all that it tells."), "muted", wrap=True))
            self._column.addStretch(1)
            return
        self._column.addWidget(label(event.title, "heading", wrap=True))
        self._column.addWidget(label(when(event.at), "muted"))
        if event.path:
            self._column.addWidget(_text(display(event.path)))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(6)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, value in event.facts:
            form.addRow(label(name, "muted"), _text(value))
        self._column.addLayout(form)
        if event.path:
            search = {"search": f"path:{quoted(display(event.path))}"}
            show = Action(Deed.SHOW, tr("Show the file"), "library", values=search)
            self._column.addWidget(action_button(show, self._send, "quiet"), 0, Qt.AlignmentFlag.AlignLeft)
        if event.undo is not None:
            self._column.addWidget(action_button(event.undo, self._send, "", "undo"), 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addStretch(1)


def _text(words: str) -> QWidget:
    made = label(words, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setMinimumWidth(40)
    return made
