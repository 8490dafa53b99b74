"""`restore`: give files back from whatever drives are there."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Query, command, new_app
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()


@command(
    app,
    "musicvault restore --to ~/Restored",
    "musicvault restore 'pastel blues' --to /tmp/music",
    "musicvault restore --forgotten 'old demo' --to /tmp/music",
    "musicvault restore --from /media/elements --to ~/Restored",
)
def restore(
    session: Session,
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="Where the files go; made where it isn't there.")],
    query: Query = None,
    sources: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="FOLDER", help="Straight from this drive, without a catalog (may be repeated)."),
    ] = None,
    forgotten: Annotated[
        bool, typer.Option("--forgotten", help="Files that you let go, as long as copies of them are kept.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Write verified copies of the files into a folder.

    From whatever drives are there, with exact names and times, and nothing else."""
    from musicvault.engine.restore import restore as job

    target = choosing.folder(to)
    if sources:
        _straight(session, [choosing.folder(source) for source in sources], choosing.query(query), target, dry_run)
        return
    if forgotten:
        _forgotten_named(session, choosing.query(query))
    elif query:
        choosing.item_ids(session.catalog, query, session.context.now())
    session.run(lambda ctx: job(ctx, choosing.query(query), target, forgotten=forgotten, dry_run=dry_run))


def _forgotten_named(session: Session, query: str) -> None:
    """Raises UsageError where nothing that was let go matches."""
    from musicvault.catalog import search
    from musicvault.catalog.forgotten import ids

    if ids(session.catalog).isdisjoint(
        search.item_ids(session.catalog, query, forgotten=True, now=session.context.now())
    ):
        raise UsageError(tr("No file that was let go matches {query}.", query=f'"{query}"'))


def _straight(session: Session, folders: list[bytes], query: str, target: bytes, dry_run: bool) -> None:
    """No catalog of this computer is opened, and nothing is written to the drives."""
    import time

    from musicvault.engine.rebuild.reading import restore_from

    session.run_apart(lambda checkpoint: restore_from(folders, query, target, checkpoint, time.time, dry_run=dry_run))
