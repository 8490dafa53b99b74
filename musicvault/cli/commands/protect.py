"""`protect`: the main job, whole."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.commands.scan import NoFingerprints
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()


class _Apart(TyperCommand):
    """`protect MUSIC --to ONE TWO` would take TWO for music: who meant two drives would have one, and not know it. So
    the folders of music stand all before the drives, or all behind them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        stray = _behind_a_drive(args)
        if stray is not None and not ctx.resilient_parsing:
            raise UsageError(
                tr(
                    "Is {folder} music or a drive? Each drive needs a --to of its own, and music stands before the "
                    "first --to.",
                    folder=stray,
                )
            )
        return super().parse_args(ctx, args)


def _behind_a_drive(words: list[str]) -> str | None:
    """The first folder behind a `--to` and its drive, where others stand before it."""
    before = after_to = False
    rest = iter(words)
    for word in rest:
        if word in ("--to", "--catalog"):
            after_to |= word == "--to"
            next(rest, None)
        elif word.startswith("--to="):
            after_to = True
        elif not word.startswith("-"):
            if before and after_to:
                return word
            before |= not after_to
    return None


@command(app, "musicvault protect ~/Music --to /media/elements --to /media/nas/backup", cls=_Apart, founds=True)
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
