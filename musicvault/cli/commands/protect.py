"""`protect`: the main job, whole."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.commands.scan import NoFingerprints
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault protect ~/Music --to /media/elements --to /media/nas/backup")
def protect(
    session: Session,
    sources: Annotated[list[str], typer.Argument(metavar="FOLDER...", help="Folders of your music.")],
    to: Annotated[list[str], typer.Option("--to", metavar="FOLDER", help="A folder on a drive (may be repeated).")],
    no_fingerprints: NoFingerprints = False,
    dry_run: DryRun = False,
) -> None:
    """The main job: look after music, copy it, prove the copies.

    Every file of the folders gets a copy on every drive named, and each copy is read back and compared. Run it again
    whenever you like: only what changed is done.
    """
    from musicvault.engine.protect import protect as job

    fingerprints = session.app.settings.fingerprints and not no_fingerprints
    places = [choosing.folder(word) for word in to]
    folders = [choosing.folder(word) for word in sources]
    session.run(lambda ctx: job(ctx, folders, places, fingerprints=fingerprints, dry_run=dry_run))
