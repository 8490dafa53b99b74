"""Short messages below what they are about: toasts that leave by themselves, and those that stay until dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.layouts import Breadth
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import TONE_ICONS
from musicvault.language import tr

_SHOWN_MS = 7000
_MOST = 3


class Toast(QFrame):
    """One message; `gone` when it was dismissed or its time is over."""

    gone = Signal()

    def __init__(
        self, text: str, tone: Tone, action: Action | None, send: Callable[[Action], None], *, stays: bool
    ) -> None:
        super().__init__()
        self.tone = tone
        self.setObjectName("toast")
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 6, 28, 6)
        row.setSpacing(10)
        row.addWidget(Glyph(TONE_ICONS[tone], tone))
        words = label(text, wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(words, 1)
        if action is not None:
            button = action_button(action, send, "quiet")
            button.clicked.connect(self.gone)
            row.addWidget(button)
        close = Button(tr("Dismiss"), "icon", "cross")
        close.clicked.connect(self.gone)
        row.addWidget(close)
        Breadth(self, row)
        if not stays:
            QTimer.singleShot(_SHOWN_MS, self, self.gone.emit)


class Toasts(QWidget):
    """The messages, one below the other. They take their room from the screen above: what lay over it would cover what
    is to be pressed there."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        self._send = send
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._shown: list[Toast] = []
        self.hide()

    def say(self, text: str, tone: Tone = Tone.INFO, action: Action | None = None, *, stays: bool = False) -> None:
        """Show a message; the same text isn't stacked twice."""
        if any(toast.accessibleName() == text for toast in self._shown):
            return
        if tone is Tone.GOOD:  # the newest good news is enough
            for old in [toast for toast in self._shown if toast.tone is Tone.GOOD]:
                self._drop(old)
        toast = Toast(text, tone, action, self._send, stays=stays)
        toast.gone.connect(lambda: self._drop(toast))
        self._shown.append(toast)
        self._column.addWidget(toast)
        if len(self._shown) > _MOST:
            self._drop(self._shown[0])
        self.show()

    def texts(self) -> list[str]:
        return [toast.accessibleName() for toast in self._shown]

    def _drop(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            self._column.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self.setVisible(bool(self._shown))
