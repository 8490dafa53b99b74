"""`rebuild`: a new catalog out of nothing but drives."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.language import tr

app = new_app()


@command(
    app,
    "musicvault rebuild --from /media/elements",
    "musicvault rebuild --from /media/elements --from /media/nas/backup",
    founds=True,
)
def rebuild(
    session: Session,
    sources: Annotated[list[str], typer.Option("--from", metavar="FOLDER", help="A drive's folder (may be repeated).")],
    dry_run: DryRun = False,
) -> None:
    """Make a new catalog from one or more drives.

    For a new computer, or after the catalog was lost. The drives belong to it from then on; libraries wait until
    you say where they are."""
    from musicvault.catalog import libraries
    from musicvault.engine.rebuild.job import rebuild as job
    from musicvault.engine.rebuild.reading import try_rebuild

    folders = [choosing.folder(source) for source in sources]
    if dry_run:
        session.run(lambda ctx: try_rebuild(ctx, folders))
        return
    session.run(lambda ctx: job(ctx, folders))
    waiting = [library.name for library in libraries.every(session.catalog) if not library.is_placed]
    for name in waiting:
        session.note(tr("To connect {name}: musicvault library add FOLDER --as '{name}'", name=name))
    session.note(tr("To get the music back: musicvault restore --to FOLDER"))
