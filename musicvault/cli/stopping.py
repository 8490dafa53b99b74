"""Ctrl-C and SIGTERM: a running job stops at its next safe point, everything else at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from musicvault.language import tr
from musicvault.runtime.control import Control

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """Ctrl-C where no job runs. A class of its own: after a plain KeyboardInterrupt inside `exec` (so dataclasses are
    made) Python ends as if killed by the signal, handled or not, and our exit code would be lost."""


class Stopper:
    """Turns signals into a request to the job that runs, or into KeyboardInterrupt without one and the second time."""

    def __init__(self) -> None:
        self._control: Control | None = None

    def install(self) -> None:
        """Answer the signals from now on. A signal that the parent had us ignore (nohup) stays ignored."""
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._stop)

    @contextmanager
    def guarding(self, control: Control) -> Iterator[None]:
        """While the block runs, the first signal asks its job to stop."""
        self._control = control
        try:
            yield
        finally:
            self._control = None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._control is None or self._control.cancelled:
            raise Stopped
        self._control.cancel()
        if sys.stderr is not None and sys.stderr.isatty():
            print(tr("\nStopping at the next safe point …"), file=sys.stderr)
