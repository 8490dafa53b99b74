"""Bars: the standing of all files with its legend, and the thin bar of space or progress."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.models.actions import State
from musicvault.gui.models.overview import Segment
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.text import font
from musicvault.gui.wording import STATE_ICONS, STATE_TONES, count

_LEAST = 6.0


class ThinBar(QWidget):
    """A rounded bar filled to a share, 0 to 1; None shows an empty groove."""

    def __init__(self, height: int = 6, tone: Tone | None = None) -> None:
        super().__init__()
        self._share: float | None = None
        self._tone = tone
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def share(self) -> float | None:
        return self._share

    def show_share(self, share: float | None, tone: Tone | None = None) -> None:
        if (share, tone) != (self._share, self._tone):
            self._share, self._tone = share, tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        radius = rect.height() / 2
        painter.setBrush(QColor(tokens.groove))
        painter.drawRoundedRect(rect, radius, radius)
        if self._share:
            rect.setWidth(max(rect.height(), rect.width() * min(1.0, self._share)))
            painter.setBrush(QColor(tokens.accent if self._tone is None else tokens.tone(self._tone).fill))
            painter.drawRoundedRect(rect, radius, radius)


def widths(counts: list[int], room: float, gap: float) -> list[float]:
    """Pixels for each count: in proportion, but nothing that exists is narrower than 6 px."""
    shown = [amount for amount in counts if amount]
    total = sum(shown)
    if not total:
        return [0.0] * len(counts)
    free = room - gap * (len(shown) - 1)
    raw = [free * amount / total if amount else 0.0 for amount in counts]
    lacking = sum(_LEAST - w for w in raw if 0 < w < _LEAST)
    wide = sum(w for w in raw if w >= _LEAST) or 1.0
    return [0.0 if not w else _LEAST if w < _LEAST else w - lacking * w / wide for w in raw]


class SegmentsBar(QWidget):
    """How files stand, in proportion."""

    def __init__(self, height: int = 14) -> None:
        super().__init__()
        self.segments: tuple[Segment, ...] = ()
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_segments(self, segments: tuple[Segment, ...]) -> None:
        self.segments = segments
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        sizes = widths([part.count for part in self.segments], self.width(), 2)
        if not any(sizes):
            painter.setBrush(QColor(tokens.groove))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        left = 0.0
        for part, width in zip(self.segments, sizes, strict=True):
            if width:
                painter.setBrush(QColor(tokens.tone(STATE_TONES[part.state]).fill))
                painter.drawRoundedRect(QRectF(left, 0, width, self.height()), 3, 3)
                left += width + 2


class LegendEntry(QPushButton):
    """Icon, word and count of one segment; pressing it shows those files."""

    def __init__(self, part: Segment) -> None:
        super().__init__()
        self.part = part
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(True)  # so Enter presses it, as the space bar does
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{part.label}: {count(part.count)}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.part.label + " ")
        number = QFontMetrics(font(13, QFont.Weight.DemiBold)).horizontalAdvance(count(self.part.count))
        return QSize(px(24) + words + number + 8, px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tone = tokens.tone(STATE_TONES[self.part.state])
        if self.hasFocus():
            painter.setPen(QColor(tokens.focus))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        icons.paint(painter, STATE_ICONS[self.part.state], QRectF(2, px(4), px(16), px(16)), tone.ink)
        painter.setFont(font(13))
        painter.setPen(QColor(tokens.text if self.underMouse() else tokens.muted))
        words = self.part.label + " "
        painter.drawText(QRectF(px(24), 0, self.width(), px(24)), Qt.AlignmentFlag.AlignVCenter, words)
        left = px(24) + painter.fontMetrics().horizontalAdvance(words)
        painter.setFont(font(13, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(left, 0, self.width(), px(24)), Qt.AlignmentFlag.AlignVCenter, count(self.part.count))


class StandingBar(QWidget):
    """How all files stand: one bar in proportion, and a legend that leads to them."""

    chosen = Signal(State)

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._bar = SegmentsBar()
        column.addWidget(self._bar)
        self._legend = QWidget()
        self._flow = FlowLayout(self._legend, 12, 2)
        column.addWidget(self._legend)

    def show_segments(self, segments: tuple[Segment, ...]) -> None:
        self._bar.show_segments(segments)
        self._flow.clear()
        for part in segments:
            entry = LegendEntry(part)
            entry.clicked.connect(lambda _=False, state=part.state: self.chosen.emit(state))
            self._flow.addWidget(entry)
        self.setAccessibleName(", ".join(f"{part.label} {count(part.count)}" for part in segments))
