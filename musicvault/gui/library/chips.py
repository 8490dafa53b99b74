"""The filter chips above the table."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from musicvault.gui.models.library import Filter
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.text import set_tooltip
from musicvault.gui.wording import count
from musicvault.language import tr


class Chips(QWidget):
    """Exactly one is chosen. Each says how many files it would show."""

    chosen = Signal(Filter)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Filter"))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._words = {
            Filter.ALL: tr("All"),
            Filter.TRACKS: tr("Tracks"),
            Filter.DAMAGED: tr("Damaged"),
            Filter.SHORT: tr("Short"),
            Filter.DUE: tr("Proof due"),
            Filter.RECENT: tr("New"),
        }
        hints = {Filter.SHORT: tr("Fewer copies than the policy wants"), Filter.RECENT: tr("Added lately")}
        flow = FlowLayout(self, 6, 6)
        group = QButtonGroup(self)
        self._buttons: dict[Filter, Button] = {}
        for which, words in self._words.items():
            button = Button(words, "chip")
            set_tooltip(button, hints.get(which, ""))
            button.clicked.connect(lambda _=False, w=which: self.chosen.emit(w))
            group.addButton(button)
            flow.addWidget(button)
            self._buttons[which] = button
        self.choose(Filter.ALL)

    def choose(self, which: Filter) -> None:
        self._buttons[which].setChecked(True)

    def show_totals(self, totals: Mapping[Filter, int]) -> None:
        for which, button in self._buttons.items():
            words = self._words[which]
            button.set_text(f"{words} {count(totals[which])}" if which in totals else words)
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()
