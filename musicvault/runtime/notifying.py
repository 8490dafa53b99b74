"""Notifications on the desktop, through `notify-send` or `gdbus`; where neither works, only the log has them.

Names of drives and files are plain text, and the text of a notification may hold markup (Desktop Notifications
Specification 1.2, "Markup"): so it is escaped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from html import escape

_TIMEOUT_S = 5.0
APP = "MusicVault"
_ICON = "io.github.musicvault.MusicVault"


def show(title: str, text: str) -> bool:
    """Show it; whether somebody took it. Never raises, never waits longer than a few seconds."""
    return any(_tried(command) for command in _commands(title, text))


def _commands(title: str, text: str) -> list[list[str]]:
    if sys.platform == "darwin":  # pragma: no cover  (can't be tested here)
        script = f"display notification {_quoted(text)} with title {_quoted(title)}"
        return [["osascript", "-e", script]]
    if not (os.environ.get("DBUS_SESSION_BUS_ADDRESS") or os.environ.get("XDG_RUNTIME_DIR")):
        return []
    text = escape(text, quote=False)
    call = ["gdbus", "call", "--session", "--dest", "org.freedesktop.Notifications"]
    call += ["--object-path", "/org/freedesktop/Notifications"]
    call += ["--method", "org.freedesktop.Notifications.Notify"]
    call += ["--", APP, "0", _ICON, title, text, "[]", "{}", "-1"]
    return [["notify-send", f"--app-name={APP}", f"--icon={_ICON}", "--", title, text], call]


def _quoted(text: str) -> str:  # pragma: no cover
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tried(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
