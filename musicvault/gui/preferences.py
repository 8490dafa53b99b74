"""What the window remembers between starts, in a small file of our own."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from musicvault.gui.theme import Mode


def default_place() -> Path:
    """`window.ini` in the user's configuration folder."""
    return platformdirs.user_config_path("musicvault", appauthor=False) / "window.ini"


class Preferences:
    """Typed access to the file; a missing or damaged value gives the default."""

    def __init__(self, place: Path | None = None) -> None:
        self._file = QSettings(str(place or default_place()), QSettings.Format.IniFormat)

    @property
    def mode(self) -> Mode:
        try:
            return Mode(str(self._file.value("theme", Mode.SYSTEM.value)))
        except ValueError:
            return Mode.SYSTEM

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._file.setValue("theme", mode.value)

    @property
    def screen(self) -> str:
        return str(self._file.value("screen", ""))

    @screen.setter
    def screen(self, name: str) -> None:
        self._file.setValue("screen", name)

    def state(self, name: str) -> QByteArray | None:
        """A widget's own saved state (geometry, header, splitter)."""
        value = self._file.value(f"state/{name}")
        return value if isinstance(value, QByteArray) else None

    def keep_state(self, name: str, state: QByteArray) -> None:
        self._file.setValue(f"state/{name}", state)

    def flag(self, name: str, default: bool) -> bool:
        return str(self._file.value(f"flags/{name}", default)).lower() == "true"

    def set_flag(self, name: str, value: bool) -> None:
        self._file.setValue(f"flags/{name}", value)

    def names(self, name: str) -> list[str] | None:
        """A list of words, such as the chosen columns."""
        value = self._file.value(f"names/{name}")
        return None if value is None else [part for part in str(value).split("|") if part]

    def keep_names(self, name: str, words: list[str]) -> None:
        self._file.setValue(f"names/{name}", "|".join(words))

    def sync(self) -> None:
        self._file.sync()
