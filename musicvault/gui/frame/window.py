"""The window: sidebar, header, screens, footer. It shows and routes; it does not work."""

from __future__ import annotations

import os
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from musicvault.gui.activity.screen import ActivityScreen
from musicvault.gui.attention.screen import AttentionScreen
from musicvault.gui.bridge import Questions
from musicvault.gui.comparing.screen import ComparingScreen
from musicvault.gui.drives.screen import DrivesScreen
from musicvault.gui.firstrun.screen import FirstRun
from musicvault.gui.frame.footer import Footer
from musicvault.gui.frame.header import Header
from musicvault.gui.frame.sidebar import Sidebar, entries
from musicvault.gui.help.screen import HelpScreen
from musicvault.gui.history.screen import HistoryScreen
from musicvault.gui.kept.screen import KeptScreen
from musicvault.gui.library.screen import LibraryScreen
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.library import Filter
from musicvault.gui.overview.screen import OverviewScreen
from musicvault.gui.policy.screen import PolicyScreen
from musicvault.gui.preferences import Preferences
from musicvault.gui.settings.screen import SettingsScreen
from musicvault.gui.theme import Mode, Theme
from musicvault.gui.theme.icons import application_icon
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.reading_order import move_focus
from musicvault.gui.widgets.toast import Toasts
from musicvault.language import tr

_SLIM_BELOW = 1080
_WIDE = ("library", "help")
"""Screens that begin at the window's edge however wide it is: what they list has use for the room."""
_SIZE, _FRAME = QSize(1280, 820), QSize(8, 40)
"""At the first start, where the screen has room for it and for what the desktop puts around it."""


class MainWindow(QMainWindow):
    """Owns the screens. What the user asks for leaves through `acted`; showing another screen is done here."""

    acted = Signal(Action)
    dropped = Signal(bytes)
    shown_screen = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, questions: Questions) -> None:
        super().__init__()
        self._theme, self._preferences = theme, preferences
        self.leaving = False
        self.may_close: Callable[[], bool] = lambda: True
        self.setWindowTitle("MusicVault")
        self.setWindowIcon(application_icon())
        self.setMinimumSize(860, 560)
        self.setAcceptDrops(True)
        self.overview, self.drives, self.attention = OverviewScreen(), DrivesScreen(), AttentionScreen()
        self.library, self.kept = LibraryScreen(questions, preferences), KeptScreen()
        self.activity, self.policy, self.settings = ActivityScreen(), PolicyScreen(), SettingsScreen()
        self.history = HistoryScreen()
        self.first_run, self.comparing, self.help = FirstRun(), ComparingScreen(), HelpScreen()
        self.sidebar, self.header, self.footer = Sidebar(), Header(), Footer()
        self._names = {entry.key: entry.name for entry in entries()}
        self._screens: dict[str, QWidget] = {
            "overview": self.overview,
            "library": self.library,
            "drives": self.drives,
            "attention": self.attention,
            "activity": self.activity,
            "history": self.history,
            "kept": self.kept,
            "policy": self.policy,
            "help": self.help,
            "settings": self.settings,
        }
        self._build()
        self._connect()
        self._shortcuts()
        self._restore()

    @property
    def screen_name(self) -> str:
        current = self._stack.currentWidget()
        return next((key for key, screen in self._screens.items() if screen is current), "")

    def show_screen(self, key: str) -> None:
        """Bring a screen to the front; unknown keys show the overview."""
        key = key if key in self._screens else "overview"
        self._stack.setCurrentWidget(self._screens[key])
        if key == "help":
            self.help.open()
        self.sidebar.choose(key)
        self.header.show_title(self._names[key], wide=key in _WIDE)
        self._preferences.screen = key
        self.shown_screen.emit(key)

    def show_first_run(self, on: bool) -> None:
        """Lead by the hand instead of showing empty screens."""
        self.sidebar.setVisible(not on)
        self.header.setVisible(not on)
        if on:
            self._stack.setCurrentWidget(self.first_run)
        elif self._stack.currentWidget() is self.first_run:
            self.show_screen("overview")

    def do(self, action: Action) -> None:
        """Route an action: navigation stays here, all else goes out."""
        if action.deed is Deed.LEAVE:
            self.leave()
            return
        if action.deed is not Deed.SHOW:
            self.acted.emit(action)
            return
        which = action.values.get("filter")
        if isinstance(which, Filter):
            self.library.filter(which)
        wanted = action.values.get("search")
        if isinstance(wanted, str):
            self.header.search.setText(wanted)
            self.library.search(wanted)
        self.show_screen(action.subject)
        if action.subject == "drives" and action.values.get("open") == "add":
            self.drives.open_panel()

    def show_comparison(self) -> None:
        """The page that compares, over the screen that the user comes from."""
        self.comparing.show_busy(fresh=self._stack.currentWidget() is not self.comparing)
        self._stack.setCurrentWidget(self.comparing)
        self.header.show_title(tr("Compare"))

    def leave_comparison(self) -> None:
        if self._stack.currentWidget() is self.comparing:
            self.show_screen(self._preferences.screen)

    def leave(self) -> None:
        """End the program, at the next safe point of what runs."""
        self.leaving = True
        self.close()

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(self) -> None:
        # From the outside in: what is moved under another parent is dressed anew, with all in it.
        ground, content, middle = QWidget(), QWidget(), QWidget()
        self.setCentralWidget(ground)
        row, column, inner = QHBoxLayout(ground), QVBoxLayout(), QVBoxLayout()
        row.addWidget(self.sidebar)
        row.addWidget(content, 1)
        content.setObjectName("content")
        content.setLayout(column)
        column.addWidget(self.header)
        column.addWidget(middle, 1)
        column.addWidget(self.footer)
        middle.setLayout(inner)
        self._stack = QStackedWidget()
        inner.addWidget(self._stack, 1)
        self.toasts = Toasts(self.do)
        inner.addWidget(self.toasts)
        for layout in (row, column, inner):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        for screen in (*self._screens.values(), self.first_run, self.comparing):
            self._stack.addWidget(screen)
        content.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        content.setFocus()

    def _connect(self) -> None:
        self.sidebar.chosen.connect(self._chosen)
        self.header.search.searched.connect(self._search)
        self.header.search.entered.connect(lambda: self.library.ask_offers(self.header.search.know))
        for screen in (
            self.overview,
            self.library,
            self.drives,
            self.attention,
            self.activity,
            self.history,
            self.kept,
            self.policy,
            self.help,
            self.settings,
            self.first_run,
        ):
            screen.acted.connect(self.do)
        self.comparing.acted.connect(self._from_comparison)
        self.comparing.left.connect(self.leave_comparison)
        self.footer.more_asked.connect(lambda: self.show_screen("activity"))
        self.settings.mode_chosen.connect(self._choose_mode)
        self.settings.show_mode(self._theme.mode)

    def _shortcuts(self) -> None:
        for entry in entries():
            QShortcut(QKeySequence(entry.shortcut), self, lambda key=entry.key: self._open(key))
        QShortcut(QKeySequence.StandardKey.Find, self, self._focus_search)
        QShortcut(QKeySequence(Qt.Key.Key_F5), self, lambda: self.do(Action(Deed.SCAN, tr("Scan"))))
        QShortcut(QKeySequence.StandardKey.HelpContents, self, lambda: self._open("help"))
        QShortcut(QKeySequence.StandardKey.Quit, self, self.leave)

    def _restore(self) -> None:
        geometry = self._preferences.state("window")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self.show_screen(self._preferences.screen or "overview")

    # ── what happens ──────────────────────────────────────────────────────────────────────────

    def _from_comparison(self, action: Action) -> None:
        if action.deed not in (Deed.COMPARE, Deed.PLAY, Deed.GIVE_VERSION):
            self.leave_comparison()
        self.do(action)

    def _open(self, key: str) -> None:
        if not self.sidebar.isHidden():
            self._chosen(key)

    def _chosen(self, key: str) -> None:
        """Whoever is there already goes back to where the screen begins."""
        if key == self.screen_name == "drives":
            self.drives.show_part("all")
        self.show_screen(key)

    def _focus_search(self) -> None:
        if not self.header.isHidden():
            self.header.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.header.search.selectAll()

    def _search(self, text: str) -> None:
        self.library.search(text)
        if text and self.screen_name != "library":
            self.show_screen("library")

    def _choose_mode(self, mode: Mode) -> None:
        self._preferences.mode = mode
        self._theme.choose(mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sidebar.show_slim(event.size().width() < px(_SLIM_BELOW))

    def focusNextPrevChild(self, forward: bool) -> bool:
        return move_focus(self, forward=forward)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile() and os.path.isdir(folder := url.toLocalFile()):
                self.dropped.emit(os.fsencode(folder))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        self._preferences.keep_state("window", self.saveGeometry())
        self.library.remember()
        self._preferences.sync()
        super().closeEvent(event)
        self.closed.emit()
