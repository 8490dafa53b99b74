"""What the user has set once for this account, in one small TOML file (`settings.toml`).

    fingerprints = true      # compute acoustic fingerprints after a scan
    language = ""            # "de", "fr" …; empty: as the environment says
    workers = 0              # files read at a time; 0: as many as suit this computer
    organization = ""        # who sends bags to an archive
    contact = ""             # the name or address to ask there

The policy is no setting: it is data in the catalog. What the window remembers (columns, theme) is its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

from musicvault.errors import UsageError
from musicvault.language import tr


@dataclass(frozen=True, slots=True)
class Settings:
    """Typed values of the file; a key that is absent has its default."""

    fingerprints: bool = True
    language: str = ""
    workers: int = 0
    organization: str = ""
    contact: str = ""


def default_place() -> Path:
    """`settings.toml` in the user's configuration folder (XDG, or the system's own)."""
    import platformdirs

    return platformdirs.user_config_path("musicvault", appauthor=False) / "settings.toml"


def load(place: Path | None = None) -> Settings:
    """The settings. Raises UsageError, naming file and key, where a value is of another type or TOML is broken."""
    path = place or default_place()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(tr("The settings {path} can't be read: {cause}.", path=path, cause=error)) from error
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(tr("The settings {path} are not valid TOML: {cause}.", path=path, cause=error)) from error
    # Keys that this version doesn't know are a newer version's, and stay out of its way.
    known = {field.name: found[field.name] for field in fields(Settings) if field.name in found}
    for name, value in known.items():
        if type(value) is not type(getattr(Settings(), name)):
            raise UsageError(tr("The settings {path}: {value!r} doesn't fit {key}.", path=path, key=name, value=value))
    return Settings(**known)


def save(settings: Settings, place: Path | None = None) -> None:
    """Write the settings; the old file stands until the new one is complete."""
    path = place or default_place()
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{field.name} = {_toml(getattr(settings, field.name))}" for field in fields(Settings)]
    aside = path.with_name(path.name + ".new")
    aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(aside, path)


def _toml(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    import json

    return json.dumps(value, ensure_ascii=True)  # a JSON string is a TOML basic string
