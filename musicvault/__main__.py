"""`python -m musicvault`, and the `musicvault` command; only here do command line and window meet."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicvault.app import App
    from musicvault.catalog.migrating import Tell

CANCELLED = 130


def main() -> int:
    """Run the command line with this process's arguments; gives the exit code."""
    _stop_at_once(signal.SIGINT, signal.SIGTERM)
    from musicvault.cli.main import run
    from musicvault.cli.session import Toolkit

    return run(sys.argv[1:], Toolkit(_open_window, _pdf))


def _open_window(open_app: Callable[[Tell], App], demo: bool) -> int:
    """Run the window until it is closed; raises ImportError where Qt or its libraries are missing."""
    from musicvault.gui.start import run

    return run(open_app, demo)


def _pdf(html: str, drawings: Mapping[str, str], title: str) -> bytes:
    """Print a page; raises ImportError likewise."""
    from musicvault.gui.printing import pdf

    return pdf(html, drawings, title)


def _stop_at_once(*signals: signal.Signals) -> None:
    """While the program is still being loaded nothing was begun: it may go, without a traceback."""
    for number in signals:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(CANCELLED)


if __name__ == "__main__":
    sys.exit(main())
