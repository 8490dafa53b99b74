"""`scan`: what is new, changed, moved or missing in the libraries."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Libraries, command, new_app
from musicvault.cli.session import Session

app = new_app()

NoFingerprints = Annotated[
    bool, typer.Option("--no-fingerprints", help="Leave out the acoustic fingerprints; they take longest.")
]


@command(app, "musicvault scan", "musicvault scan --library Jazz --no-fingerprints")
def scan(
    session: Session,
    library: Libraries = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="A mass change that was held back is right: let it pass.")
    ] = False,
    no_fingerprints: NoFingerprints = False,
    dry_run: DryRun = False,
) -> None:
    """Look for new, changed, moved and missing files.

    Each change is judged: your tag edits and renames pass, damage is named, doubtful changes wait for your word."""
    from musicvault.engine.scan import scan as job

    chosen = [found.id for found in choosing.libraries_named(session.catalog, library)]
    session.run(lambda ctx: job(ctx, chosen, confirm=confirm, dry_run=dry_run))
    if session.app.settings.fingerprints and not no_fingerprints and not dry_run:
        from musicvault.engine.fingerprints import fingerprint

        session.run(lambda ctx: fingerprint(ctx, chosen))
