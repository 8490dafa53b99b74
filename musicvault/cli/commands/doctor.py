"""`doctor`: what MusicVault works with here, and what is amiss."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from musicvault import __version__
from musicvault.catalog import libraries, scanned
from musicvault.catalog.database import SQLITE_VERSION
from musicvault.cli.command import command, new_app
from musicvault.cli.session import Session
from musicvault.cli.style import table
from musicvault.domain import wording
from musicvault.domain.paths import display
from musicvault.language import tr

app = new_app()

_PACKAGES = ("mutagen", "av", "blake3", "sqlite-utils", "watchdog", "PySide6-Essentials")
_TOOLS = {
    "fpcalc": "without it fingerprints take longer",
    "flac": "without it FLAC files are checked more slowly",
    "wvunpack": "without it WavPack files are checked by FFmpeg alone",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: `ok` is None where it is only information."""

    group: str
    name: str
    ok: bool | None
    detail: str


@command(app, "musicvault doctor", "musicvault doctor --json", reads=True)
def doctor(session: Session) -> None:
    """Say which tools are here and whether all is sound."""
    found = list(_checks(session))
    marks = {True: tr("ok"), False: tr("amiss"), None: ""}
    lines = table([(check.group, check.name, marks[check.ok], check.detail) for check in found], indent="")
    for check, line in zip(found, lines, strict=True):
        values = {"group": check.group, "name": check.name, "ok": check.ok, "detail": check.detail}
        session.record("check", values, line)
    amiss = sum(check.ok is False for check in found)
    session.summary({"checks": len(found), "amiss": amiss}, "" if amiss else tr("Nothing is amiss."))


def _checks(session: Session) -> Iterator[Check]:
    group = tr("version")
    yield Check(group, "MusicVault", None, __version__)
    yield Check(group, "Python", None, sys.version.split()[0])
    yield Check(group, "SQLite", None, SQLITE_VERSION)
    for name in _PACKAGES:
        try:
            yield Check(group, name, None, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(group, name, None, tr("not installed"))
    for name, lack in _TOOLS.items():
        place = shutil.which(name)
        yield Check(tr("tool"), name, None if place is None else True, place or tr("not found: {lack}", lack=tr(lack)))
    yield _parity()
    yield from _catalog(session)
    yield from _places(session)
    yield from _watching(session)


def _parity() -> Check:
    from musicvault.storage.parity import program

    place = program.executable()
    lack = tr("not found: {lack}", lack=tr("without it drives keep no parity"))
    return Check(tr("tool"), "par2", None if place is None else True, place or lack)


def _catalog(session: Session) -> Iterator[Check]:
    path = session.catalog.path
    size = wording.size(path.stat().st_size)
    problems = session.catalog.check()
    detail = f"{path} ({size})" + "".join(f"; {problem}" for problem in problems[:3])
    yield Check(tr("catalog"), "quick_check", not problems, detail)
    if session.catalog.is_only_read:
        yield Check(tr("catalog"), tr("room"), False, tr("the disk is full: nothing can be recorded"))


def _places(session: Session) -> Iterator[Check]:
    from musicvault.engine.library import online
    from musicvault.engine.locating import locate

    for library in libraries.every(session.catalog):
        here = online(session.context, library)
        yield Check(tr("library"), library.name, here, display(library.root) if here else tr("not connected"))
    for presence in locate(session.context):
        detail = presence.reason or display(presence.root or b"")
        yield Check(tr("drive"), presence.vault.label, presence.writable if presence.online else None, detail)


def _watching(session: Session) -> Iterator[Check]:
    from musicvault.storage.watch_limits import most_watches

    limit = most_watches()
    if not limit:
        return
    folders = sum(len(scanned.folders(session.catalog, library.id)) for library in libraries.every(session.catalog))
    detail = tr("{limit} folders can be watched, {needed} hold your music", limit=f"{limit:,}", needed=f"{folders:,}")
    yield Check(tr("watching"), "max_user_watches", limit > folders, detail)
