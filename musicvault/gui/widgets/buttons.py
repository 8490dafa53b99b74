"""Push buttons in the few kinds that the window knows; their icons follow the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton

from musicvault.gui import theme
from musicvault.gui.models.actions import Action
from musicvault.gui.theme import icons
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.text import set_tooltip

_GAP = 5


class Button(QPushButton):
    """`kind`: "" (outlined), "primary", "quiet" (no edge), "link", "icon" (`text` is only spoken), "chip", "tab".

    Takes the focus by keyboard only, so that the focus ring means what it says.
    """

    def __init__(self, text: str, kind: str = "", icon: str = "") -> None:
        super().__init__("" if kind == "icon" else text.replace("&", "&&"))
        self._icon = icon
        self._kind = kind
        self._tinted = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(True)  # so Enter presses it, as the space bar does
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if kind:
            self.setProperty("kind", kind)
        if kind == "icon":
            set_tooltip(self, text)
        if kind in ("chip", "tab"):
            self.setCheckable(True)
        self.setAccessibleName(text)
        self.setIconSize(QSize(px(18), px(18)) if kind == "icon" else QSize(px(16) + _GAP, px(16)))
        self._tint()

    def set_text(self, text: str) -> None:
        """The label (ampersands are no mnemonics) and the accessible name."""
        if self._kind == "icon":
            set_tooltip(self, text)
        else:
            self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._tint()

    def _tint(self) -> None:
        if not getattr(self, "_icon", ""):
            return
        tokens = theme.active()
        colour = {"primary": tokens.on_accent, "quiet": tokens.link, "link": tokens.link, "icon": tokens.muted}.get(
            self._kind, tokens.text
        )
        if not self.isEnabled():
            colour = tokens.muted
        if colour != self._tinted:
            self._tinted = colour
            if self._kind == "icon":
                self.setIcon(icons.icon(self._icon, colour, px(18)))
            else:
                self.setIcon(icons.icon(self._icon, colour, px(16), _GAP))


def action_button(action: Action, send: Callable[[Action], None], kind: str = "", icon: str = "") -> Button:
    """A button that sends `action` when pressed."""
    made = Button(action.label, kind, icon)
    made.clicked.connect(lambda: send(action))
    return made
