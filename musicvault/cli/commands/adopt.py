"""`adopt`: what another computer wrote to a drive is right."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Yes, command, new_app
from musicvault.cli.deciding import OneDrive, careful, decide
from musicvault.cli.session import Session

app = new_app()


@command(
    app,
    'musicvault adopt "pastel blues" --dry-run',
    "musicvault adopt '' --drive NAS --yes",
    "musicvault adopt undo",
)
def adopt(
    session: Session,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="A search query; '' is every file.")],
    drive: OneDrive = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take over copies that another computer wrote to a drive.

    Where the library holds the very same bytes, the copy counts from then on. Else it takes the place of the library's
    file, whose bytes are kept: `adopt undo` puts the files of the last adoption back, `adopt undo EVENT` that of an
    event in `history`.
    """
    if query[0] == "undo" and (len(query) == 1 or (len(query) == 2 and query[1].isdigit())):
        _undo(session, int(query[1]) if len(query) > 1 else None, yes=yes)
        return
    from musicvault.engine.foreign.adopting import adopt as job

    label = choosing.drive(session.catalog, drive).label if drive else ""
    decide(session, partial(job, drive=label), query, yes=yes)


def _undo(session: Session, event: int | None, *, yes: bool) -> None:
    from musicvault.engine.foreign.adopting import undo_adopt

    careful(session, lambda ctx, dry_run: undo_adopt(ctx, event, dry_run=dry_run), yes=yes)
