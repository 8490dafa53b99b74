"""`watch`: protect changes as they happen."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import command, new_app
from musicvault.cli.session import Session

app = new_app()


@command(app, "musicvault watch", "musicvault watch --once")
def watch(
    session: Session,
    once: Annotated[
        bool, typer.Option("--once", help="One round over everything that is connected, then end.")
    ] = False,
) -> None:
    """Stay, watch the libraries, and protect what changes.

    A change that has settled is scanned and copied to the drives that are there.

    Ctrl-C ends it.
    """
    from musicvault.runtime.watch import watch as job

    choosing.libraries_named(session.catalog, None)
    session.run(lambda ctx: job(ctx, once=once, fingerprints=session.app.settings.fingerprints))
