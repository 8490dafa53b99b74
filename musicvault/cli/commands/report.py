"""`report`: everything there is to say about how safe the music is, on a page."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli.command import command, new_app
from musicvault.cli.output import Output, Replace, opened
from musicvault.cli.session import Session
from musicvault.errors import UsageError
from musicvault.language import tr

if TYPE_CHECKING:
    from pathlib import Path

    from musicvault.engine.report import Report

app = new_app()


class Format(StrEnum):
    """What the report is written as."""

    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"


@command(
    app,
    "musicvault report --output report.html",
    "musicvault report --format pdf --output report.pdf",
    "musicvault report --format csv --days 365 > report.csv",
    reads=True,
)
def report(
    session: Session,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.HTML,
    output: Output = None,
    replace: Replace = False,
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=3660, help="How far back to tell what was done.")
    ] = 30,
) -> None:
    """Write a report on how safe everything is, and why.

    Standing, drives, findings, proofs, drills, NDSA levels and risk: one page that needs nothing else and prints well;
    or the same as a table or a JSON document.
    """
    from musicvault.engine.report import report as gather

    if session.json and output is None and form is Format.JSON:
        from musicvault.reports.tables import values

        session.summary(values(gather(session.context, days)))
        return
    with opened(session, output, replace) as write:
        found = gather(session.context, days)
        write(_written(session, form, found, session.catalog.path))
    session.summary({"format": form.value}, tr("The report is written.") if output else "")


def _written(session: Session, form: Format, found: Report, catalog: Path) -> bytes:
    from musicvault.reports import tables

    if form is Format.CSV:
        return tables.table(found).encode("utf-8")
    if form is Format.JSON:
        return tables.document(found).encode("utf-8", "backslashreplace")
    from musicvault.reports.page import page, printable

    if form is Format.HTML:
        return page(found, catalog).encode("utf-8", "backslashreplace")
    if session.toolkit is None:
        raise UsageError(tr("PDF is printed by the whole program only. Take --format html and print that."))
    try:
        return session.toolkit.pdf(*printable(found, catalog), tr("MusicVault report"))
    except ImportError as error:
        raise UsageError(
            tr("PDF needs the window's libraries ({cause}). Take --format html and print that.", cause=error)
        ) from error
