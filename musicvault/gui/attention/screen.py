"""The attention screen: a card for each kind of finding."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from musicvault.gui.attention.group_card import GroupCard
from musicvault.gui.models.actions import Action
from musicvault.gui.models.attention import AttentionModel, FindingGroup, Preview
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.gradual import Gradually
from musicvault.gui.widgets.layouts import drop, page
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.language import tr


class AttentionScreen(QWidget):
    """Nothing destructive happens here at once: an action is answered with a preview that asks."""

    acted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.model = AttentionModel()
        self._area, self._column, _ = page(self)
        self.preview = PreviewPanel(self.acted.emit)
        self._column.addWidget(self.preview)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        self._built: dict[tuple[str, str], GroupCard] = {}
        self._gradually = Gradually(self, at_once=3, a_turn=1)
        words = tr("Damaged, missing or changed files will be listed here, each with what happened and what to do.")
        self._nothing = EmptyState("good", tr("Nothing needs you"), words, tone=Tone.GOOD)
        self._column.addLayout(self._cards)
        self._column.addWidget(self._nothing)
        self._column.addStretch(1)

    def show_model(self, model: AttentionModel) -> None:
        if model != self.model:
            self.model = model
            self._gradually.run(self._fill())

    def show_preview(self, preview: Preview) -> None:
        self.preview.show_preview(preview)
        self._area.verticalScrollBar().setValue(0)

    def cards(self) -> list[GroupCard]:
        """The cards that are built, in their order."""
        keys = [_key(group) for group in self.model.groups]
        return [self._built[key] for key in keys if key in self._built]

    def _fill(self) -> Iterator[None]:
        """A card for each group. One that is unchanged stays; what was unchecked in one that changed stays so."""
        wanted = {_key(group) for group in self.model.groups}
        for key in [key for key in self._built if key not in wanted]:
            drop(self._built.pop(key))
        self._nothing.setVisible(not self.model.groups)
        for place, group in enumerate(self.model.groups):
            before = self._built.get(_key(group))
            if before is None or before.group != group:
                card = GroupCard(group, self.acted.emit)
                if before is not None:
                    card.uncheck(before.unchecked())
                    drop(before)
                self._built[_key(group)] = card
                self._cards.insertWidget(place, card)
                yield
            else:
                self._cards.removeWidget(before)
                self._cards.insertWidget(place, before)


def _key(group: FindingGroup) -> tuple[str, str]:
    """What a group is about: its kind, and of a mass change the library."""
    return group.kind, next((action.subject for action in group.actions if action.subject), "")
