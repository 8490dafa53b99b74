"""Line icons, drawn by us on a grid of 20, tinted with any colour and sharp at any density."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from musicvault.gui.theme.files import tinted


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, density: float = 1.0) -> QPixmap:
    """The icon in `size` logical pixels for a screen of `density` device pixels each."""
    image = QPixmap(QSize(round(size * density), round(size * density)))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(tinted(name, colour))).render(painter)
    painter.end()
    image.setDevicePixelRatio(density)
    return image


def paint(painter: QPainter, name: str, rect: QRectF, colour: str) -> None:
    """Paint the icon into the largest centred square of `rect`."""
    size = int(min(rect.width(), rect.height()))
    density = painter.device().devicePixelRatioF()
    left = rect.x() + (rect.width() - size) / 2
    top = rect.y() + (rect.height() - size) / 2
    # Whole device pixels keep one-pixel strokes from blurring.
    painter.drawPixmap(QRectF(round(left), round(top), size, size).topLeft(), pixmap(name, colour, size, density))


def icon(name: str, colour: str, size: int = 18, gap: int = 0) -> QIcon:
    """A `QIcon` for buttons and menus with `gap` empty pixels at its right; ask again when the theme changes."""
    made = QIcon()
    for density in (1.0, 1.5, 2.0, 3.0):
        image = pixmap(name, colour, size, density)
        if gap:
            wide = QPixmap(QSize(round((size + gap) * density), round(size * density)))
            wide.fill(Qt.GlobalColor.transparent)
            wide.setDevicePixelRatio(density)
            painter = QPainter(wide)
            painter.drawPixmap(0, 0, image)
            painter.end()
            image = wide
        made.addPixmap(image)
    return made


def application_icon() -> QIcon:
    """The program's own icon."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(pixmap("musicvault", "#FFFFFF", size))
    return made
