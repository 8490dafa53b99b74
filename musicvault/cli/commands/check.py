"""`check`: does the sound decode?"""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Libraries, Query, command, new_app
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault check", "musicvault check 'pastel blues'", "musicvault check --library Jazz --again")
def check(
    session: Session,
    query: Query = None,
    library: Libraries = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also what another version of a decoder tried than the one here.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Let decoders try the sound of each track.

    What was tried isn't tried again, so it goes on where it stopped. A file that never was right is named and kept as
    it is; that is no alarm and changes no exit code.
    """
    from musicvault.engine.decoding import check as job

    libraries = [found.id for found in choosing.libraries_named(session.catalog, library)]
    if query:
        choosing.item_ids(session.catalog, query, session.context.now())
    chosen = libraries if library else None
    session.run(lambda ctx: job(ctx, query=choosing.query(query), library_ids=chosen, again=again, dry_run=dry_run))
