"""`repair`: rebuild what is damaged from good copies."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Query, command, new_app
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault repair --dry-run", "musicvault repair", "musicvault repair 'pastel blues'")
def repair(
    session: Session,
    query: Query = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Bring back files that are gone from a library, too.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Rebuild damaged copies from good ones.

    On drives and in libraries; the damaged bytes are kept aside.

    Files that are gone from a library come back only when you name them or say --missing: you may have deleted them.
    """
    from musicvault.engine.repair import repair as job

    if query:
        choosing.item_ids(session.catalog, query)
    text = choosing.query(query) if query else None
    session.run(lambda ctx: job(ctx, text, missing=missing, dry_run=dry_run))
