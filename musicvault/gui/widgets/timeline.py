"""Events one under another, newest first, with a mark in the event's tone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models import HistoryRow
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import TONE_ICONS, when
from musicvault.language import tr

MOST = 200


class Timeline(QWidget):
    """At most 200 events; says so where there are more."""

    def __init__(self, events: Sequence[HistoryRow]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 18)
        column.setSpacing(14)
        if not events:
            column.addWidget(label(tr("Nothing has happened to this file yet."), "muted", wrap=True))
        for event in events[:MOST]:
            row = QHBoxLayout()
            row.setSpacing(10)
            row.addWidget(Glyph(TONE_ICONS[event.tone], event.tone, 16), 0, Qt.AlignmentFlag.AlignTop)
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(label(event.title, "strong", wrap=True))
            if event.detail:
                words.addWidget(label(event.detail, "muted", wrap=True))
            words.addWidget(ElidedLabel(when(event.when), "small"))
            row.addLayout(words, 1)
            column.addLayout(row)
        if len(events) > MOST:
            column.addWidget(label(tr("Older events are in the history."), "small"))
        column.addStretch(1)
