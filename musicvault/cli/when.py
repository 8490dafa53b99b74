"""Times: exact for scripts, in human steps for people."""

from __future__ import annotations

from datetime import datetime

from musicvault.language import tr, trn


def exact(seconds: float | None) -> str | None:
    """ISO 8601 with the local zone's offset, to the second."""
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def ago(seconds: float | None, now: float) -> str:
    """How long ago, in the largest fitting unit."""
    if seconds is None:
        return tr("never")
    past = max(0.0, now - seconds)
    if past < 90:
        return tr("just now")
    if past < 5400:
        return trn("{count} minute ago", "{count} minutes ago", round(past / 60))
    if past < 36 * 3600:
        return trn("{count} hour ago", "{count} hours ago", round(past / 3600))
    return trn("{count} day ago", "{count} days ago", round(past / 86400))
