"""How large the desktop writes: the window's text follows, and so does all that holds text.

A *text pixel* is a pixel of the design, in which running text is 13 high. It is a pixel of the screen until
somebody has chosen larger text there. Gaps and edges stay as they are: a small screen has no room to spare for them.
"""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontInfo

BASE = 13
"""The height of running text, in text pixels."""
_USUAL = 15.0
"""Screen pixels: no desktop's own choice of text is larger (9 points on Windows, 10 or 11 on Linux, 13 on a Mac)."""
_MOST = 3.0

_factor = 1.0


def px(design: float) -> int:
    """Pixels of the screen (not of the device) for text pixels."""
    return round(design * _factor)


def follow(factor: float) -> None:
    """From now on text is so many times as large as in the design."""
    global _factor  # noqa: PLW0603  (one application sits at one desktop)
    _factor = factor


def wanted(desktop: QFont) -> float:
    """How much larger than usual the desktop's interface font is, 1 to 3: smaller text helps nobody."""
    pixels = QFontInfo(desktop).pixelSize()
    return 1.0 if pixels <= _USUAL else min(_MOST, pixels / BASE)
