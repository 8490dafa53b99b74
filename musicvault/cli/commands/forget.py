"""`forget`: files that were deleted on purpose."""

from __future__ import annotations

from musicvault.cli.command import DryRun, SomeFilesOrUndo, Yes, command, new_app
from musicvault.cli.deciding import decide, took_back
from musicvault.cli.session import Session

app = new_app()


@command(app, 'musicvault forget "old demo" --yes', "musicvault forget undo")
def forget(
    session: Session,
    query: SomeFilesOrUndo,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Stop expecting files that are gone from a library.

    Their copies stay on the drives as long as older versions do. Until then `restore --forgotten` gives them back, and
    `forget undo` takes the last word back, `forget undo EVENT` that of an event in `history`: they are expected again,
    and `repair --missing` puts them in their places.
    """
    from musicvault.engine.decide import forget as job
    from musicvault.engine.undoing import undo_forget

    if not took_back(session, undo_forget, query, yes=yes):
        decide(session, job, query, yes=yes)
