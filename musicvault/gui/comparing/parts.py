"""The cards of a comparison: the strip of seconds, the table of fields, the pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.library.delegate import paint_cover
from musicvault.gui.models.comparing import FieldRow, PictureRow, PictureSide, SoundPart
from musicvault.gui.theme import icons
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.card import Card, line
from musicvault.gui.widgets.text import label
from musicvault.gui.widgets.track_strip import TrackStrip
from musicvault.language import tr

_EDGE = 112
_MOST_FIELDS = 120


def sound_parts(parts: Sequence[SoundPart]) -> Card:
    """The seconds that differ, each version on a strip as long as it is."""
    card = Card(tr("Sound"))
    for part in parts:
        words = " · ".join(text for text in (part.title, part.words) if text)
        card.body.addWidget(label(words, "muted", wrap=True))
        if part.spans is not None:
            card.body.addWidget(TrackStrip(part.seconds, part.spans, Tone.SHORT))
    return card


def fields_table(fields: Sequence[FieldRow], before: str, after: str) -> Card:
    """One row for each field that differs: its name, the old value, the new one."""
    card = Card(tr("Tags"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(8)
    for column, stretch in enumerate((0, 1, 1)):
        grid.setColumnStretch(column, stretch)
    grid.setColumnMinimumWidth(0, 120)
    for column, text in enumerate((tr("Field"), before, after)):
        grid.addWidget(label(text, "caps"), 0, column)
    at = 1
    for field in fields[:_MOST_FIELDS]:
        grid.addWidget(line(), at, 0, 1, 3)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(label(field.name, "muted", wrap=True), at + 1, 0, top)
        for column, (value, role) in enumerate(((field.before, "muted"), (field.after, "strong")), 1):
            grid.addWidget(label(value or "–", role, wrap=True), at + 1, column, top)
        at += 2
    card.body.addLayout(grid)
    if len(fields) > _MOST_FIELDS:
        card.body.addWidget(label(tr("and {count} more", count=len(fields) - _MOST_FIELDS), "small"))
    return card


def pictures_row(pictures: Sequence[PictureRow], before: str, after: str) -> Card:
    """Both pictures of each exchange, what was removed and what was added."""
    card = Card(tr("Pictures"))
    for index, row in enumerate(pictures):
        if index:
            card.body.addWidget(line())
        sides = QHBoxLayout()
        sides.setSpacing(24)
        for name, side in ((before, row.before), (after, row.after)):
            sides.addWidget(_PictureView(name, side), 1)
        card.body.addLayout(sides)
    return card


class _PictureView(QWidget):
    def __init__(self, name: str, side: PictureSide | None) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(14)
        row.addWidget(_Thumbnail(side), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(name, "caps"))
        words.addWidget(label(tr("no picture") if side is None else side.words, "small", wrap=True))
        if side is not None and not side.image:
            words.addWidget(
                label(tr("It can't be shown: its file is out of reach, or the picture is damaged."), "small", wrap=True)
            )
        words.addStretch(1)
        row.addLayout(words, 1)


class _Thumbnail(QWidget):
    """The picture, or a hollow square with an icon."""

    def __init__(self, side: PictureSide | None) -> None:
        super().__init__()
        self._picture = QPixmap()
        if side is not None and side.image:
            self._picture.loadFromData(side.image)
        self._icon = "minus" if side is None else "unknown"
        self.setFixedSize(QSize(_EDGE, _EDGE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if not self._picture.isNull():
            paint_cover(painter, rect, self._picture)
            return
        tokens = theme.active()
        painter.setPen(QColor(tokens.border))
        painter.drawRoundedRect(rect, 11, 11)
        icons.paint(painter, self._icon, rect.adjusted(44, 44, -44, -44), tokens.muted)
