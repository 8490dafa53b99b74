"""Ctrl-C and a polite kill close what is shown cleanly, and none is lost on the way from one window to the next."""

from __future__ import annotations

import signal
from collections.abc import Callable

from PySide6.QtCore import QTimer

_WAKE_MS = 200


class Signals:
    """Leaves by `leave` when the process is asked to end. Python handles signals between its own instructions, which
    Qt's loop doesn't run, so a timer gives it some."""

    def __init__(self, leave: Callable[[], object]) -> None:
        self._leave = leave
        self._asked = False
        for which in (signal.SIGINT, signal.SIGTERM):
            signal.signal(which, lambda *_: self._ask())
        self._waker = QTimer()
        self._waker.timeout.connect(lambda: None)
        self._waker.start(_WAKE_MS)

    def leave_by(self, leave: Callable[[], object]) -> None:
        """From now on by this; as soon as the loop turns where somebody asked already."""
        self._leave = leave
        if self._asked:
            QTimer.singleShot(0, self._ask)

    def stop(self) -> None:
        """The loop runs no more."""
        self._waker.stop()

    def _ask(self) -> None:
        self._asked = True
        self._leave()
