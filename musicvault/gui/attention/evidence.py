"""All that is known of one finding: the evidence as a list, the blocks, the seconds, and what helps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from musicvault.domain.paths import display
from musicvault.gui.models.actions import State
from musicvault.gui.models.attention import FindingRow
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.block_map import BlockMap
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.layouts import clear
from musicvault.gui.widgets.text import ElidedLabel, label
from musicvault.gui.widgets.track_strip import TrackStrip, in_words
from musicvault.language import tr, trn

_MOST_FACTS = 8


class EvidenceView(QFrame):
    """Hidden until a row is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("evidence")
        self.row: FindingRow | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 14)
        self._column.setSpacing(6)
        self.hide()

    def show_row(self, row: FindingRow, *, named: bool = True) -> None:
        """`named`: with the file's path, where and what, unless it is clear which one this is about."""
        self.row = row
        clear(self._column)
        add = self._column.addWidget
        if named:
            add(ElidedLabel(display(row.path), "strong", Qt.TextElideMode.ElideMiddle))
        facts = (f"{row.words} ({row.where})", *row.evidence[:_MOST_FACTS])
        for fact in facts if named or len(facts) == 1 else facts[1:]:
            self._column.addLayout(_fact("info", fact))
        if row.remedy:
            self._column.addLayout(_fact("repair", row.remedy))
        if row.bad or row.lost:
            if row.lost:
                add(label(_blocks(row), "small", wrap=True))
            add(BlockMap(row.blocks, row.bad, State.DAMAGED, lost=row.lost))
        if row.spans:
            lost = any(span.lost for span in row.spans)
            said = tr("Lost: {spans}") if lost else tr("About {spans} of the sound")
            add(label(said.format(spans=in_words(row.spans)), "small", wrap=True))
            add(TrackStrip(row.seconds, row.spans, Tone.DAMAGED))
        self.setAccessibleName(" ".join((display(row.path), *facts, row.remedy)))
        self.show()


def _blocks(row: FindingRow) -> str:
    amount = len(row.lost)
    if row.blocks == 1:
        return tr("It is a single block, and that is lost: {bytes}", bytes=row.lost_bytes)
    said = trn("{count} of {blocks} blocks is lost", "{count} of {blocks} blocks are lost", amount, blocks=row.blocks)
    return f"{said}: {row.lost_bytes}" if row.lost_bytes else said


def _fact(icon: str, text: str) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(Glyph(icon, None, 14), 0, Qt.AlignmentFlag.AlignTop)
    words = label(text[:1].upper() + text[1:], wrap=True)
    line.addWidget(words, 1)
    return line
