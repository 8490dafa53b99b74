"""`refuse`: what another computer wrote to a drive is not wanted there."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Yes, command, new_app
from musicvault.cli.deciding import OneDrive, decide
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault refuse "pastel blues" --dry-run', "musicvault refuse '' --drive NAS --yes")
def refuse(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="A search query; '' is every file.")],
    drive: OneDrive = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Set copies aside that another computer wrote to a drive.

    A proven copy of what the library has takes their place. What is set aside is listed by `versions`."""
    from musicvault.engine.foreign.refusing import refuse as job

    label = choosing.drive(session.catalog, drive).label if drive else ""
    decide(session, partial(job, drive=label), query, yes=yes)
