"""The icon in the desktop's tray, where there is one: where the window goes while jobs run."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from musicvault.gui.theme.icons import application_icon
from musicvault.language import tr

_SHOWN_MS = 10_000


class Tray(QObject):
    """Hidden until the window goes there."""

    opened = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = QSystemTrayIcon(application_icon(), self)
        self._menu = QMenu(parent)
        self._open, self._quit = QAction(tr("Open MusicVault"), self), QAction(tr("Quit"), self)
        self._menu.addAction(self._open)
        self._menu.addSeparator()
        self._menu.addAction(self._quit)
        self._icon.setContextMenu(self._menu)
        self._open.triggered.connect(self.opened)
        self._quit.triggered.connect(self.left)
        self._icon.messageClicked.connect(self.opened)
        self._icon.activated.connect(self._activated)

    @property
    def available(self) -> bool:
        """Whether this desktop has a tray now (it may come and go)."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def shown(self) -> bool:
        return self._icon.isVisible()

    def show(self, words: str) -> None:
        self._icon.setToolTip(words)
        self._icon.show()

    def hide(self) -> None:
        self._icon.hide()

    def say(self, words: str) -> None:
        """A notification, where the desktop shows them."""
        self._icon.showMessage("MusicVault", words, application_icon(), _SHOWN_MS)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is not QSystemTrayIcon.ActivationReason.Context:
            self.opened.emit()
