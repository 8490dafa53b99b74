"""`reject`: what stands in the library is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli.command import DryRun, Yes, command, new_app
from musicvault.cli.deciding import decide
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault reject "pastel blues" --yes')
def reject(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="A search query; '' is every file.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put the proven version of changed files back.

    What stood in the library is kept aside."""
    from musicvault.engine.decide import reject as job

    decide(session, job, query, yes=yes)
