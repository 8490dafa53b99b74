"""`drive`: where the copies are kept."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.catalog import vaults
from musicvault.catalog.vaults import Vault
from musicvault.cli import choosing, drive_health, drive_parting, phrases, policy_lines, when
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain import wording
from musicvault.domain.paths import display, split
from musicvault.language import tr

app = new_app()
app.info.help = "The drives that copies are kept on."

Label = Annotated[str, typer.Argument(metavar="LABEL", help="The drive's label or folder.")]
Percent = Annotated[
    int | None,
    typer.Option("--parity", metavar="PERCENT", help="Keep recovery data of each album there: 0 (none) to 30 %."),
]
Site = Annotated[
    str,
    typer.Option(
        "--site", metavar="SITE", help="Where it is kept (home, office …): drives of one site can burn together."
    ),
]


@command(
    app,
    "musicvault drive add /media/elements --label Elements --site home --parity 5",
    "musicvault drive add /media/old --adopt /media/old/MusicBackup",
    "musicvault drive add /media/from-the-old-computer --adopt-vault",
    founds=True,
)
def add(
    session: Session,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder on the drive.")],
    label: Annotated[
        str | None, typer.Option("--label", metavar="LABEL", help="What to call it; else by its own name.")
    ] = None,
    site: Site = "",
    parity: Percent = None,
    adopt: Annotated[
        str | None, typer.Option("--adopt", metavar="FOLDER", help="Take over an existing backup on that drive.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make another one where the catalog expects a drive that isn't there.")
    ] = False,
    adopt_vault: Annotated[
        bool, typer.Option("--adopt-vault", help="Take over the vault of another catalog, or one with newer changes.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Keep copies on a drive, in FOLDER/MusicVault. Several folders of one disk count as one drive."""
    from musicvault.engine.drives import add_drive, check_drive
    from musicvault.engine.parity.choosing import check_percent, set_parity

    if adopt_vault:
        from musicvault.engine.rebuild.joining import adopt_vault as join

        session.run(lambda ctx: join(ctx, choosing.folder(folder), dry_run=dry_run))
        if dry_run:
            return
    if parity is not None:
        check_percent(parity)
    if dry_run:
        there = check_drive(session.context, choosing.folder(folder), new=new)
        text = tr("A drive folder would be made in {folder}.", folder=folder) if there is None else _known(there.label)
        session.summary({"added": int(there is None), **path_values(choosing.folder(folder))}, text)
        return
    before = {vault.id for vault in vaults.every(session.catalog)}
    vault = add_drive(session.context, choosing.folder(folder), label, site, new=new)
    if parity is not None:
        vault = set_parity(session.context, vault, parity)
    if adopt is not None:
        from musicvault.engine.adoption import adopt as take_over

        backup = choosing.folder(adopt)
        session.run(lambda ctx: take_over(ctx, vault, backup))
    fresh = vault.id not in before
    session.summary(
        {"added": int(fresh), **_values(vault), "online": True},
        _added(session, vault) if fresh else _known(vault.label),
    )
    if site:
        policy_lines.ask_where_this_is(session)


def _added(session: Session, vault: Vault) -> str:
    text = tr("{label} is a drive now. Next: musicvault sync", label=vault.label)
    if vault.parity or len(vaults.every(session.catalog)) > 1:
        return text
    return f"{text}\n{phrases.parity_advice(vault.label)}"


@command(app, "musicvault drive list", name="list", reads=True)
def show_all(session: Session) -> None:
    """List the drives, connected or not."""
    from musicvault.engine.locating import locate
    from musicvault.engine.waiting import waiting

    presences = locate(session.context)
    now = session.context.now()
    for presence, todo in zip(presences, waiting(session.context, presences), strict=True):
        vault = presence.vault
        values = _values(vault, presence.root) | {"online": presence.online, "writable": presence.writable}
        values["reason"] = presence.reason
        values |= {"media": vault.media, "notes": vault.notes, "retired": vault.retired}
        values |= {"overdue": todo.overdue, "lacking": todo.lacking, "lacking_bytes": todo.bytes}
        there = tr("connected") if presence.online else tr("away, seen {ago}", ago=when.ago(vault.seen_at, now))
        there = tr("retired, {there}", there=there) if vault.retired else there
        site = f" ({vault.site})" if vault.site else ""
        text = f"{vault.label}{site}  {display(split(presence.root or vault.folder)[0])}  {there}"
        told = phrases.waiting(todo.label, todo.overdue, todo.lacking, todo.bytes, online=todo.online)
        text += f"\n  {presence.reason}" if presence.is_unusual else ""
        session.record("drive", values, f"{text}\n  {told}" if told and not presence.strange else text)
    text = "" if presences else tr("There is no drive yet. Add one with: musicvault drive add FOLDER")
    session.summary({"drives": len(presences)}, text)


@command(app, "musicvault drive remove Elements")
def remove(session: Session, label: Label, dry_run: DryRun = False) -> None:
    """Stop using a drive. All that is on it stays; its copies no longer count."""
    from musicvault.engine.drives import remove_drive

    vault = choosing.drive(session.catalog, label)
    if not dry_run:
        remove_drive(session.context, vault)
    session.summary(
        {"removed": 0 if dry_run else 1, "label": vault.label},
        tr("{label} would no longer be used.", label=vault.label)
        if dry_run
        else tr("{label} is no longer used. What is on it stays.", label=vault.label),
    )


@command(app, "musicvault drive label Elements 'Elements 4 TB' --site office", name="label")
def relabel(
    session: Session,
    label: Label,
    new_label: Annotated[str | None, typer.Argument(metavar="[NEW]", help="What to call it from now on.")] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="SITE", help="Where it is kept from now on.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Give a drive another label, or note where it is kept."""
    from musicvault.engine.drives import relabel_drive

    vault = choosing.drive(session.catalog, label)
    wanted = vault.label if new_label is None else new_label
    vault = relabel_drive(session.context, vault, wanted, vault.site if site is None else site, dry_run=dry_run)
    kept = tr("{label}, kept at {site}", label=vault.label, site=vault.site) if vault.site else vault.label
    session.summary(_values(vault), kept)
    if site:
        policy_lines.ask_where_this_is(session)


@command(app, "musicvault drive edit Elements --site office --media hdd --notes 'bought 2021'")
def edit(
    session: Session,
    label: Label,
    new_label: Annotated[
        str | None, typer.Option("--label", metavar="LABEL", help="What to call it from now on.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="SITE", help="Where it is kept from now on.")] = None,
    media: Annotated[
        str | None,
        typer.Option("--media", metavar="KIND", help="hdd, ssd, flash, optical, network, or '' for unknown."),
    ] = None,
    notes: Annotated[str | None, typer.Option("--notes", metavar="TEXT", help="Your own words about it.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Change a drive's label, site, kind of medium or notes."""
    from musicvault.engine.drives import describe_drive, relabel_drive

    vault = choosing.drive(session.catalog, label)
    kind = choosing.media(vault.media if media is None else media)
    wanted, place = vault.label if new_label is None else new_label, vault.site if site is None else site
    vault = relabel_drive(session.context, vault, wanted, place, dry_run=dry_run)
    told = vault.notes if notes is None else notes
    vault = describe_drive(session.context, vault, media=kind, notes=told, dry_run=dry_run)
    values = {"label": vault.label, "site": vault.site, "media": vault.media, "notes": vault.notes, "id": vault.id}
    session.summary(values, _described(vault))
    if site:
        policy_lines.ask_where_this_is(session)


def _described(vault: Vault) -> str:
    kind = vault.media.upper() if vault.media in ("hdd", "ssd") else vault.media
    facts = [display(fact.encode("utf-8", "replace")) for fact in (vault.site, kind, vault.notes)]
    return f"{vault.label}: " + (" · ".join(fact for fact in facts if fact) or tr("nothing else is known of it"))


@command(app, "musicvault drive parity Elements 5", "musicvault drive parity Elements 0")
def parity(
    session: Session,
    label: Label,
    percent: Annotated[
        int | None, typer.Argument(metavar="[PERCENT]", help="0 for none, up to 30; without it, say what there is.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Keep recovery data (PAR2) of each album on a drive.

    It heals what no copy has any more. The next sync makes it; it takes about that share of the drive's music; 5 is a
    good choice where there is one drive only.
    """
    from musicvault.engine.parity import choosing as chosen

    vault = choosing.drive(session.catalog, label)
    wanted = vault.parity if percent is None else percent
    chosen.check_percent(wanted)
    if not dry_run:
        vault = chosen.set_parity(session.context, vault, wanted)
    size = chosen.size_of(session.context, vault)
    text = (
        tr("{label} keeps {percent} % parity.", label=vault.label, percent=wanted)
        if wanted
        else tr("{label} keeps no parity.", label=vault.label)
    )
    if size:
        text += " " + tr("It takes {size} there now.", size=wording.size(size))
    if percent is not None and not dry_run:
        text += " " + tr("Next: musicvault sync")
    lack = chosen.lack() if wanted else ""
    values = {"label": vault.label, "parity": wanted, "parity_bytes": size, "usable": not lack}
    session.summary(values, f"{text}\n{lack}" if lack else text)


def _known(label: str) -> str:
    return tr("{label} is known already.", label=label)


def _values(vault: Vault, root: bytes | None = None) -> dict[str, object]:
    return {"label": vault.label, "site": vault.site, **path_values(split(root or vault.folder)[0]), "id": vault.id}


drive_health.add_to(app)
drive_parting.add_to(app)
