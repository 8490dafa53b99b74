"""`scrub`: prove every copy by reading it from its medium."""

from __future__ import annotations

from musicvault.cli import choosing
from musicvault.cli.command import Drives, DryRun, Libraries, command, new_app
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault scrub", "musicvault scrub --drive Elements")
def scrub(session: Session, drive: Drives = None, library: Libraries = None, dry_run: DryRun = False) -> None:
    """Prove every copy by reading it from its medium.

    Nothing is taken from memory, and each copy that is no longer what it was is named.

    It goes on where an interrupted one stopped; without options it reads everything that is connected.
    """
    from musicvault.catalog import vaults as known
    from musicvault.engine.scrub import scrub as job

    vaults = [vault.id for vault in choosing.drives_named(session.catalog, drive)] if drive else None
    libraries = [found.id for found in choosing.libraries_named(session.catalog, library)] if library else None
    if drive is None and library is None and not known.every(session.catalog):
        choosing.libraries_named(session.catalog, None)
    session.run(lambda ctx: job(ctx, vault_ids=vaults, library_ids=libraries, dry_run=dry_run))
