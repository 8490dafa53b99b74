"""Pause and cancel, from another thread or a signal handler."""

from __future__ import annotations

import threading

from musicvault.errors import Cancelled


class Control:
    """Handed to a job as its checkpoint. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._cancelled = False

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def cancel(self) -> None:
        """Stop at the next checkpoint, also out of a pause."""
        self._cancelled = True
        self._go.set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def checkpoint(self) -> None:
        """Block while paused; raise Cancelled once cancelled."""
        self._go.wait()
        if self._cancelled:
            raise Cancelled
