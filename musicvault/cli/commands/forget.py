"""`forget`: files that were deleted on purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli.command import DryRun, Yes, command, new_app
from musicvault.cli.deciding import decide
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault forget "old demo" --yes')
def forget(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="A search query; '' is every file.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Stop expecting files that are gone from a library.

    Their copies stay on the drives as long as older versions do; until then `restore --forgotten` gives them back."""
    from musicvault.engine.decide import forget as job

    decide(session, job, query, yes=yes)
