"""Opens the window on an app and runs it until it is closed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from musicvault.app import App
from musicvault.catalog.migrating import Tell, silently
from musicvault.errors import Cancelled
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.desk.desk import Desk
from musicvault.gui.desk.leaving import Leaving
from musicvault.gui.frame.tray import Tray
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.opening import Opening
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme import Theme
from musicvault.gui.theme.icons import application_icon


def run(open_app: Callable[[Tell], App], demo: bool = False) -> int:
    """Run the window on the app that `open_app` opens; the exit code. A demo keeps its own preferences and watches
    nothing. Raises what `open_app` raises, once the user has seen it."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("musicvault")
    application.setApplicationDisplayName("MusicVault")
    application.setDesktopFileName("musicvault")
    application.setWindowIcon(application_icon())
    place = Path(open_app(silently).catalog.path).with_name("window.ini") if demo else None
    preferences = Preferences(place)
    theme = Theme(application, preferences.mode)
    application.setQuitOnLastWindowClosed(False)  # a hidden window may still wait for a job's safe point
    opening = Opening(open_app)
    waker = _let_python_hear_signals(opening.close)
    app = opening.wait()
    waker.stop()
    if app is None:
        raise opening.error or Cancelled
    rows, looks, jobs = Questions("rows"), Questions("looks"), Jobs()
    window = MainWindow(theme, preferences, rows)
    desk = Desk(app, window, jobs, looks, watching=not demo)
    Leaving(window, jobs, preferences, Tray(window), desk.close)
    window.closed.connect(application.quit)
    window.show()
    desk.start()
    if opening.begins_anew:
        window.first_run.start_from_a_drive()
    waker = _let_python_hear_signals(window.leave)
    code = application.exec()
    waker.stop()
    for questions in (rows, looks):
        questions.close()
    jobs.close()
    return code


def _let_python_hear_signals(leave: Callable[[], object]) -> QTimer:
    """Ctrl-C and a polite kill close the window cleanly. Python handles signals between its own instructions, which
    Qt's loop doesn't run, so a timer gives it some."""
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, lambda *_: leave())
    waker = QTimer()
    waker.timeout.connect(lambda: None)
    waker.start(200)
    return waker
