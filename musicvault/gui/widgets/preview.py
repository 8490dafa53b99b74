"""What an action would do, shown before it does it, in the page and not in a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from musicvault.gui.models.actions import Action
from musicvault.gui.models.attention import Preview
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Notice
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.panel import Panel
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.language import tr, trn

MOST_LINES = 12


class PreviewPanel(Panel):
    """Hidden until there is something to decide; *Cancel* hides it again and nothing has happened."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.setProperty("asks", True)
        self._send = send
        self._content = QVBoxLayout()
        self._content.setSpacing(8)
        self.body.addLayout(self._content)
        self.confirm: Button | None = None
        self.closed.connect(self.hide)
        self.hide()

    def show_preview(self, preview: Preview) -> None:
        clear(self._content)
        self._content.addWidget(label(preview.title, "heading", wrap=True))
        lines = QVBoxLayout()
        lines.setSpacing(3)
        for text in preview.lines[:MOST_LINES]:
            lines.addWidget(ElidedLabel(text, "muted"))
        self._content.addLayout(lines)
        more = len(preview.lines) - MOST_LINES
        if more > 0:
            self._content.addWidget(label(trn("and {count} more", "and {count} more", more), "small"))
        if preview.warning:
            self._content.addWidget(Notice(preview.warning, "", Tone.SHORT))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        cancel = Button(tr("Cancel"))
        cancel.clicked.connect(self.closed)
        row.addWidget(cancel)
        self.confirm = None
        if preview.confirm is not None:
            self.confirm = action_button(preview.confirm, self._send, "primary")
            self.confirm.clicked.connect(self.hide)
            row.addWidget(self.confirm)
        self._content.addLayout(row)
        self.show()
        (self.confirm or cancel).setFocus()
