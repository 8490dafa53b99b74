"""Opens the window on an app and runs it until it is closed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from musicvault.app import App
from musicvault.catalog.migrating import Tell, silently
from musicvault.errors import Cancelled
from musicvault.gui.bridge import Jobs, Questions
from musicvault.gui.collecting import collecting_here
from musicvault.gui.desk.desk import Desk
from musicvault.gui.desk.leaving import Leaving
from musicvault.gui.frame.tray import Tray
from musicvault.gui.frame.window import MainWindow
from musicvault.gui.opening import Opening
from musicvault.gui.preferences import Preferences
from musicvault.gui.signals import Signals
from musicvault.gui.theme import Theme
from musicvault.gui.theme.icons import application_icon


def run(open_app: Callable[[Tell], App], demo: bool = False) -> int:
    """Run the window on the app that `open_app` opens; the exit code. A demo keeps its own preferences and watches
    nothing. Raises what `open_app` raises, once the user has seen it."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    with collecting_here(application):
        return _run(application, open_app, demo)


def _run(application: QApplication, open_app: Callable[[Tell], App], demo: bool) -> int:
    application.setApplicationName("musicvault")
    application.setApplicationDisplayName("MusicVault")
    application.setDesktopFileName("musicvault")
    application.setWindowIcon(application_icon())
    place = Path(open_app(silently).catalog.path).with_name("window.ini") if demo else None
    preferences = Preferences(place)
    theme = Theme(application, preferences.mode)
    application.setQuitOnLastWindowClosed(False)  # a hidden window may still wait for a job's safe point
    opening = Opening(open_app)
    signals = Signals(opening.close)
    app = opening.wait()
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
    signals.leave_by(window.leave)
    code = application.exec()
    signals.stop()
    for questions in (rows, looks):
        questions.close()
    jobs.close()
    return code
