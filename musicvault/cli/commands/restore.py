"""`restore`: give files back from whatever drives are there."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Query, command, new_app
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault restore --to ~/Restored", "musicvault restore 'pastel blues' --to /tmp/music")
def restore(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="Where the files go; made where it isn't there.")],
    query: Query = None,
    dry_run: DryRun = False,
) -> None:
    """Write verified copies of the files into a folder.

    From whatever drives are there, with exact names and times, and nothing else."""
    from musicvault.engine.restore import restore as job

    if query:
        choosing.item_ids(session.catalog, query)
    session.run(lambda ctx: job(ctx, choosing.query(query), choosing.folder(to), dry_run=dry_run))
