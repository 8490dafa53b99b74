"""The comparison: what differs between two versions, and what to do about it. A page of its own with a way back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.domain.paths import display
from musicvault.gui.comparing.pair_list import PairList, decisions
from musicvault.gui.comparing.parts import fields_table, pictures_row, sound_parts
from musicvault.gui.models.actions import Action
from musicvault.gui.models.comparing import Comparing, Pair, Side
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.escape import leaves_by_escape
from musicvault.gui.widgets.layouts import clear, page
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.language import tr


class ComparingScreen(QWidget):
    """Shows that it is reading, then the answer. `left` when the user goes back."""

    acted = Signal(Action)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.model: Comparing | None = None
        self._list: Comparing | None = None
        self._area, column, _ = page(self)
        self.back = Button(tr("Back"), "link", "undo")
        self.back.clicked.connect(self.go_back)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        self._content = QVBoxLayout()
        self._content.setSpacing(16)
        column.addLayout(self._content)
        column.addStretch(1)
        leaves_by_escape(self, self.go_back)

    def show_busy(self, *, fresh: bool) -> None:
        """Both versions are being read. Not `fresh`: for a closer look at one of those that are listed."""
        self.model = None
        if fresh:
            self._list = None
        clear(self._content)
        words = tr("Both versions are read from their drives. You can go on meanwhile.")
        self._content.addWidget(EmptyState("scan", tr("Comparing …"), words))

    def show_model(self, model: Comparing) -> None:
        self.model = model
        clear(self._content)
        self._area.verticalScrollBar().setValue(0)
        if model.lines:
            self._list = model
        if model.pair is not None:
            self._show_pair(model.pair)
        elif model.lines:
            self._content.addWidget(PairList(model, self.acted.emit))
        else:
            self._content.addWidget(EmptyState("info", model.title or tr("Nothing to compare"), model.message))

    def go_back(self) -> None:
        """From one of many to the list of them, else to where the user came from."""
        if self._list is not None and self.model is not self._list:
            self.show_model(self._list)
        else:
            self.left.emit()

    def _show_pair(self, pair: Pair) -> None:
        head = Card()
        head.body.addWidget(ElidedLabel(display(pair.path), "heading", Qt.TextElideMode.ElideMiddle))
        head.body.addWidget(label(pair.headline, "muted", wrap=True))
        head.body.addWidget(line())
        sides = QHBoxLayout()
        sides.setSpacing(24)
        for side, icon in ((pair.before, "verify"), (pair.after, "note")):
            sides.addWidget(_SideView(side, icon, self.acted.emit), 1)
        head.body.addLayout(sides)
        if pair.actions:
            head.body.addWidget(line())
            head.body.addLayout(decisions(pair.actions, pair.footnote, self.acted.emit))
        self._content.addWidget(head)
        if pair.sound:
            self._content.addWidget(sound_parts(pair.sound))
        if pair.fields:
            self._content.addWidget(fields_table(pair.fields, pair.before.name, pair.after.name))
        if pair.pictures:
            self._content.addWidget(pictures_row(pair.pictures, pair.before.name, pair.after.name))


class _SideView(QWidget):
    """One version: its name, where it is, how large, and its player's button."""

    def __init__(self, side: Side, icon: str, send: Callable[[Action], None]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addWidget(Glyph(icon, None, 20), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(side.name, "strong"))
        words.addWidget(ElidedLabel(" · ".join(part for part in (side.where, side.words) if part), "small"))
        row.addLayout(words, 1)
        if side.play is not None:
            button = action_button(side.play, send)
            button.setAccessibleName(tr("Play: {name}", name=side.name))
            row.addWidget(button)
