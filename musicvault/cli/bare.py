"""`musicvault` and nothing else: the window where there is a screen, else how things stand and what to do next."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from musicvault.cli.session import Session
from musicvault.language import tr


def has_screen() -> bool:
    """Whether a window can be expected to open. An explicit Qt platform counts as one."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def window_or_status(session: Session) -> None:
    """Open the window, or print the status."""
    if not session.json and has_screen() and find_spec("PySide6") is not None and open_window(session):
        return
    from musicvault.cli.commands.status import show

    session.reads = True
    show(session)


def open_window(session: Session, *, demo: bool = False) -> bool:
    """Run the window until it is closed; False where there is none or Qt's libraries are missing (said on standard
    error)."""
    if session.toolkit is None:
        return False
    try:
        code = session.toolkit.open_window(session.open, demo)
    except ImportError as error:
        if (error.name or "").startswith("musicvault"):
            raise
        print(tr("The window can't open here: {cause}.", cause=error), file=sys.stderr)
        return False
    session.outcome.end_with(code)
    return True
