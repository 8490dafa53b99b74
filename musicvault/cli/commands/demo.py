"""`demo`: damage and healing on a little library of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from musicvault.cli.command import command, new_app
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()


@command(app, "musicvault demo", "musicvault demo --gui", founds=True)
def demo(
    session: Session,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="FOLDER", help="Play it here and keep everything; else it is removed."),
    ] = None,
    gui: Annotated[bool, typer.Option("--gui", help="Open the window on a library with fresh damage.")] = False,
) -> None:
    """See damage found and healed, in under a minute.

    A little library and two pretend drives are made in a folder of their own; your own catalog is not touched.
    """
    place = _made(folder) if folder is not None else Path(tempfile.mkdtemp(prefix="musicvault-demo-"))
    try:
        _play(session, place.resolve(), gui)
    finally:
        if folder is None:
            session.close()
            shutil.rmtree(place, ignore_errors=True)
    kept = tr("Everything is still in {folder} to look at.", folder=place)
    session.summary({"folder": str(place)} if folder is not None else {}, kept if folder is not None else "")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            tr("{folder} can't be made: {cause}.", folder=folder, cause=error.strerror or error)
        ) from error
    return folder


def _play(session: Session, place: Path, gui: bool) -> None:
    from musicvault.engine import demo as stage

    # Even where --catalog names another one: the demo breaks things, and never those of the user.
    session.catalog_path = place / stage.CATALOG_NAME
    if not gui:
        session.run(lambda ctx: stage.demo(ctx, place))
        return
    from musicvault.cli.bare import open_window

    session.run(lambda ctx: stage.damaged_stage(ctx, place))
    session.outcome.forget_counts()
    open_window(session, demo=True)
