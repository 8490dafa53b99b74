"""The attention screen: a card for each kind of finding."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musicvault.gui.attention.group_card import GroupCard
from musicvault.gui.models.actions import Action
from musicvault.gui.models.attention import AttentionModel, Preview
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import clear, page, scrolled
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.language import tr


class AttentionScreen(QWidget):
    """Nothing destructive happens here at once: an action is answered with a preview that asks."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.model = AttentionModel()
        ground, self._column = page()
        self.preview = PreviewPanel(self.acted.emit)
        self._column.addWidget(self.preview)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        self._column.addLayout(self._cards)
        self._column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._area = scrolled(ground)
        outer.addWidget(self._area)
        self._fill()

    def show_model(self, model: AttentionModel) -> None:
        if model != self.model:
            self.model = model
            self._fill()

    def show_preview(self, preview: Preview) -> None:
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def cards(self) -> list[GroupCard]:
        return self.findChildren(GroupCard)

    def _fill(self) -> None:
        clear(self._cards)
        for group in self.model.groups:
            self._cards.addWidget(GroupCard(group, self.acted.emit))
        if not self.model.groups:
            words = tr("Damaged, missing or changed files will be listed here, each with what happened and what to do.")
            self._cards.addWidget(EmptyState("good", tr("Nothing needs you"), words, tone=Tone.GOOD))
