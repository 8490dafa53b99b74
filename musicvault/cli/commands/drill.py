"""`drill`: does what the drives hold come back right?"""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import Drives, DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.language import tr

app = new_app()


@command(app, "musicvault drill", "musicvault drill --sample 40 --drive Elements", "musicvault drill --sample all")
def drill(
    session: Session,
    sample: Annotated[
        str, typer.Option("--sample", metavar="2%|N|all", help="How many files of each drive: a share or a number.")
    ] = "2%",
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Draw the same sample as a drill before.")
    ] = None,
    drive: Drives = None,
    scratch: Annotated[
        str | None, typer.Option("--scratch", metavar="FOLDER", help="Where files are given back for a moment.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Restore a random sample from each drive, and try it.

    Each file is read from the drive itself, given back into a scratch folder, compared, decoded, its tags read, and
    deleted. The result stays in `history`, with its seed, and in `status`.
    """
    from musicvault.engine import drill as engine

    chosen = engine.sample_of(sample)
    drawn = engine.new_seed() if seed is None else seed
    vaults = [vault.id for vault in choosing.drives_named(session.catalog, drive)] if drive else None
    place = None if scratch is None else choosing.folder(scratch)
    session.summary({"seed": drawn, "sample": str(chosen)})
    session.run(lambda ctx: engine.drill(ctx, chosen, seed=drawn, vault_ids=vaults, scratch=place, dry_run=dry_run))
    session.note(tr("The same sample again: --sample {sample} --seed {seed}", sample=chosen, seed=drawn))
