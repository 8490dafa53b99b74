"""`watch`: protect changes as they happen, prove what is owed, and be there from every login on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli import choosing, when
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.domain import wording
from musicvault.errors import UsageError
from musicvault.language import tr

if TYPE_CHECKING:
    from musicvault.domain.notices import Job
    from musicvault.engine.context import Context
    from musicvault.runtime.mailing import Letter
    from musicvault.runtime.state import State
    from musicvault.settings import Settings

app = new_app()
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


@command(
    app, "musicvault watch", "musicvault watch --once", "musicvault watch --set quiet_hours=08:00-18:00", founds=True
)
def watch(
    session: Session,
    once: Annotated[
        bool, typer.Option("--once", help="One round over everything that is connected, then end.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say whether it runs, what it does and what is next.")
    ] = False,
    install: Annotated[bool, typer.Option("--install", help="Run from every login on, and now.")] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Run no more by itself.")] = False,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting (may be repeated).")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Stay, protect what changes and prove what falls due.

    A change that has settled is scanned and copied to the drives that are there. Copies are proven in slices, the
    oldest proof first, when nobody else needs the computer. What needs you is shown on the desktop.

    Ctrl-C ends it.
    """
    if sum([once, status, install, uninstall]) > 1 or (change and once):
        raise UsageError(tr("Choose one of --once, --status, --install, --uninstall and --set."))
    if dry_run and not once:
        raise UsageError(tr("A dry run is of one round: watch --once --dry-run"))
    session.reads = status and not (change or install or uninstall)
    if change:
        _set(session, change)
    if install or uninstall:
        _installed(session, wanted=install)
    if status:
        _tell(session)
    if not (change or install or uninstall or status):
        _foresee(session) if dry_run else _watch(session, once=once)


def _foresee(session: Session) -> None:
    """What a round would find, copy and heal, each as things are now: what it would find isn't copied yet."""
    from musicvault.catalog import vaults
    from musicvault.engine.repair import repair
    from musicvault.engine.scan import scan
    from musicvault.engine.sync import sync

    chosen = [library.id for library in choosing.libraries_named(session.catalog, None)]
    session.run(lambda ctx: scan(ctx, chosen, dry_run=True))
    if vaults.every(session.catalog):
        session.run(lambda ctx: sync(ctx, None, dry_run=True))
        session.run(lambda ctx: repair(ctx, dry_run=True))


def _watch(session: Session, *, once: bool) -> None:
    """One round needs a library; who stays, as a service does from a login on, waits for the first one."""
    from musicvault.domain.notices import ItemDone
    from musicvault.runtime.watch import watch as job

    missing = ""
    try:
        choosing.libraries_named(session.catalog, None)
    except UsageError as error:
        if once:
            raise
        missing = str(error)
    fingerprints = session.app.settings.fingerprints

    def stays(ctx: Context) -> Job:
        if missing:
            yield ItemDone("noted", b"", reason=missing)
        yield from job(ctx, once=once, fingerprints=fingerprints, report=lambda now: _report(session, now))

    session.run(stays)


def _report(session: Session, ctx: Context) -> Letter:
    """The report that is sent: the text of `status`, and the page of `report`."""
    from musicvault.cli.commands.status import text_of
    from musicvault.engine.report import report
    from musicvault.reports.page import page
    from musicvault.runtime.mailing import Letter

    found = report(ctx)
    text = _COLOURS.sub("", text_of(session, found.status))
    whole = page(found, ctx.catalog.path).encode("utf-8", "backslashreplace")
    return Letter(tr("MusicVault: {sentence}", sentence=found.status.sentence.text), text, whole)


# -- settings


def _set(session: Session, words: list[str]) -> None:
    from musicvault import settings
    from musicvault.runtime import plans

    now = plans.changed(settings.load(), *words)
    settings.save(now)
    session.summary({"settings": _settings_values(now)}, "" if session.json else _settings_lines(now))


def _settings_values(now: Settings) -> dict[str, object]:
    from musicvault.runtime.plans import KEYS

    return {key: getattr(now, key) for key in KEYS}


def _settings_lines(now: Settings) -> str:
    values = _settings_values(now)
    shown = {key: str(value).lower() if isinstance(value, bool) else value for key, value in values.items()}
    return "\n".join(f"  {key} = {value}" for key, value in shown.items())


# -- from every login on


def _installed(session: Session, *, wanted: bool) -> None:
    from musicvault.runtime import integrating

    done = integrating.install(session.catalog_path) if wanted else integrating.uninstall()
    values = {"installed": wanted, "how": done.how, "files": [str(place) for place in done.files]}
    session.summary(values, "" if session.json else done.text)


# -- what it does


def _tell(session: Session) -> None:
    from musicvault import settings
    from musicvault.runtime import integrating, state
    from musicvault.runtime.plans import plans_of
    from musicvault.runtime.state import State

    plans_of(settings.load())
    path = session.catalog.path
    running = state.runs(path)
    found = state.read(path) if running else State()  # what was so when it ended may be otherwise by now
    how = integrating.installed()
    values = {
        "running": running,
        "pid": found.pid or None,
        "since": when.exact(found.since) if found.since else None,
        "doing": found.doing,
        "subject": found.subject,
        "waits": found.waits,
        "next": when.exact(found.next_at) if found.next_at else None,
        "rates": [{"where": name, "bytes_per_second": rate} for name, rate in found.rates],
        "matters": list(found.matters),
        "problems": list(found.problems),
        "limits": list(found.limits),
        "report": when.exact(found.report_at) if found.report_at else None,
        "installed": bool(how),
        "how": how,
        "settings": _settings_values(session.app.settings),
    }
    session.summary(values, "" if session.json else "\n".join(_lines(session, running, how, found)))


def _lines(session: Session, running: bool, how: str, found: State) -> list[str]:
    if not running:
        lines = [tr("MusicVault doesn't watch in the background now.")]
    elif found.doing:
        from musicvault.cli import phrases

        lines = [f"{phrases.running(found.doing, found.subject)} …"]
    else:
        lines = [tr("MusicVault watches (process {pid}).", pid=found.pid)]
    if found.waits:
        why = wording.waits(found.waits)
        lines.append(tr("Proving waits: {why}. Next look: {at}.", why=why, at=when.exact(found.next_at) or "?"))
    for name, rate in found.rates:
        size = wording.size(int(rate * 86400))
        lines.append(tr("  {name}: {size} a day keep every proof in time", name=name, size=size))
    lines += [session.style.bad(text) for text in (*found.matters, *found.problems)]
    lines += found.limits
    if found.report_at:
        lines.append(tr("Next report: {at}.", at=when.exact(found.report_at) or "?"))
    lines.append(
        tr("It starts with every login ({how}).", how=how)
        if how
        else tr("To have it start with every login: musicvault watch --install")
    )
    return [*lines, "", tr("Settings"), _settings_lines(session.app.settings)]
