"""`tag`: show, edit and undo tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from musicvault.catalog import contents, items
from musicvault.cli import choosing
from musicvault.cli.command import DryRun, SomeFilesOrUndo, Yes, command, new_app
from musicvault.cli.deciding import careful
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain.fields import EDITABLE, RAW, SETTABLE
from musicvault.domain.paths import display
from musicvault.domain.values import Kind, Wrapper
from musicvault.errors import UsageError
from musicvault.language import tr, trn

app = new_app()

_UNDO = "undo"
_OTHER_NAMES = {"plays": "playcount"}


@command(
    app,
    "musicvault tag 'pastel blues'",
    "musicvault tag 'pastel blues' --set date=1965 --set genre=Jazz --yes",
    "musicvault tag undo",
)
def tag(
    session: Session,
    query: SomeFilesOrUndo,
    edits: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="New value; empty removes the field (may be repeated)."),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Show tags, edit them, or take an edit back.

    `tag undo` takes the last edit back, byte for byte.

    Fields: title, artist, album, albumartist, track, disc, date, genre, comment, rating (0 to 5), plays. A field named
    twice gets both values.
    """
    if query[0] == _UNDO and not edits:
        _undo(session, query[1:], yes=yes)
    elif edits:
        _set(session, query, edits_of(edits), yes=yes)
    else:
        _show(session, query)


def edits_of(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`FIELD=VALUE` words as edits. Raises UsageError for a word without `=` and for fields that can't be edited."""
    edits: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        field = name.strip().lower().replace(" ", "").replace("_", "").replace("-", "")
        field = _OTHER_NAMES.get(field, field)
        if not equals or field not in SETTABLE:
            raise UsageError(
                tr(
                    "{word}: write FIELD=VALUE, with one of the fields {fields}.",
                    word=word,
                    fields=", ".join((*EDITABLE, "rating", "plays")),
                )
            )
        values = (value,) if value else ()
        edits[field] = edits.get(field, ()) + values
    return edits


def _show(session: Session, query: Sequence[str]) -> None:
    count = 0
    for item in items.many(session.catalog, choosing.item_ids(session.catalog, query, session.context.now())):
        if item.kind is not Kind.TRACK:
            continue
        count += 1
        wrapper = contents.wrapper(session.catalog, item.content.id)
        values = {**path_values(item.path), "tags": {name: list(found) for name, found in wrapper.fields.items()}}
        values["pictures"] = len(wrapper.pictures)
        session.record("tags", values, _lines(item.path, wrapper))
    session.summary({"items": count}, trn("{count} track", "{count} tracks", count))


def _lines(path: bytes, wrapper: Wrapper) -> str:
    shown: Mapping[str, tuple[str, ...]] = {
        name: values for name, values in wrapper.fields.items() if not name.startswith(RAW)
    }
    lines = [display(path)]
    for name, values in shown.items():
        text = display(" · ".join(values).encode("utf-8", "backslashreplace"))
        lines.append(f"    {name}: {text if len(text) <= 200 else text[:200] + ' …'}")
    return "\n".join(lines)


def _set(session: Session, query: Sequence[str], edits: Mapping[str, tuple[str, ...]], *, yes: bool) -> None:
    from musicvault.engine.retag import retag

    found = items.many(session.catalog, choosing.item_ids(session.catalog, query, session.context.now()))
    ids = [item.id for item in found if item.kind is Kind.TRACK]
    if not ids:
        raise UsageError(tr("No track among the files that match."))
    careful(session, lambda ctx, dry_run: retag(ctx, ids, edits, dry_run=dry_run), yes=yes)


def _undo(session: Session, words: Sequence[str], *, yes: bool) -> None:
    from musicvault.engine.retag import undo

    if len(words) > 1 or (words and not words[0].isdigit()):
        raise UsageError(tr("Write: tag undo, or tag undo EVENT with an event's number from history."))
    event = int(words[0]) if words else None
    careful(session, lambda ctx, dry_run: undo(ctx, event, dry_run=dry_run), yes=yes)
