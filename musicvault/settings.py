"""What the user has set once for this account, in one small TOML file (`settings.toml`).

    fingerprints = true      # compute acoustic fingerprints after a scan
    language = ""            # "de", "fr" …; empty: as the environment says
    workers = 0              # files read at a time; 0: as many as suit this computer
    organization = ""        # who sends bags to an archive
    contact = ""             # the name or address to ask there

    prove = true             # prove copies in the background, in slices
    repair = true            # and heal damage that is found, where a good copy is within reach
    quiet_hours = ""         # "08:00-18:00": hours in which nothing is proven
    mains_only = true        # prove only on mains power
    pause_when_busy = true   # and while nobody else needs the computer or the disk
    bandwidth = 0            # megabytes a second that proving may read; 0: as many as come
    notify = true            # show on the desktop what needs you
    report = "off"           # "daily" or "weekly": send a report
    report_to = ""           # a mail address, or the path of a file
    mail_server = ""         # "smtp.example.org:587"
    mail_security = "starttls"  # or "ssl", or "none"
    mail_user = ""           # to log in with; the password is kept elsewhere (resources/docs/service.md)
    mail_from = ""           # the sender's address; empty: as report_to

The policy is no setting: it is data in the catalog. What the window remembers (columns, theme) is its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

from musicvault.errors import UsageError
from musicvault.language import tr


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How the service in the background works: `quiet_hours` as "22:00-07:00" or empty, `bandwidth` in megabytes a
    second (0: no limit)."""

    prove: bool = True
    repair: bool = True
    quiet_hours: str = ""
    mains_only: bool = True
    pause_when_busy: bool = True
    bandwidth: int = 0
    notify: bool = True
    report: str = "off"
    report_to: str = ""
    mail_server: str = ""
    mail_security: str = "starttls"
    mail_user: str = ""
    mail_from: str = ""


@dataclass(frozen=True, slots=True)
class Settings(WatchSettings):
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
