"""What is kept of a file, then its events one under another, newest first, with a mark in the event's tone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action
from musicvault.gui.models.library import HistoryRow, KeptVersion
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Glyph, line
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.wording import TONE_ICONS, day, when
from musicvault.language import tr

MOST = 200


class Timeline(QWidget):
    """At most 200 events; says so where there are more."""

    def __init__(
        self, events: Sequence[HistoryRow], versions: Sequence[KeptVersion], send: Callable[[Action], None]
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 18)
        column.setSpacing(14)
        if versions:
            column.addWidget(label(tr("Kept beside it"), "caps"))
            for version in versions:
                column.addLayout(_kept(version, send))
            column.addWidget(line())
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


def _kept(version: KeptVersion, send: Callable[[Action], None]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addWidget(Glyph("copy", None, 16), 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(2)
    title = tr("Set aside") if version.when is None else tr("Replaced {day}", day=day(version.when))
    words.addWidget(label(title, "strong", wrap=True))
    words.addWidget(label(version.words, "muted", wrap=True))
    words.addWidget(label(version.places, "small", wrap=True))
    links = QHBoxLayout()
    links.setSpacing(18)
    for action in (version.look, version.action):
        if action is not None:
            links.addWidget(action_button(action, send, "link"))
    links.addStretch(1)
    words.addLayout(links)
    row.addLayout(words, 1)
    return row
