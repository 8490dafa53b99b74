"""Closing the window: what becomes of the jobs that still run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from musicvault.gui.activity.screen import result
from musicvault.gui.bridge import Jobs
from musicvault.gui.frame.tray import Tray
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.jobs import JobRow
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr, trn

_TOLD = "told/tray"


class Leaving(QObject):
    """Close goes to the tray while jobs run, and says so once; where there is no tray it asks before it stops them.
    Quitting, a polite kill and the end of the session stop them at their next safe point without asking."""

    def __init__(
        self, window: MainWindow, jobs: Jobs, preferences: Preferences, tray: Tray, stop: Callable[[], bool]
    ) -> None:
        super().__init__(window)
        self._window, self._jobs, self._preferences, self._tray, self._stop = window, jobs, preferences, tray, stop
        self._asked = False
        window.may_close = self.may_close
        tray.left.connect(window.leave)
        tray.opened.connect(self.come_back)
        jobs.changed.connect(self._changed)
        jobs.finished.connect(self._finished)

    def may_close(self) -> bool:
        """Whether the window may go now and for good."""
        busy = self._busy()
        if not busy or self._window.leaving or self._asked or _session_ends():
            self._tray.hide()
            return self._stop()
        if self._tray.available:
            self._to_tray(busy)
        else:
            self._ask(len(busy))
        return False

    def come_back(self) -> None:
        """The window, as it was left."""
        self._tray.hide()
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _busy(self) -> list[JobRow]:
        return [job for job in self._jobs.running() if not job.background]

    def _to_tray(self, busy: list[JobRow]) -> None:
        self._tray.show(_doing(busy))
        self._window.hide()
        if not self._preferences.flag(_TOLD, False):
            self._preferences.set_flag(_TOLD, True)
            self._tray.say(tr("MusicVault goes on working here. Click the icon to open it, or quit from its menu."))

    def _ask(self, amount: int) -> None:
        self._asked = True
        words = trn(
            "A job is still running, and this desktop has no tray to go to. Closing stops it at the next safe point; "
            "the next run goes on from there.",
            "{count} jobs are still running, and this desktop has no tray to go to. Closing stops them at the next "
            "safe point; the next run goes on from there.",
            amount,
        )
        self._window.toasts.say(words, Tone.SHORT, Action(Deed.LEAVE, tr("Stop and close")), stays=True)

    def _changed(self, _row: JobRow) -> None:
        if self._tray.shown and (busy := self._busy()):
            self._tray.show(_doing(busy))

    def _finished(self, row: JobRow) -> None:
        """The last job ended in the tray: nothing is left to do there, unless it found something."""
        busy = self._busy()
        if not busy:
            self._asked = False
        if not self._tray.shown or row.background:
            return
        self._tray.say(f"{row.title}: {result(row)}")
        if busy:
            return
        if row.findings or row.failures or row.message:
            self._tray.show(tr("MusicVault: something needs you"))
        else:
            self._window.leave()


def _doing(busy: list[JobRow]) -> str:
    return tr("MusicVault: {title}", title=busy[0].title) if len(busy) == 1 else _many(len(busy))


def _many(amount: int) -> str:
    return trn("MusicVault: {count} job is running", "MusicVault: {count} jobs are running", amount)


def _session_ends() -> bool:
    application = QApplication.instance()
    return isinstance(application, QApplication) and application.isSavingSession()
