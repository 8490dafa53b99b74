"""Labels that show text as it is: never rich text, never wider than their place."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from musicvault.gui.theme.text_size import px


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A plain-text label; `role` is one of the style sheet's ("title", "muted", "small", …)."""
    made = QLabel(breakable(text) if wrap else text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if role in ("sentence", "title", "heading"):  # figures that line up in columns leave gaps in running text
        words = QFont(made.font())
        words.unsetFeature(QFont.Tag("tnum"))
        made.setFont(words)
    return made


_LONG = re.compile(r"[^\s\u2e80-\uffef]{24,}")
_SEAMS = re.compile(r"(?<=[/_.\-])(?=\w)|(?<=\w{12})(?=\w)")


def breakable(text: str) -> str:
    """The text with places to break in words that are longer than a narrow panel (paths, file names)."""
    return _LONG.sub(lambda word: _SEAMS.sub("\u200b", word.group()), text)


_CONTROLS = (*range(32), *range(127, 160), 0x2028, 0x2029)
_TURNS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNSEEN: dict[int, str | None] = {**dict.fromkeys(_CONTROLS, " "), **dict.fromkeys(_TURNS)}
"""Line breaks and other controls become a blank; marks that turn the writing's direction around go."""


def one_line(text: str) -> str:
    """Text from a file on a single line, in the order in which it was written."""
    return text if text.isascii() and text.isprintable() else text.translate(_UNSEEN)


def set_tooltip(widget: QWidget, text: str) -> None:
    """A tooltip that can't be mistaken for rich text by Qt's guess."""
    widget.setToolTip(plain_tooltip(text))


def plain_tooltip(text: str) -> str:
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>" if text else ""


def font(pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface font for painters; `pixels` are text pixels."""
    made = QFont(QApplication.font())
    made.setPixelSize(px(pixels))
    made.setWeight(weight)
    return made


class ElidedLabel(QLabel):
    """One line that is cut with an ellipsis where it doesn't fit; the tooltip then has all of it."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(one_line(text))
        self.setAccessibleName(text)
        self._explain()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self.text()) + margins.left() + margins.right() + 2
        return QSize(width, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, rect.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(rect, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)

    def _explain(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(plain_tooltip(self.text()) if cut else "")
