"""A thread that listens for what may happen at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class Listener(QObject):
    """One thread that listens for something, again and again: `listen` waits for a moment and returns what it heard, or
    nothing. Connect `heard` queued."""

    heard = Signal(object)

    def __init__(self, listen: Callable[[], object], name: str = "listener", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listen = listen
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Hear nothing more, once what is being waited for has had its moment."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self) -> None:
        while not self._closed.is_set():
            found = self._listen()
            if found and not self._closed.is_set():
                self.heard.emit(found)
