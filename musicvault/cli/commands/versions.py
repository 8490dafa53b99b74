"""`versions`: what is kept of files beside their current content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from musicvault.cli import choosing, when
from musicvault.cli.command import SomeFiles, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain import comparison, wording
from musicvault.domain.paths import display
from musicvault.domain.values import shown
from musicvault.errors import UsageError
from musicvault.language import tr, trn

if TYPE_CHECKING:
    from musicvault.engine.versions import Difference, KeptAt, Version

app = new_app()


@command(
    app,
    "musicvault versions 'pastel blues'",
    "musicvault versions 'be my husband' --compare",
    "musicvault versions 'be my husband' --restore 1203 --to ~/Restored",
)
def versions(
    session: Session,
    query: SomeFiles,
    restore: Annotated[
        int | None, typer.Option("--restore", metavar="NUMBER", help="Give this version back, byte for byte.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Say which values and which seconds differ; reads the files.")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="FOLDER", help="Where it goes.")] = None,
) -> None:
    """List what is kept of older versions, and give one back.

    Where each is kept, since when and until when, and what differs from the file as it is now.
    """
    from musicvault.catalog import libraries
    from musicvault.catalog.search import item_ids
    from musicvault.engine import versions as engine

    session.reads = restore is None
    if (restore is None) != (to is None):
        raise UsageError(tr("--restore NUMBER and --to FOLDER go together."))
    text = choosing.query(query)
    ids = item_ids(session.catalog, text, forgotten=bool(text.strip()), now=session.context.now())
    if not ids:
        raise UsageError(tr("No file matches {query}.", query=f'"{text}"'))
    if restore is not None and to is not None:
        number, folder = restore, choosing.folder(to)
        session.run(lambda ctx: engine.give_version(ctx, ids, number, folder))
        return
    count = 0
    last = -1
    names = libraries.names(session.catalog)
    for version in engine.versions(session.context, ids):
        found = engine.comparison(session.context, version) if compare else None
        lines = list(_lines(version))
        lines += [] if found is None else [f"          {comparison.in_words(found)}"]
        if version.item.id != last:
            lines.insert(0, session.style.strong(display(version.item.path)))
        last = version.item.id
        more = {} if found is None else {"comparison": comparison.values(found)}
        session.record("version", {**_values(version, names), **more}, "\n".join(lines))
        count += 1
        if session.reader_gone:
            break
    said = trn("{count} older version or copy set aside", "{count} older versions and copies set aside", count)
    session.summary({"versions": count}, said if count else tr("Nothing older is kept of these files."))


def _values(version: Version, names: dict[int, str]) -> dict[str, object]:
    content = version.content
    return {
        "number": version.number,
        **path_values(version.item.path),
        "library": names.get(version.item.library_id, ""),
        "bytes": version.size,
        "digest": None if content is None else shown(content.digests.blake3, content.digests.sha256),
        "sha256": None if content is None else content.digests.sha256.hex(),
        "since": when.exact(version.since),
        "replaced": when.exact(version.replaced_at),
        "places": [_place_values(place) for place in version.places],
        **_difference_values(version.differs),
    }


def _place_values(place: KeptAt) -> dict[str, object]:
    return {
        "where": place.where,
        "role": place.role,
        "online": place.online,
        **(path_values(place.path) if place.path else {}),
        "since": when.exact(place.since),
        "until": when.exact(place.until),
    }


def _difference_values(differs: Difference | None) -> dict[str, object]:
    if differs is None:
        return {"sound": None, "fields": [], "pictures": False, "blocks": []}
    sound = None if differs.sound is None else "different" if differs.sound else "same"
    return {
        "sound": sound,
        "fields": list(differs.fields),
        "pictures": differs.pictures,
        "blocks": list(differs.blocks),
    }


def _lines(version: Version) -> Iterator[str]:
    number = "—" if version.number is None else str(version.number)
    times = tr("from {since}", since=_day(version.since))
    if version.replaced_at is not None:
        times = tr("from {since} to {until}", since=_day(version.since), until=_day(version.replaced_at))
    yield f"  {number:>6}  {wording.size(version.size)}  {times}  {_differs(version.differs)}".rstrip()
    for place in version.places:
        until = tr("kept until {day}", day=_day(place.until)) if place.until is not None else tr("until the next sync")
        away = "" if place.online else f" ({tr('not connected')})"
        yield f"          {place.where}{away}: {tr(_ROLES[place.role])}, {until}"


_ROLES = {
    "version": "older version",
    "quarantine": "set aside",
    "current": "not brought up to date yet",
    "undo": "kept to undo an edit of tags",
    "forgotten": "of a file that you let go",
}


def _day(seconds: float | None) -> str:
    return (when.exact(seconds) or "")[:10]


def _differs(differs: Difference | None) -> str:
    if differs is None:
        return tr("could not be read whole")
    parts = []
    if differs.fields:
        parts.append(tr("other {fields}", fields=", ".join(differs.fields)))
    if differs.pictures:
        parts.append(tr("other pictures"))
    if differs.sound:
        parts.append(tr("other sound"))
    if not parts and differs.blocks:
        parts.append(trn("{count} block of 1 MiB differs", "{count} blocks of 1 MiB differ", len(differs.blocks)))
    return ", ".join(parts) or tr("other bytes")
