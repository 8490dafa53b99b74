"""`python -m musicvault`, and the `musicvault` command."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

CANCELLED = 130


def main() -> int:
    """Run the command line with this process's arguments; gives the exit code."""
    _stop_at_once(signal.SIGINT, signal.SIGTERM)
    from musicvault.cli.main import run

    return run(sys.argv[1:])


def _stop_at_once(*signals: signal.Signals) -> None:
    """While the program is still being loaded nothing was begun: it may go, without a traceback."""
    for number in signals:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(CANCELLED)


if __name__ == "__main__":
    sys.exit(main())
