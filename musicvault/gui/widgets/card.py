"""Cards with hairlines, notices on a tone's ground, and the hairline itself."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import TONE_ICONS


class Card(QFrame):
    """A surface with a hairline around it; add to `body`."""

    def __init__(self, heading: str = "", hint: str = "", padding: int = 20) -> None:
        super().__init__()
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(padding, padding - 4, padding, padding - 4)
        self.body.setSpacing(8)
        if heading:
            head = QHBoxLayout()
            self.heading = label(heading, "heading")
            head.addWidget(self.heading)
            head.addStretch(1)
            if hint:
                head.addWidget(label(hint, "small"))
            self.body.addLayout(head)


class Glyph(QWidget):
    """An icon in a tone's ink, on a soft disc where `disc` is set."""

    def __init__(self, name: str, tone: Tone | None = None, size: int = 18, *, disc: bool = False) -> None:
        super().__init__()
        self._name, self._tone, self._disc = name, tone, disc
        self.setFixedSize(QSize(px(size), px(size)))

    def show_state(self, name: str, tone: Tone | None) -> None:
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.active()
        rect = QRectF(self.rect())
        ink = tokens.muted if self._tone is None else tokens.tone(self._tone).ink
        if self._disc:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.groove if self._tone is None else tokens.tone(self._tone).soft))
            painter.drawEllipse(rect)
            inset = rect.width() * 0.27
            rect = rect.adjusted(inset, inset, -inset, -inset)
        icons.paint(painter, self._name, rect, ink)


class Notice(QFrame):
    """A few words on a tone's soft ground, with the tone's icon."""

    def __init__(self, headline: str, text: str = "", tone: Tone = Tone.INFO) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("tone", tone.value)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(10)
        row.addWidget(Glyph(TONE_ICONS[tone], tone), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(headline, "strong", wrap=True))
        if text:
            words.addWidget(label(text, wrap=True))
        words.addStretch(1)
        row.addLayout(words, 1)
        self.setAccessibleName(f"{headline} {text}".strip())

    def add_button(self, button: QWidget) -> None:
        """Something to do about it, at its end."""
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)


def line() -> QFrame:
    made = QFrame()
    made.setObjectName("line")
    return made
