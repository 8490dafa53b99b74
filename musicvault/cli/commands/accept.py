"""`accept`: what stands in the library is right."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli.command import DryRun, Yes, command, new_app
from musicvault.cli.deciding import decide
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault accept "pastel blues" --yes')
def accept(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="Words of tags or path; '' is every file.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Accept changed files as they stand in the library."""
    from musicvault.engine.decide import accept as job

    decide(session, job, query, yes=yes)
