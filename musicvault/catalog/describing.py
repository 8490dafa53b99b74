"""What lists show and searches find of an item, taken out of the tags and the stream of its current content."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from musicvault.catalog import search
from musicvault.catalog.database import Transaction
from musicvault.domain import marks
from musicvault.domain.values import Examination, Kind

_Fields = Mapping[str, tuple[str, ...]]

_TEXTS = ("title", "artist", "album", "albumartist", "track", "disc", "date", "genre")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def describe(transaction: Transaction, item_id: int, path: bytes, seen: Examination, *, new: bool = False) -> None:
    """(Re)write what is known of a track, and the words of any item; `new` says that it has none yet."""
    if seen.kind is Kind.TRACK:
        transaction.execute(_INSERT, _track(item_id, seen))
    elif not new:
        transaction.execute("DELETE FROM track WHERE item_id = ?", (item_id,))  # by another name it was one
    search.index(transaction, item_id, path, seen.wrapper.fields, new=new)


def describe_new(transaction: Transaction, items: Sequence[tuple[int, bytes, Examination]]) -> None:
    """Write what is known of new items: (item id, path, what was seen) each."""
    transaction.executemany(_INSERT, [_track(item_id, seen) for item_id, _, seen in items if seen.kind is Kind.TRACK])
    search.index_new(transaction, ((item_id, path, seen.wrapper.fields) for item_id, path, seen in items))


def _track(item_id: int, seen: Examination) -> tuple[object, ...]:
    values, stream = seen.wrapper.fields, seen.stream
    return (
        item_id,
        *[_text(values.get(name)) for name in _TEXTS],
        stream.container,
        stream.codec,
        # Unknown is NULL: a file of unknown length isn't shorter than any.
        stream.duration or None,
        stream.sample_rate or None,
        stream.channels or None,
        stream.bits or None,
        stream.bitrate or None,
        stream.lossless,
        seen.problem,
        year_of(values),
        marks.stars_of(values, stream.container),
        marks.plays_of(values),
    )


_INSERT = f"INSERT OR REPLACE INTO track VALUES({', '.join('?' * (len(_TEXTS) + 13))})"


def year_of(values: _Fields) -> int | None:
    """The first four digits that stand by themselves in the date, however that is written; 0000 is none."""
    for text in values.get("date", ()):
        found = _YEAR.search(text)
        if found is not None:
            return int(found[0]) or None
    return None


def _text(values: tuple[str, ...] | None) -> str | None:
    return "; ".join(values) if values else None
