"""`verify`: check a drive, or any BagIt bag, with nothing but itself."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import command, new_app
from musicvault.cli.session import Session
from musicvault.language import tr

app = new_app()


@command(app, "musicvault verify /media/elements", "musicvault verify ~/Archive/some-bag")
def verify(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="The drive's folder, or that of any BagIt bag.")],
) -> None:
    """Check that every byte of a drive or of a BagIt bag is right.

    Needs no catalog, knows only what the folder says of itself, and changes nothing."""
    from musicvault.engine.verify import verify as job

    place = choosing.folder(folder)
    counts = session.run_apart(lambda checkpoint: job(place, checkpoint))
    wrong = any(counts.get(key) for key in ("damaged", "missing", "unreadable", "unlisted"))
    if counts and not wrong:
        kind = tr("The vault is whole.") if counts.get("vault") else tr("The bag is valid.")
        session.note(kind)
