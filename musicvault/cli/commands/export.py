"""`export`: what leaves the house, for archives and for other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli.command import DryRun, Query, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.output import Output, Replace, opened
from musicvault.cli.session import Session
from musicvault.domain.paths import display
from musicvault.errors import UsageError
from musicvault.language import tr, trn

app = new_app()
app.info.help = "Manifests, the audit trail, and bags for an archive."


@command(
    app,
    "musicvault export manifest --output music.sha256",
    "cd ~/Music && musicvault export manifest | sha256sum -c --quiet",
    reads=True,
)
def manifest(session: Session, query: Query = None, output: Output = None, replace: Replace = False) -> None:
    """List the SHA-256 digest of each file for `sha256sum -c`.

    It says what the files should be. Paths start at the library's folder; where files of several libraries match,
    each path starts with its library's name, as `restore --to` writes them.
    """
    from musicvault.reports import manifest as report

    choosing.item_ids(session.catalog, query, session.context.now())
    with opened(session, output, replace) as write:
        listed = report.write(session.context, choosing.query(query), write)
    root = {} if listed.root is None else path_values(listed.root, "root")
    said = trn("{count} file listed.", "{count} files listed.", listed.files)
    session.summary({"files": listed.files, **root}, said if output else "")
    if output and listed.root is not None:
        session.note(tr("To check: sha256sum -c, from within {folder}", folder=display(listed.root)))


@command(app, "musicvault export premis --output trail.xml", "musicvault export premis 'pastel blues'", reads=True)
def premis(session: Session, query: Query = None, output: Output = None, replace: Replace = False) -> None:
    """Write files, copies and their history as PREMIS 3 (XML).

    The vocabulary of the Library of Congress for digital preservation, which archives read.
    """
    from musicvault.catalog.search import item_ids
    from musicvault.reports import premis as report

    text = choosing.query(query)
    ids = item_ids(session.catalog, text, forgotten=True)
    if not ids:
        raise UsageError(tr("No file matches {query}.", query=f'"{text}"'))
    with opened(session, output, replace) as write:
        done = report.write(session.context, ids, write, whole=not text.strip())
    said = tr("{objects} files and {events} events.", objects=f"{done.objects:,}", events=f"{done.events:,}")
    values = {"objects": done.objects, "events": done.events, "agents": done.agents}
    session.summary(values, said if output else "")


@command(
    app, "musicvault export bag 'pastel blues' /media/usb/delivery --org 'Radio X' --contact archive@radio.example"
)
def bag(
    session: Session,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A search query; '' is every file.")],
    dest: Annotated[str, typer.Argument(metavar="DEST", help="The bag's folder. It must not be there yet.")],
    org: Annotated[
        str | None, typer.Option("--org", metavar="NAME", help="Who sends it; else as in the settings.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", metavar="TEXT", help="Name or address; else as in the settings.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Pack files into a bag for an archive (BagIt 1.0).

    Verified copies with a manifest, who sends them, and their audit trail. There is a whole bag at the end or none.
    """
    from musicvault.reports.bags import Sender
    from musicvault.reports.bags import bag as job

    settings = session.app.settings
    sender = Sender(settings.organization if org is None else org, settings.contact if contact is None else contact)
    target = choosing.folder(dest)
    session.summary(path_values(target))
    session.run(lambda ctx: job(ctx, query, target, sender, dry_run=dry_run))
