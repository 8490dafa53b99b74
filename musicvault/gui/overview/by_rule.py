"""The standing of the files under each rule: a bar and its words for every rule."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout

from musicvault.gui.models.overview import RuleStanding
from musicvault.gui.widgets.bars import SegmentsBar
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import count
from musicvault.language import tr


class ByRule(Card):
    """A row for each rule, in the order in which they decide."""

    def __init__(self) -> None:
        super().__init__(padding=16)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(2, 4)
        self._grid.setColumnStretch(3, 4)
        self.body.addLayout(self._grid)
        self.rows: Sequence[RuleStanding] = ()

    def show_rules(self, rows: Sequence[RuleStanding]) -> None:
        if rows == self.rows:
            return
        self.rows = rows
        clear(self._grid)
        for index, row in enumerate(rows):
            bar = SegmentsBar(8)
            bar.show_segments(row.segments)
            words = " · ".join(f"{part.label} {count(part.count)}" for part in row.segments if part.count)
            self._grid.addWidget(ElidedLabel(row.name, "strong"), index, 0)
            self._grid.addWidget(label(count(row.files), "muted"), index, 1)
            self._grid.addWidget(bar, index, 2)
            self._grid.addWidget(ElidedLabel(words or tr("no files"), "small"), index, 3)
