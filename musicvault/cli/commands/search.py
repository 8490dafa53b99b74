"""`search`: files by words of their tags and paths."""

from __future__ import annotations

from musicvault.catalog import libraries
from musicvault.catalog.decodes import Decoded
from musicvault.catalog.search import Found, find
from musicvault.cli import choosing, when
from musicvault.cli.command import Query, command, new_app
from musicvault.cli.jsonlines import path_values
from musicvault.cli.session import Session
from musicvault.domain.paths import display
from musicvault.domain.values import shown
from musicvault.language import tr, trn

app = new_app()


@command(
    app,
    'musicvault search bjork "all is full of love"',
    "musicvault search 'genre:jazz year:<1970 -live'",
    "musicvault search '' --json",
    reads=True,
)
def search(session: Session, query: Query = None) -> None:
    """Find files by words of their tags or path, and by fields.

    Accents and case don't matter, the start of a word is enough; "quoted words" stay together. Fields such as
    artist: genre: year:<1990 rating:>=4 length:>10m added:<30d copies:<2 state:corrupt drive: format:flac, with -not,
    or, and brackets.
    """
    names = libraries.names(session.catalog)
    count = 0
    for found in find(session.catalog, choosing.query(query)):
        count += 1
        session.record("item", _values(found, names), "" if session.json else _line(found))
        if session.reader_gone:
            break
    text = trn("{count} file", "{count} files", count) if count else tr("No file matches.")
    session.summary({"items": count}, text)


def _values(found: Found, names: dict[int, str]) -> dict[str, object]:
    return {
        "id": found.item_id,
        **path_values(found.path),
        "library": names.get(found.library_id, ""),
        "kind": found.kind,
        "bytes": found.size,
        "title": found.title,
        "artist": found.artist,
        "album": found.album,
        "duration": round(found.duration, 3) if found.duration else None,
        "digest": shown(found.blake3, found.sha256),
        "sha256": found.sha256.hex(),
        "essence": found.essence.hex() if found.essence else None,
        "fingerprint": found.fingerprint,
        "decode": None if found.decode is None else _decode_values(found.decode),
        "standing": found.standing,
        "copies": found.good,
    }


def _decode_values(decode: Decoded) -> dict[str, object]:
    return {
        "outcome": decode.outcome,
        "tool": decode.tool,
        "version": decode.version,
        "detail": decode.detail,
        "at": when.exact(decode.at),
    }


def _line(found: Found) -> str:
    what = " – ".join(part for part in (found.artist, found.title) if part)
    shown = display(what.encode("utf-8", "backslashreplace"))
    return f"{display(found.path)}  {shown}" if shown else display(found.path)
