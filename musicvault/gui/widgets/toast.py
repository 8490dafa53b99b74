"""Short messages: toasts that leave by themselves, banners that stay until dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button, action_button
from musicvault.gui.widgets.card import Glyph
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import TONE_ICONS
from musicvault.language import tr

_SHOWN_MS = 7000
_MOST = 3
_WIDE = 380
"""Text pixels."""
_LONG = 70
"""Characters: beside a longer text a button would make a tower of it."""


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
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self.setFixedWidth(px(_WIDE))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 8, 10)
        row.setSpacing(10)
        glyph = Glyph(TONE_ICONS[tone], tone)
        row.addWidget(glyph)
        words = label(text, wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if action is None:
            row.addWidget(words, 1)
        else:
            button = action_button(action, send, "quiet")
            button.clicked.connect(self.gone)
            long = len(text) > _LONG
            beside = QBoxLayout(QBoxLayout.Direction.TopToBottom if long else QBoxLayout.Direction.LeftToRight)
            beside.setSpacing(4)
            beside.addWidget(words, 1)
            beside.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
            row.addLayout(beside, 1)
        close = Button(tr("Dismiss"), "icon", "cross")
        close.clicked.connect(self.gone)
        row.addWidget(close)
        if not stays:
            QTimer.singleShot(_SHOWN_MS, self, self.gone.emit)


class Toasts(QWidget):
    """The stack of toasts above a window's lower right corner."""

    def __init__(self, over: QWidget, send: Callable[[Action], None]) -> None:
        super().__init__(over)
        self._over, self._send = over, send
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._shown: list[Toast] = []
        over.installEventFilter(self)
        self.hide()

    def say(self, text: str, tone: Tone = Tone.INFO, action: Action | None = None, *, stays: bool = False) -> None:
        """Show a message; the same text isn't stacked twice."""
        if any(toast.accessibleName() == text for toast in self._shown):
            return
        if tone is Tone.GOOD:  # the newest good news is enough: it covers what is being worked on
            for old in [toast for toast in self._shown if toast.tone is Tone.GOOD]:
                self._drop(old)
        toast = Toast(text, tone, action, self._send, stays=stays)
        toast.gone.connect(lambda: self._drop(toast))
        self._shown.append(toast)
        self._column.addWidget(toast)
        if len(self._shown) > _MOST:
            self._drop(self._shown[0])
        self._place()

    def texts(self) -> list[str]:
        return [toast.accessibleName() for toast in self._shown]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
        return False

    def _drop(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            self._column.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        self.setVisible(bool(self._shown))
        if self._shown:
            width = px(_WIDE)
            height = sum(max(toast.minimumHeight(), toast.heightForWidth(width)) for toast in self._shown)
            height += 8 * (len(self._shown) - 1)
            self.setGeometry(self._over.width() - width - 28, self._over.height() - height - 20, width, height)
            self.raise_()
