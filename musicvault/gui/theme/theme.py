"""The theme in force: follows the system's colour scheme unless the user chose one."""

from __future__ import annotations

import re
from enum import StrEnum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from musicvault.gui.theme.files import STYLES, arrow_files
from musicvault.gui.theme.text_size import BASE, follow, px, wanted
from musicvault.gui.theme.tokens import DARK, LIGHT, Tokens


class Mode(StrEnum):
    """The user's choice."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Dresses the application. `changed` comes after palette and style sheet have been set."""

    changed = Signal()

    def __init__(
        self, application: QApplication, mode: Mode = Mode.SYSTEM, family: str = "", text: float | None = None
    ) -> None:
        """`family` and `text` (how many times as large as in the design): the desktop's own where they aren't given."""
        super().__init__(application)
        self._text = text
        self._application = application
        self._mode = mode
        self._family = family
        self._tokens = LIGHT
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.dress()

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    def choose(self, mode: Mode) -> None:
        if mode is not self._mode:
            self._mode = mode
            self.dress()

    def _system_changed(self) -> None:
        if self._mode is Mode.SYSTEM:
            self.dress()

    def dress(self) -> None:
        """Put colours and sizes on, whatever the application wore before."""
        global _active  # noqa: PLW0603  (one application wears one theme)
        dark = self._mode is Mode.DARK or (
            self._mode is Mode.SYSTEM and QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        )
        self._tokens = _active = DARK if dark else LIGHT
        # One sheet after another costs five times as much as none in between (measured on 2,400 widgets, Qt 6.12).
        self._application.setStyleSheet("")
        follow(self._text or wanted(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)))
        self._application.setFont(base_font(self._family))
        self._application.setPalette(palette(self._tokens))
        self._application.setStyleSheet(style_sheet(self._tokens))
        self.changed.emit()


_active: Tokens = LIGHT


def active() -> Tokens:
    """The tokens to paint with now."""
    return _active


def base_font(family: str = "") -> QFont:
    """The system's interface font at 13 text pixels with tabular figures, so that numbers in columns line up."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if family:
        font.setFamilies([family])
    font.setPixelSize(px(BASE))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def style_sheet(tokens: Tokens) -> str:
    """The one style sheet, filled with the tokens."""
    template = Template((STYLES / "window.qss").read_text("utf-8"))
    filled = template.substitute(tokens.named() | arrow_files(tokens))
    return re.sub(r"(\d+)tx\b", lambda length: f"{px(int(length[1]))}px", filled)


def palette(tokens: Tokens) -> QPalette:
    """The same colours for what the style sheet doesn't reach."""
    roles = QPalette.ColorRole
    chosen = {
        roles.Window: tokens.background,
        roles.WindowText: tokens.text,
        roles.Base: tokens.surface,
        roles.AlternateBase: tokens.background,
        roles.Text: tokens.text,
        roles.Button: tokens.surface,
        roles.ButtonText: tokens.text,
        roles.ToolTipBase: tokens.raised,
        roles.ToolTipText: tokens.text,
        roles.PlaceholderText: tokens.muted,
        roles.Highlight: tokens.selection,
        roles.HighlightedText: tokens.text,
        roles.Link: tokens.link,
        roles.Accent: tokens.accent,
        roles.Mid: tokens.hairline,
        roles.Dark: tokens.border,
        roles.Light: tokens.raised,
    }
    result = QPalette()
    for role, colour in chosen.items():
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.muted))
    return result
