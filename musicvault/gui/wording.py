"""Amounts and states in the words that people read: decimal sizes, h:mm:ss, ages in days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QDateTime, QLocale

from musicvault.domain import wording
from musicvault.gui.models.actions import State
from musicvault.gui.models.jobs import JobRow, JobState
from musicvault.gui.theme.tokens import Tone
from musicvault.language import tr, trn

size = wording.size


def count(amount: int) -> str:
    return f"{amount:,}"


def files(amount: int) -> str:
    return trn("{count} file", "{count} files", amount)


def clock(seconds: float) -> str:
    """`3:05` or `1:02:03`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def time_left(seconds: float) -> str:
    """How long still, no more exact than it can be: `under a minute left`, `24 min left`, `3 h 10 min left`."""
    if seconds < 60:
        return tr("under a minute left")
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{minutes} min left", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return tr("{hours} h {minutes} min left", hours=hours, minutes=minutes)
    return tr("{days} days left", days=round(hours / 24))


def age(days: float | None) -> str:
    """The age of a proof, short: `today`, `12 d`, `never`."""
    if days is None:
        return tr("never")
    return tr("today") if days < 1 else tr("{days} d", days=int(days))


def ago(days: float | None) -> str:
    """The same as a phrase: `today`, `yesterday`, `12 days ago`."""
    if days is None:
        return tr("never")
    if days < 1:
        return tr("today")
    if days < 2:
        return tr("yesterday")
    return tr("{days} days ago", days=int(days))


def when(moment: float) -> str:
    """Date and time in the user's locale."""
    return _in_locale(moment, lambda locale, at: locale.toString(at, QLocale.FormatType.ShortFormat), "%Y-%m-%d %H:%M")


def day(moment: float) -> str:
    """The date in the user's locale."""
    return _in_locale(moment, lambda locale, at: locale.toString(at.date(), QLocale.FormatType.ShortFormat), "%Y-%m-%d")


def _in_locale(moment: float, shown: Callable[[QLocale, QDateTime], str], neutral: str) -> str:
    """Without a locale Qt writes `14 11 2023`, which is nobody's way: ISO 8601 then."""
    locale = QLocale()
    if locale.language() == QLocale.Language.C:
        return datetime.fromtimestamp(moment).strftime(neutral)
    return shown(locale, QDateTime.fromSecsSinceEpoch(int(moment)))


def hour(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M")


def percent(share: float) -> str:
    """Never 100 % while something is missing, never 0 % while something is there."""
    if 0.99 < share < 1:
        return tr("{value} %", value=f"{min(99.9, int(share * 1000) / 10):.1f}")
    value = min(99, round(share * 100)) if share < 1 else 100
    return tr("{value} %", value=max(1, value) if share > 0 else 0)


STATE_TONES = {
    State.PROTECTED: Tone.GOOD,
    State.STALE: Tone.AWAY,
    State.SHORT: Tone.SHORT,
    State.RISK: Tone.SHORT,
    State.HELD: Tone.SHORT,
    State.MISSING: Tone.DAMAGED,
    State.UNREADABLE: Tone.DAMAGED,
    State.DAMAGED: Tone.DAMAGED,
    State.AWAY: Tone.AWAY,
    State.UNKNOWN: Tone.AWAY,
}

STATE_ICONS = {
    State.PROTECTED: "good",
    State.STALE: "stale",
    State.SHORT: "short",
    State.RISK: "attention",
    State.HELD: "held",
    State.MISSING: "unknown",
    State.UNREADABLE: "broken",
    State.DAMAGED: "broken",
    State.AWAY: "away",
    State.UNKNOWN: "unknown",
}

TONE_ICONS = {
    Tone.GOOD: "good",
    Tone.SHORT: "attention",
    Tone.DAMAGED: "broken",
    Tone.AWAY: "stale",
    Tone.INFO: "info",
}


def state(which: State) -> str:
    """One word for a pill."""
    return {
        State.PROTECTED: tr("protected"),
        State.STALE: tr("proof due"),
        State.SHORT: tr("short"),
        State.RISK: tr("at risk"),
        State.HELD: tr("held"),
        State.MISSING: tr("missing"),
        State.UNREADABLE: tr("unreadable"),
        State.DAMAGED: tr("damaged"),
        State.AWAY: tr("away"),
        State.UNKNOWN: tr("new"),
    }[which]


def proof_pill(which: State, days: float | None) -> str:
    """The table's last column: the age where nothing worse is to be said."""
    return age(days) if which in (State.PROTECTED, State.STALE) else state(which)


_COMMANDS: tuple[tuple[str, Callable[[], str]], ...] = (
    (r"musicvault drive add FOLDER --adopt-vault", lambda: tr("Drives, Take over")),
    (r"musicvault drive add FOLDER", lambda: tr("Drives, Add a drive")),
    (r"musicvault drive retire .+? --undo", lambda: tr("Drives, Use it again")),
    (r"musicvault drive parity .+? PERCENT", lambda: tr("Drives, Name, place, notes")),
    (r"musicvault drive health", lambda: tr("Drives, Check health")),
    (r"musicvault sync", lambda: tr("Copy now")),
    (r"musicvault library move .+? FOLDER", lambda: tr("Settings, It is on this computer")),
)


def in_the_window(text: str) -> str:
    """A sentence of the engine, with the way through the window where it names a command."""
    for command, place in _COMMANDS:
        text = re.sub(command, place(), text) if "musicvault " in text else text
    return text


def progress(job: JobRow) -> str:
    """`63 % · 412 GB of 655 GB · 168 MB/s · 24 min left`, as much of it as is known."""
    if job.state is JobState.STOPPING:
        return tr("stopping at the next safe point")
    parts = [percent(job.share)] if job.share is not None else []
    if job.bytes_total:
        parts.append(tr("{done} of {total}", done=size(job.bytes), total=size(job.bytes_total)))
    elif job.files_total:
        parts.append(tr("{done} of {total} files", done=count(job.files), total=count(job.files_total)))
    elif job.files:
        parts.append(files(job.files))
    if job.state is JobState.PAUSED:
        parts.append(tr("paused"))
        return " · ".join(parts)
    if job.rate and job.bytes:
        parts.append(tr("{amount}/s", amount=size(job.rate)))
    if job.left is not None:
        parts.append(time_left(job.left))
    return " · ".join(parts) or tr("starting")


def stage_title(job: JobRow) -> str:
    """What a job is doing now: `Copying to Elements`; its own title where the stage has no name of its own."""
    titles = {
        "scan": (tr("Looking through your music"), tr("Looking through {subject}", subject=job.subject)),
        "sync": (tr("Copying to drives"), tr("Copying to {subject}", subject=job.subject)),
        "scrub": (tr("Proving copies"), tr("Proving copies on {subject}", subject=job.subject)),
        "drill": (tr("Trying to restore a sample"), tr("Trying to restore from {subject}", subject=job.subject)),
        "adopt": (tr("Taking over a backup"), tr("Taking over a backup on {subject}", subject=job.subject)),
        "repair": (tr("Repairing"), tr("Repairing {subject}", subject=job.subject)),
        "fingerprint": (
            tr("Calculating fingerprints"),
            tr("Calculating fingerprints of {subject}", subject=job.subject),
        ),
    }
    plain, named = titles.get(job.stage, (job.title, job.title))
    return named if job.subject else plain
