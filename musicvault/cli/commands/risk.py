"""`risk`: how likely it is to lose something within a year, and what would change that."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.domain.risk import Assumptions, Risk
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()


@command(
    app,
    "musicvault risk",
    "musicvault risk --add-drive 'parents' --prove-every 30",
    "musicvault risk --move Elements=office",
    "musicvault risk --assume hdd=0.02 --assume silent_per_tb=0.1",
    reads=True,
)
def risk(
    session: Session,
    add_drive: Annotated[
        str | None, typer.Option("--add-drive", metavar="SITE", help="As if there were another drive, kept there.")
    ] = None,
    prove_every: Annotated[
        int | None, typer.Option("--prove-every", metavar="DAYS", min=1, max=3650, help="As if proven so often.")
    ] = None,
    move: Annotated[
        list[str] | None, typer.Option("--move", metavar="DRIVE=SITE", help="As if the drive were kept there.")
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", metavar="KEY=VALUE", help="Assume this from now on; 'default' restores all."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Estimate how many files would be lost within a year.

    From the copies that are there, the disks, the computer and the sites they share, and how often they are proven.
    What is assumed is shown beside the figure."""
    from musicvault.engine import risk as engine

    supposed = engine.assume(session.context, assume, keep=not dry_run) if assume else None
    now = engine.estimate(session.context)
    for one in now.rules:
        session.record("rule", {"rule": one.rule, **_values(one.risk)}, f"{one.rule}: {engine.say(one.risk)}")
    values: dict[str, Any] = {**_values(now.overall), "assumptions": _plain(now.assumed)}
    text = engine.say(now.overall)
    tried = supposed if dry_run else None
    if add_drive is not None or prove_every is not None or move or tried is not None:
        change = engine.Change(add_drive, prove_every, dict(_moved(word) for word in move or ()), tried)
        then = engine.estimate(session.context, change)
        values["then"] = {**_values(then.overall), "assumptions": _plain(then.assumed)}
        text += "\n" + tr("Then: {sentence}", sentence=engine.say(then.overall))
    session.summary(values, text)
    for line in engine.assumed_lines(tried or now.assumed):
        session.note(line)


def _values(found: Risk) -> dict[str, Any]:
    return {"items": found.items, "lost": found.lost, "chance": found.chance}


def _plain(assumed: Assumptions) -> dict[str, Any]:
    return asdict(assumed) | {"media": dict(assumed.media)}


def _moved(word: str) -> tuple[str, str]:
    label, equals, site = word.rpartition("=")
    if not equals or not label:
        raise UsageError(tr("{word} is no DRIVE=SITE.", word=word))
    return label, site
