"""What the user wants of the background service: the settings, checked and in the units that the work needs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import Any

from musicvault.domain.schedule import Quiet, Wishes
from musicvault.errors import UsageError
from musicvault.language import tr
from musicvault.settings import Settings

KEYS = (
    *("prove", "repair", "quiet_hours", "mains_only", "pause_when_busy", "bandwidth", "notify"),
    *("report", "report_to", "mail_server", "mail_security", "mail_user", "mail_from"),
)
"""The settings that are the service's."""
_EVERY = {"off": 0.0, "daily": 86400.0, "weekly": 7 * 86400.0}
_SECURITY = ("starttls", "ssl", "none")
_PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MAIL = re.compile(r"[^\s@/]+@[^\s@/]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """How to reach the mail server; `user` empty: without logging in."""

    host: str
    port: int
    security: str
    user: str
    sender: str
    to: str


@dataclass(frozen=True, slots=True)
class Plans:
    """`bandwidth` in bytes a second (0: no cap), `report_every` in seconds (0: never). A report goes to `mail`, else
    into the file `report_file`."""

    wishes: Wishes = field(default_factory=Wishes)
    fingerprints: bool = True
    repair: bool = True
    bandwidth: int = 0
    notify: bool = True
    report_every: float = 0.0
    report_file: str = ""
    mail: Mail | None = None


def plans_of(settings: Settings) -> Plans:
    """Raises UsageError, naming the key, for values that make no sense."""
    if settings.report not in _EVERY:
        raise _wrong("report", settings.report, "off, daily, weekly")
    if settings.mail_security not in _SECURITY:
        raise _wrong("mail_security", settings.mail_security, ", ".join(_SECURITY))
    if settings.bandwidth < 0:
        raise _wrong("bandwidth", settings.bandwidth, tr("0 or more megabytes a second"))
    by_mail = bool(_MAIL.fullmatch(settings.report_to))
    if settings.report != "off" and not settings.report_to:
        raise UsageError(tr("A report needs somewhere to go: report_to=NAME@SERVER or report_to=FILE"))
    if settings.report_to and not by_mail and not os.path.isabs(os.path.expanduser(settings.report_to)):
        # The service works in another folder than whoever wrote this.
        raise _wrong("report_to", settings.report_to, tr("name@example.org, or the whole path of a file"))
    return Plans(
        Wishes(settings.prove, _quiet(settings.quiet_hours), settings.mains_only, settings.pause_when_busy),
        settings.fingerprints,
        settings.repair,
        settings.bandwidth * 1_000_000,
        settings.notify,
        _EVERY[settings.report],
        "" if by_mail else settings.report_to,
        _mail(settings) if by_mail and settings.report != "off" else None,
    )


def changed(settings: Settings, *words: str) -> Settings:
    """The settings with each `KEY=VALUE` put in. Raises UsageError where keys or values make no sense, or not
    together."""
    values: dict[str, Any] = {}
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or key not in KEYS:
            raise UsageError(tr("{words} is no setting. There are: {keys}", words=word, keys=", ".join(KEYS)))
        values[key] = _value(key, value, type(getattr(settings, key)))
    after = replace(settings, **values)
    plans_of(after)
    return after


def _value(key: str, value: str, kind: type) -> bool | int | str:
    if kind is bool:
        if value.lower() not in ("true", "false", "yes", "no", "on", "off"):
            raise _wrong(key, value, "true, false")
        return value.lower() in ("true", "yes", "on")
    if kind is int:
        if not value.isdecimal():
            raise _wrong(key, value, tr("a whole number"))
        return int(value)
    if key == "report_to" and value and "@" not in value:
        return os.path.abspath(os.path.expanduser(value))
    return value


def _quiet(text: str) -> Quiet | None:
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text.strip())
    if found is not None:
        begin_hour, begin_minute, end_hour, end_minute = (int(group) for group in found.groups())
        begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if max(begin_minute, end_minute) < 60 and begin < 1440 and end <= 1440 and begin != end % 1440:
            return Quiet(begin, end % 1440)
    raise _wrong("quiet_hours", text, "22:00-07:00")


def _mail(settings: Settings) -> Mail:
    host, colon, port = settings.mail_server.strip().rpartition(":")
    if not colon:
        host, port = port, str(_PORTS[settings.mail_security])
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _wrong("mail_server", settings.mail_server, "smtp.example.org:587")
    sender = settings.mail_from or settings.report_to
    if not _MAIL.fullmatch(sender):
        raise _wrong("mail_from", sender, "name@example.org")
    return Mail(host, int(port), settings.mail_security, settings.mail_user, sender, settings.report_to)


def _wrong(key: str, value: object, wanted: str) -> UsageError:
    return UsageError(tr("{key} can't be {value}. It may be: {wanted}", key=key, value=repr(value), wanted=wanted))
