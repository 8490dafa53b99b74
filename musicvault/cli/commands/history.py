"""`history`: the audit log, of everything or of one file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

import typer

from musicvault.catalog import history as log
from musicvault.catalog import items, libraries, vaults
from musicvault.catalog.database import Catalog
from musicvault.catalog.history import Record
from musicvault.cli import phrases, when
from musicvault.cli.command import command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain.paths import display, split
from musicvault.errors import UsageError
from musicvault.language import tr

app = new_app()

DEFAULT = 100


@command(
    app,
    "musicvault history",
    "musicvault history 'Nina Simone/Pastel Blues/01 Be My Husband.flac'",
    "musicvault history --verify",
    reads=True,
)
def history(
    session: Session,
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="A file: its place, or its path below its library.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="At most so many events, newest first; 0 is all.")
    ] = DEFAULT,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check instead that no event was changed or lost since it was written.")
    ] = False,
) -> None:
    """Show what happened, and when.

    Every copy, edit, repair and decision, and every check with what it found."""
    if verify:
        if path is not None:
            raise UsageError(tr("--verify checks the whole log: leave the file out."))
        _verify(session)
        return
    names = libraries.names(session.catalog, removed=True)
    labels = vaults.labels(session.catalog, removed=True)
    count = 0
    for record in _records(session.catalog, path, limit):
        count += 1
        where = labels.get(record.vault_id or "", "") or names.get(record.library_id or 0, "")
        session.record("event", _values(record, where), _line(record, where))
        if session.reader_gone:
            break
    text = tr("Nothing has happened yet.") if not count else ""
    session.summary({"events": count}, text)


def _verify(session: Session) -> None:
    from musicvault.engine.audit import check_log

    found = check_log(session.context)
    for witness in found.witnesses:
        values = {"where": witness.label, "number": witness.number, "holds": witness.holds}
        session.record("witness", values, witness.sentence)
    if not found.holds:
        session.outcome.end_with(20)
    values = {"events": found.events, "holds": found.holds, "broken_at": found.broken_at, "guarded": found.guarded}
    session.summary(values, found.sentence)


def _records(catalog: Catalog, path: str | None, limit: int) -> Iterable[Record]:
    if path is None:
        return log.latest(catalog, limit or None)
    records = [record for item_id in _items_at(catalog, os.fsencode(path)) for record in log.of_item(catalog, item_id)]
    if not records:
        raise UsageError(tr("No file of a library is known under {path}.", path=display(os.fsencode(path))))
    return records[: limit or None]


def _items_at(catalog: Catalog, path: bytes) -> list[int]:
    """Items of that place on disk, or of that path below any library."""
    found = []
    place = os.path.realpath(path)
    for library in libraries.every(catalog):
        inside = library.root.rstrip(b"/") + b"/"
        below = place[len(inside) :] if place.startswith(inside) else path
        item = items.by_path(catalog, library.id, *split(below)) or items.by_path(catalog, library.id, *split(path))
        if item is not None and item.id not in found:
            found.append(item.id)
    return found


def _values(record: Record, where: str) -> dict[str, object]:
    path: dict[str, object] = {"path": None} if record.path is None else path_values(record.path)
    return {
        "id": record.id,
        "at": when.exact(record.at),
        "event": record.type,
        "outcome": record.outcome,
        **path,
        "where": where,
        "detail": dict(record.detail),
        "batch": record.batch,
        "agent": record.agent,
    }


def _line(record: Record, where: str) -> str:
    at = (when.exact(record.at) or "")[:19].replace("T", " ")
    outcome = "" if record.outcome == "success" else f" ({record.outcome})"
    what = " · ".join(part for part in (where, "" if record.path is None else display(record.path)) if part)
    detail = phrases.detail(record.detail)
    return f"{record.id:>6}  {at}  {record.type}{outcome}  {what}" + (f"\n{' ' * 29}{detail}" if detail else "")
