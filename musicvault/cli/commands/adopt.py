"""`adopt`: what another computer wrote to a drive is right."""

from __future__ import annotations

from musicvault.cli.command import DryRun, SomeFilesOrUndo, Yes, command, new_app
from musicvault.cli.deciding import OneDrive, decide_on_copies
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
    query: SomeFilesOrUndo,
    drive: OneDrive = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Take over copies that another computer wrote to a drive.

    Where the library holds the very same bytes, the copy counts from then on. Else it takes the place of the library's
    file, whose bytes are kept: `adopt undo` puts the files of the last adoption back, `adopt undo EVENT` that of an
    event in `history`.
    """
    from musicvault.engine.foreign.adopting import adopt as job
    from musicvault.engine.foreign.adopting import undo_adopt

    decide_on_copies(session, job, undo_adopt, query, drive, yes=yes)
