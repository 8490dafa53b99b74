"""`refuse`: what another computer wrote to a drive is not wanted there."""

from __future__ import annotations

from musicvault.cli.command import DryRun, SomeFilesOrUndo, Yes, command, new_app
from musicvault.cli.deciding import OneDrive, decide_on_copies
from musicvault.cli.session import Session

app = new_app()


@command(
    app,
    'musicvault refuse "pastel blues" --dry-run',
    "musicvault refuse '' --drive NAS --yes",
    "musicvault refuse undo",
)
def refuse(
    session: Session,
    query: SomeFilesOrUndo,
    drive: OneDrive = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Set copies aside that another computer wrote to a drive.

    A proven copy of what the library has takes their place. What is set aside is listed by `versions`; `refuse undo`
    lets the copies of the last refusal wait on their drives again, `refuse undo EVENT` that of an event in `history`.
    """
    from musicvault.engine.foreign.refusing import refuse as job
    from musicvault.engine.foreign.refusing import undo_refuse

    decide_on_copies(session, job, undo_refuse, query, drive, yes=yes)
