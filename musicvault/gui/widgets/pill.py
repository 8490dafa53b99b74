"""Pills: a state as an icon and a word on the tone's soft ground, as a widget and for painters."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from musicvault.gui import theme
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.text import font

_HEIGHT = 20
_GLYPH = 13
_SIDE = 8
_GAP = 4


def pill_height() -> int:
    return px(_HEIGHT)


def pill_font() -> QFont:
    return font(11, QFont.Weight.DemiBold)


def pill_width(text: str, *, icon: bool = True) -> int:
    return QFontMetrics(pill_font()).horizontalAdvance(text) + 2 * _SIDE + (px(_GLYPH) + _GAP if icon else 2)


def paint_pill(painter: QPainter, rect: QRectF, text: str, tone: Tone, icon: str = "") -> None:
    """Fills `rect` (`pill_height` high); the text is cut where it is too narrow."""
    colours = theme.active().tone(tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    inner = rect.adjusted(_SIDE, 0, -_SIDE, 0)
    if icon:
        glyph = QRectF(inner.left() - 1, rect.center().y() - px(_GLYPH) / 2, px(_GLYPH), px(_GLYPH))
        icons.paint(painter, icon, glyph, colours.ink)
        inner.setLeft(glyph.right() + _GAP)
    painter.setFont(pill_font())
    painter.setPen(QColor(colours.ink))
    shown = QFontMetrics(pill_font()).elidedText(text, Qt.TextElideMode.ElideRight, int(inner.width()) + 2)
    flags = Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignLeft if icon else Qt.AlignmentFlag.AlignHCenter)
    painter.drawText(inner, flags, shown)
    painter.restore()


class Pill(QWidget):
    """One state."""

    def __init__(self, text: str, tone: Tone, icon: str = "") -> None:
        super().__init__()
        self._text, self._tone, self._icon = text, tone, icon
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        return QSize(pill_width(self._text, icon=bool(self._icon)), pill_height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_pill(QPainter(self), QRectF(self.rect()), self._text, self._tone, self._icon)
