"""The one sentence with its one button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout

from musicvault.gui.models.actions import Action
from musicvault.gui.models.overview import OverviewModel
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Card, Glyph
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import label

_ICONS = {
    Tone.GOOD: "verify",
    Tone.SHORT: "policy",
    Tone.DAMAGED: "attention",
    Tone.AWAY: "stale",
    Tone.INFO: "info",
}
_NARROW = 720
_GLYPH, _GAP = 52, 18


def _beside() -> int:
    """Where the words begin."""
    return px(_GLYPH) + _GAP


class Hero(Card):
    """Sentence and detail at the left, buttons at the right; below it where the window is narrow."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__(padding=24)
        self._send = send
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(20)
        self.body.addLayout(self._row)
        left = QHBoxLayout()
        left.setSpacing(_GAP)
        self._glyph = Glyph("verify", Tone.GOOD, _GLYPH, disc=True)
        left.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(5)
        self.sentence = label("", "sentence", wrap=True)
        self.detail = label("", "muted", wrap=True)
        words.addWidget(self.sentence)
        words.addWidget(self.detail)
        left.addLayout(words, 1)
        self._row.addLayout(left, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(10)
        self._row.addLayout(self._buttons)

    def show_model(self, model: OverviewModel) -> None:
        self._glyph.show_state(_ICONS[model.tone], model.tone)
        self.sentence.setText(model.sentence)
        self.detail.setText(model.detail)
        self.detail.setVisible(bool(model.detail))
        clear(self._buttons)
        if self._row.direction() is not QBoxLayout.Direction.LeftToRight:
            self._buttons.addSpacing(_beside())
        if model.secondary is not None:
            self._buttons.addWidget(action_button(model.secondary, self._send))
        if model.primary is not None:
            self._buttons.addWidget(action_button(model.primary, self._send, "primary"))
        if self._row.direction() is not QBoxLayout.Direction.LeftToRight:
            self._buttons.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < px(_NARROW)
        wanted = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._row.direction() is not wanted:
            self._row.setDirection(wanted)
            if narrow:
                self._buttons.insertSpacing(0, _beside())
                self._buttons.addStretch(1)
            else:
                self._buttons.takeAt(self._buttons.count() - 1)
                self._buttons.takeAt(0)
