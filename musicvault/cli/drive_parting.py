"""`drive retire`, `replace` and `eject`: parting with drives, for good or for now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, command
from musicvault.cli.session import Session
from musicvault.domain import wording
from musicvault.language import tr

if TYPE_CHECKING:
    from musicvault.catalog.vaults import Vault

Label = Annotated[str, typer.Argument(metavar="LABEL", help="The drive's label or folder.")]
Force = Annotated[bool, typer.Option("--force", help="Do it although files fall short of what the policy wants.")]


def add_to(app: typer.Typer) -> None:
    """Register these commands with `drive`."""
    command(app, "musicvault drive retire Elements --dry-run", "musicvault drive retire Elements")(retire)
    command(app, "musicvault drive replace Elements /media/new-drive")(replace)
    command(app, "musicvault drive eject Elements")(eject)


def retire(
    session: Session,
    label: Label,
    force: Force = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back into service.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Part with a drive, once all is proven safe without it.

    First what would fall short is copied to the other drives that are there. Nothing on it is deleted, and it still
    serves to repair and to restore. Refuses with exit code 21, and names the files, where they would fall short.
    """
    from musicvault.engine import retiring

    vault = choosing.drive(session.catalog, label)
    if undo:
        if not dry_run:
            retiring.unretire(session.context, vault)
        session.summary({"label": vault.label, "retired": 0}, tr("{label} is in service.", label=vault.label))
        return
    counts = session.run(lambda ctx: retiring.retire(ctx, vault, force=force, dry_run=dry_run))
    session.note(_parted(vault, counts.get("retired", 0), counts.get("short", 0), dry_run))


def _parted(vault: Vault, retired: int, short: int, dry_run: bool) -> str:
    if retired:
        text = (
            "{label} is retired. It still serves to repair and restore; to forget it: musicvault drive remove {label}"
        )
        return tr(text, label=vault.label)
    if short:
        text = "{label} stays in service: {files} would fall short without it. Add a drive, or sync one with more room."
        return tr(text, label=vault.label, files=wording.files(short))
    return tr("{label} could be retired.", label=vault.label) if dry_run else ""


def replace(
    session: Session,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The drive to part with, connected or not.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A drive's label, or a folder on a new drive.")],
    force: Force = False,
    dry_run: DryRun = False,
) -> None:
    """Put another drive in a drive's place.

    The new one gets all copies, then the old one is retired. An old drive that is dead is no obstacle: its copies come
    from the library and the other drives.
    """
    from musicvault.engine import retiring
    from musicvault.engine.drives import add_drive, check_drive

    vault = choosing.drive(session.catalog, old)
    successor = choosing.known_drive(session.catalog, new)
    if successor is None and dry_run:
        check_drive(session.context, choosing.folder(new))
        session.summary(
            {"label": "", "replaced_drive": vault.label}, tr("A drive would be made in {folder}.", folder=new)
        )
        return
    if successor is None:
        successor = add_drive(session.context, choosing.folder(new), None, vault.site)
    retiring.check_successor(session.context, vault, successor)
    counts = session.run(lambda ctx: retiring.retire(ctx, vault, force=force, dry_run=dry_run))
    session.summary({"label": successor.label, "replaced_drive": vault.label})
    session.note(_parted(vault, counts.get("retired", 0), counts.get("short", 0), dry_run))


def eject(session: Session, label: Label, dry_run: DryRun = False) -> None:
    """Make a drive safe to unplug: finish, flush, unmount it.

    Says when it is safe, or who still uses it."""
    from musicvault.engine.ejecting import eject as job

    vault = choosing.drive(session.catalog, label)
    counts = session.run(lambda ctx: job(ctx, vault, dry_run=dry_run))
    if counts.get("ejected"):
        session.note(tr("It is safe to unplug {label} now.", label=vault.label))
    elif dry_run:
        session.note(tr("{label} could be ejected.", label=vault.label))
