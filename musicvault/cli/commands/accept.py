"""`accept`: what stands in the library is right."""

from __future__ import annotations

from musicvault.cli.command import DryRun, SomeFilesOrUndo, Yes, command, new_app
from musicvault.cli.deciding import decide, took_back
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault accept "pastel blues" --dry-run', "musicvault accept '' --yes", "musicvault accept undo")
def accept(
    session: Session,
    query: SomeFilesOrUndo,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Accept changed files as they stand in the library.

    With --dry-run it says what differs from the proven version: fields, pictures, seconds of the sound. `accept undo`
    takes the last acceptance back, `accept undo EVENT` that of an event in `history`: the proven version is put back.
    """
    from musicvault.engine.decide import accept as job
    from musicvault.engine.undoing import undo_accept

    if not took_back(session, undo_accept, query, yes=yes):
        decide(session, job, query, yes=yes)
