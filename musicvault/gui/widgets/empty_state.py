"""Empty states teach: what this screen will show, and the one button that gets there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.text import label


class EmptyState(QWidget):
    """Icon, headline, explanation, and at most one button."""

    def __init__(
        self,
        icon: str,
        headline: str,
        text: str,
        action: Action | None = None,
        send: Callable[[Action], None] | None = None,
        tone: Tone = Tone.INFO,
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 40, 24, 40)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(Glyph(icon, tone, 72, disc=True), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(10)
        head = label(headline, "heading")
        head.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(head)
        self.words = words = label(text, "muted", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words.setMinimumWidth(200)
        words.setMaximumWidth(px(460))
        middle = QHBoxLayout()  # an aligned widget would not get the height that its width needs
        middle.addStretch(1)
        middle.addWidget(words, 100)
        middle.addStretch(1)
        column.addLayout(middle)
        if action is not None and send is not None:
            column.addSpacing(8)
            button = action_button(action, send, "primary")
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        self.setAccessibleName(f"{headline} {text}")
