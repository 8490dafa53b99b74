"""Being there from every login on: a systemd user unit where there is systemd, else an autostart entry of the desktop.

Both are filled-in templates of `packaging/desktop`, in this account's own folders; nothing needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musicvault.errors import UsageError, VaultError, reason_of
from musicvault.language import tr

_ROOT = Path(__file__).resolve().parents[2]
_TEMPLATES = _ROOT / "packaging" / "desktop"
UNIT = "musicvault-watch.service"
ENTRY = "musicvault-watch.desktop"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Integrated:
    """What was done: `how` is "systemd" or "autostart", empty where nothing is installed; `files` were written or
    removed."""

    how: str
    files: tuple[Path, ...]
    text: str


def install(catalog: Path | None = None) -> Integrated:
    """Write unit or entry and, with systemd, start the service now. `catalog`: another than the user's own.

    Raises UsageError where the templates are not there or the system is none that is known, VaultError where systemd
    refuses."""
    if not sys.platform.startswith("linux"):
        raise UsageError(tr("This is for Linux only. Elsewhere, start `musicvault watch` with the session yourself."))
    words = _command(catalog)
    if has_systemd():
        place = _write(_unit_place(), _unit(words))
        _systemctl("daemon-reload")
        _systemctl("enable", "--now", UNIT)
        return Integrated(
            "systemd", (place,), tr("MusicVault watches from now on, and after every login: {file}", file=place)
        )
    place = _write(_entry_place(), _entry(words))
    text = tr("MusicVault will watch from the next login on: {file}\nUntil then: musicvault watch", file=place)
    return Integrated("autostart", (place,), text)


def uninstall() -> Integrated:
    """Stop the service and remove what `install` wrote."""
    if _unit_place().exists() and has_systemd():
        _systemctl("disable", "--now", UNIT)
    gone = tuple(place for place in (_unit_place(), _entry_place()) if place.exists())
    for place in gone:
        place.unlink()
    if gone and has_systemd():
        _systemctl("daemon-reload")
    text = tr("MusicVault doesn't watch by itself any more.") if gone else tr("Nothing was installed.")
    return Integrated("", gone, text)


def installed() -> str:
    """How it is installed: "systemd", "autostart", or empty."""
    if _unit_place().exists():
        return "systemd"
    return "autostart" if _entry_place().exists() else ""


def has_systemd() -> bool:
    """Whether this account has a systemd of its own that answers."""
    if shutil.which("systemctl") is None:
        return False
    return _run(["systemctl", "--user", "show-environment"]).returncode == 0


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(command), 1, "", str(error))


def _systemctl(*words: str) -> None:
    done = _run(["systemctl", "--user", *words])
    if done.returncode:
        raise VaultError(tr("systemd refused: {cause}", cause=" ".join(done.stderr.split()) or done.returncode))


def _unit_place() -> Path:
    return _config() / "systemd" / "user" / UNIT


def _entry_place() -> Path:
    return _config() / "autostart" / ENTRY


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _command(catalog: Path | None) -> list[str]:
    """The words that start this very program."""
    script = _ROOT / "packaging" / "run.sh"
    found = shutil.which("musicvault")
    if script.exists():
        words = ["/bin/sh", str(script)]
    elif found:
        words = [found]
    else:
        words = [sys.executable, "-P", "-m", "musicvault"]
    named = catalog or (Path(os.environ["MUSICVAULT_CATALOG"]) if os.environ.get("MUSICVAULT_CATALOG") else None)
    return [*words, "watch", *(["--catalog", str(named.absolute())] if named else [])]


def _template(name: str) -> str:
    try:
        return (_TEMPLATES / name).read_text("utf-8")
    except OSError as error:
        raise UsageError(
            tr("{file} can't be read: {cause}.", file=_TEMPLATES / name, cause=reason_of(error))
        ) from error


def _unit(words: Sequence[str]) -> str:
    return _template(UNIT).replace("ExecStart=musicvault watch", f"ExecStart={' '.join(map(_for_systemd, words))}")


def _for_systemd(word: str) -> str:
    """Quoted by systemd.service(5): C-like escapes in double quotes, no specifiers, no variables."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _entry(words: Sequence[str]) -> str:
    return _template(ENTRY).replace("Exec=musicvault watch", f"Exec={' '.join(map(_for_desktop, words))}")


def _for_desktop(word: str) -> str:
    """Quoted by the Desktop Entry Specification: in double quotes, whose backslashes are then escaped once more."""
    for character in '\\"`$':
        word = word.replace(character, f"\\{character}")
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


def _write(place: Path, text: str) -> Path:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(tr("{file} can't be written: {cause}.", file=place, cause=reason_of(error))) from error
    return place
