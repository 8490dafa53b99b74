"""The inspector's first tab: what is wrong and what can be done, then each copy with its state and block map."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action, State
from musicvault.gui.models.library import Copy, Damage, ItemDetail
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.block_map import BlockMap
from musicvault.gui.widgets.buttons import action_button
from musicvault.gui.widgets.card import Glyph, Notice
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.widgets.track_strip import TrackStrip, in_words
from musicvault.gui.wording import STATE_ICONS, STATE_TONES
from musicvault.language import tr

_ROLES = {Tone.GOOD: "good", Tone.SHORT: "short", Tone.DAMAGED: "damaged", Tone.AWAY: "away", Tone.INFO: "away"}


class CopyRow(QWidget):
    """One replica: place, state in words with its icon, block map, and small actions."""

    def __init__(self, copy: Copy, send: Callable[[Action], None]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        tone = STATE_TONES[copy.state]
        where = Glyph("computer" if copy.is_library else "drives", None, 16)
        column.addLayout(_line(where, ElidedLabel(copy.place, "strong")))
        column.addLayout(_line(Glyph(STATE_ICONS[copy.state], tone, 16), ElidedLabel(copy.words, _ROLES[tone])))
        column.addWidget(BlockMap(copy.blocks, copy.bad, copy.state, lost=copy.damage.lost, healed=copy.damage.healed))
        if copy.damage.spans:
            column.addWidget(TrackStrip(copy.damage.seconds, copy.damage.spans, Tone.DAMAGED))
            column.addWidget(label(_when(copy.damage), "small", wrap=True))
        if copy.damage.healed_from and copy.state is State.PROTECTED:
            column.addWidget(label(tr("Healed from {source}", source=copy.damage.healed_from), "small", wrap=True))
        if copy.actions:
            row = QHBoxLayout()
            row.setSpacing(18)
            for action in copy.actions:
                row.addWidget(action_button(action, send, "link"))
            row.addStretch(1)
            column.addLayout(row)
        self.setAccessibleName(f"{copy.place}: {copy.words}")


def _line(glyph: Glyph, words: ElidedLabel) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(8)
    made.addWidget(glyph)
    made.addWidget(words, 1)
    return made


def _when(damage: Damage) -> str:
    if any(span.lost for span in damage.spans):
        return tr("Lost: {spans}", spans=in_words(damage.spans))
    return tr("About {spans} of the sound", spans=in_words(damage.spans))


class CopiesTab(QWidget):
    """Built anew for each item: it has a handful of rows."""

    def __init__(self, detail: ItemDetail, send: Callable[[Action], None]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 18)
        column.setSpacing(16)
        if detail.headline:
            column.addWidget(Notice(detail.headline, detail.explanation, detail.tone))
        if detail.primary or detail.secondary:
            buttons = QVBoxLayout()
            buttons.setSpacing(8)
            if detail.primary:
                buttons.addWidget(action_button(detail.primary, send, "primary"))
            if detail.secondary:
                buttons.addWidget(action_button(detail.secondary, send))
            column.addLayout(buttons)
        for copy in detail.copies:
            column.addWidget(CopyRow(copy, send))
        if detail.footnote:
            column.addWidget(label(detail.footnote, "small", wrap=True))
        column.addStretch(1)
