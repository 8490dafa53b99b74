"""`sync`: bring the drives up to date."""

from __future__ import annotations

from musicvault.cli import choosing
from musicvault.cli.command import Drives, DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()


@command(app, "musicvault sync --dry-run", "musicvault sync --drive Elements")
def sync(session: Session, drive: Drives = None, dry_run: DryRun = False) -> None:
    """Copy what the drives lack.

    Each copy is read back from the drive and compared. Older versions are kept a while."""
    from musicvault.engine.sync import sync as job

    chosen = [vault.id for vault in choosing.drives_named(session.catalog, drive)]
    if not chosen:
        raise UsageError(tr("There is no drive yet. Add one with: musicvault drive add FOLDER"))
    session.run(lambda ctx: job(ctx, chosen if drive else None, dry_run=dry_run))
