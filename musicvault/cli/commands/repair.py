"""`repair`: rebuild what is damaged from good copies."""

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
    "musicvault repair --dry-run",
    "musicvault repair",
    "musicvault repair 'pastel blues'",
    "musicvault repair --partial --to ~/Remains",
)
def repair(
    session: Session,
    query: Query = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Bring back files that are gone from a library, too.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Give out the best that is left of what can't be healed.")
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FOLDER", help="Where --partial writes; no library or drive.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Rebuild damaged copies from good ones.

    On drives and in libraries; the damaged bytes are kept aside.

    Files that are gone from a library come back only when you name them or say --missing: you may have deleted them.

    Drives that nobody has read since a rebuild or --adopt-vault took them in are read first.

    What no copy within reach has is named in bytes and in time. With --partial nothing is repaired: the best that is
    left of such files goes to the folder, as NAME.partial-damaged, each with its damage map beside it.
    """
    from musicvault.engine.repair import repair as job
    from musicvault.engine.unread import repair_all

    if partial != (to is not None) or (partial and missing):
        raise UsageError(tr("--partial needs --to FOLDER, and goes with nothing else."))
    if query:
        choosing.item_ids(session.catalog, query, session.context.now())
    text = choosing.query(query) if query else None
    if to is not None:
        from musicvault.engine.partial import give_partial

        folder = choosing.folder(to)
        session.run(lambda ctx: give_partial(ctx, text, folder, dry_run=dry_run))
        return
    if text is None and not dry_run:
        session.run(lambda ctx: repair_all(ctx, missing=missing))
        return
    session.run(lambda ctx: job(ctx, text, missing=missing, dry_run=dry_run))
