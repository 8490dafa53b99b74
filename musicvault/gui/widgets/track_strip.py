"""A track as a strip from its beginning to its end, with the parts that differ or are lost marked in time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from musicvault.domain.damage import clock as exact
from musicvault.gui import theme
from musicvault.gui.models.comparing import Span
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import font, set_tooltip
from musicvault.gui.wording import clock
from musicvault.language import tr, trn

_BAR, _BELOW, _LEAST = 12, 20, 3.0
_NAMED = 5


def in_words(spans: Sequence[Span]) -> str:
    """ "1:31.2–1:33.0, 2:10.4–2:10.5 and 3 more places"."""
    named = [f"{exact(span.begins)}–{exact(span.ends, up=True)}" for span in spans[:_NAMED]]
    if len(spans) > _NAMED:
        named.append(trn("{count} more place", "{count} more places", len(spans) - _NAMED))
    return ", ".join(named)


class TrackStrip(QWidget):
    """`tone` colours what differs; what is lost is hatched, so that it shows without colour too."""

    def __init__(self, seconds: float, spans: Sequence[Span], tone: Tone = Tone.SHORT) -> None:
        super().__init__()
        self._seconds = max(seconds, *(span.ends for span in spans), 0.1) if spans else max(seconds, 0.1)
        self._spans, self._tone = spans, tone
        self._tall = _BAR + px(_BELOW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self._tall)
        words = in_words(spans) or tr("nothing marked")
        self.setAccessibleName(tr("{spans} of {length}", spans=words, length=clock(self._seconds)))
        set_tooltip(self, words)

    def sizeHint(self) -> QSize:
        return QSize(240, self._tall)

    def marks(self, width: float) -> list[tuple[float, float]]:
        """Where the marks lie in a strip of this width: left edge and width, none too thin to be seen."""
        found = []
        for span in self._spans:
            left = span.begins / self._seconds * width
            wide = max(_LEAST, (span.ends - span.begins) / self._seconds * width)
            found.append((min(left, width - wide), wide))
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.groove))
        painter.drawRoundedRect(QRectF(0, 0, self.width(), _BAR), 3, 3)
        for (left, wide), span in zip(self.marks(self.width()), self._spans, strict=True):
            tone = tokens.tone(Tone.DAMAGED if span.lost else self._tone)
            painter.setBrush(QColor(tone.fill))
            rect = QRectF(left, 0, wide, _BAR)
            painter.drawRoundedRect(rect, min(2.0, wide / 2), min(2.0, wide / 2))
            if span.lost:
                painter.fillRect(rect, QBrush(QColor(tone.on_fill), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QColor(tokens.muted))
        painter.setFont(font(11))
        below = QRectF(0, _BAR + 3, self.width(), self._tall - _BAR - 3)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, "0:00")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, clock(self._seconds))
