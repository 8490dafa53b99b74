"""What the window's table shows: all matching ids in order once, then any page of rows by their ids.

Sorting a million items takes a second, whatever is shown of them; fetching two hundred rows by id takes a
millisecond, wherever they stand. So the order is read once per question and kept as plain numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import narrowing
from musicvault.catalog.database import Catalog, Row
from musicvault.catalog.search import understood
from musicvault.catalog.standing import effective
from musicvault.domain.paths import join
from musicvault.domain.policy import Standing
from musicvault.domain.query import All, AnyOf, Choice, Everything, Query, Range

RECENT_DAYS = 14

_WITHIN_FOLDER = "i.kind = 'companion', CAST(t.disc AS INTEGER), CAST(t.track AS INTEGER), i.name"
_FOLDER = f"i.library_id, i.folder, {_WITHIN_FOLDER}"

ORDERS = {
    "path": "i.library_id, i.folder{way}, " + _WITHIN_FOLDER,
    "album": "t.album IS NULL, t.album COLLATE NOCASE{way}, " + _FOLDER,
    "title": "coalesce(t.title, i.shown) COLLATE NOCASE{way}, i.id",
    "artist": "t.artist IS NULL, t.artist COLLATE NOCASE{way}, t.album COLLATE NOCASE, " + _FOLDER,
    "track": "CAST(t.track AS INTEGER){way}, " + _FOLDER,
    "year": "t.date IS NULL, t.date{way}, " + _FOLDER,
    "genre": "t.genre IS NULL, t.genre COLLATE NOCASE{way}, " + _FOLDER,
    "seconds": "t.duration{way}, i.id",
    "format": "t.codec{way}, t.bits{way}, t.sample_rate{way}, " + _FOLDER,
    "size": "c.size{way}, i.id",
    "library": "l.name COLLATE NOCASE{way}, i.folder, " + _WITHIN_FOLDER,
    "added": "i.added_at{way}, " + _FOLDER,
    "copies": "i.good{way}, " + _FOLDER,
    "state": "CASE i.standing WHEN 'damaged' THEN 0 WHEN 'held' THEN 1 WHEN 'at-risk' THEN 2 WHEN 'short' THEN 3"
    " ELSE 4 END{way}, i.due_at{way}, i.id",
}
"""Every order that can be asked for; `{way}` becomes " DESC" or nothing."""

GROUPED = frozenset({"path", "album"})
"""Orders that keep a folder's items together."""

_FROM = """
item i JOIN library l ON l.id = i.library_id LEFT JOIN track t ON t.item_id = i.id
"""

_ALL_OF = _FROM.replace("item i", "item i NOT INDEXED")
"""Where everything is sorted: in the order of an index, items and tracks lie scattered, and take ten times as long."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items. `kind` "track" or empty; `standings` empty means all, as they are at `now`, when proofs may have
    fallen due; `added_after` in seconds since the epoch."""

    text: str = ""
    kind: str = ""
    standings: tuple[Standing, ...] = ()
    added_after: float | None = None
    library_id: int | None = None
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Listing:
    """Ids in order, and the lengths of the runs of items of one folder (empty where the order mixes folders)."""

    ids: Sequence[int]
    runs: Sequence[int]


@dataclass(frozen=True, slots=True)
class Line:
    """What the table shows of one item. `due_at` is when its proofs fall due, 0 where too few are proven; `rule_id` the
    number of the rule that decides for it."""

    item_id: int
    library: str
    path: bytes
    kind: str
    size: int
    good: int
    standing: Standing
    due_at: float
    added_at: float
    title: str
    artist: str
    album: str
    albumartist: str
    track: str
    date: str
    genre: str
    codec: str
    duration: float
    sample_rate: int
    bits: int
    bitrate: int
    lossless: bool
    rule_id: int


def listing(
    catalog: Catalog, selection: Selection, order: str, *, descending: bool = False, limit: int | None = None
) -> Listing:
    """All matching ids in order, or the first `limit` of them. KeyError for an order that isn't offered."""
    where, parameters, first = _condition(catalog, selection, limit if order == "path" and not descending else None)
    content = " JOIN content c ON c.id = i.content_id" if order == "size" else ""
    by = ORDERS[order].replace("{way}", " DESC" if descending else "")
    source = _FROM if first or order == "path" else _ALL_OF
    ids, runs = array("q"), array("q")
    last: tuple[object, object] | None = None
    grouped = order in GROUPED
    for item_id, library_id, folder in catalog.stream(
        f"SELECT i.id, i.library_id, {'i.folder' if grouped else 'NULL'} FROM {first}{source}{content} WHERE {where}"
        f" ORDER BY {by} LIMIT ?",
        (*parameters, -1 if limit is None else limit),
    ):
        ids.append(item_id)
        if grouped:
            if (library_id, folder) == last:
                runs[-1] += 1
            else:
                last = (library_id, folder)
                runs.append(1)
    return Listing(ids, runs)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many items each of the usual filters would leave."""

    all: int
    tracks: int
    damaged: int
    short: int
    due: int
    recent: int


def totals(catalog: Catalog, selection: Selection, recent_after: float) -> Totals:
    """Counts under the selection's text and library; its other filters don't matter."""
    plain = Selection(selection.text, library_id=selection.library_id, now=selection.now)
    where, parameters, first = _condition(catalog, plain)
    row = catalog.row(
        "SELECT count(*), sum(i.kind = 'track'), sum(i.standing = 'damaged'), sum(i.standing IN ('short', 'at-risk')),"
        " sum(i.standing = 'stale' OR (i.standing = 'protected' AND i.due_at <= ?)), sum(i.added_at >= ?)"
        f" FROM {first}item i JOIN library l ON l.id = i.library_id WHERE {where}",
        (selection.now, recent_after, *parameters),
    )
    assert row is not None
    return Totals(*(int(value or 0) for value in row))


def lines(catalog: Catalog, item_ids: Sequence[int], now: float) -> list[Line]:
    """The rows of these items in the given order; ids that are gone are left out."""
    marks = ",".join("?" * len(item_ids))
    rows = catalog.rows(
        "SELECT i.id, l.name, i.folder, i.name, i.kind, c.size, i.good, i.standing, i.due_at, i.added_at,"
        " t.title, t.artist, t.album, t.albumartist, t.track, t.date, t.genre, t.codec, t.duration, t.sample_rate,"
        " t.bits, t.bitrate, t.lossless, i.rule_id"
        f" FROM {_FROM} JOIN content c ON c.id = i.content_id WHERE i.id IN ({marks})",
        tuple(item_ids),
    )
    found = {row[0]: _line(row, now) for row in rows}
    return [found[item_id] for item_id in item_ids if item_id in found]


_OFFERS = {
    "genre": "SELECT genre FROM track WHERE genre <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 200",
    "format": "SELECT container FROM track WHERE container <> '' GROUP BY 1 ORDER BY count(*) DESC",
    "codec": "SELECT codec FROM track WHERE codec <> '' GROUP BY 1 ORDER BY count(*) DESC LIMIT 50",
    "drive": "SELECT label FROM vault WHERE removed_at IS NULL ORDER BY label",
    "site": "SELECT DISTINCT site FROM vault WHERE removed_at IS NULL AND site <> '' ORDER BY site",
    "library": "SELECT name FROM library WHERE removed_at IS NULL ORDER BY name",
}


def offers(catalog: Catalog) -> dict[str, list[str]]:
    """What a query can name here, by field; the most usual first. Takes half a second for a million items."""
    return {field: [row[0] for row in catalog.rows(sql)] for field, sql in _OFFERS.items()}


def folder_names(catalog: Catalog, library_id: int, folder: bytes) -> list[bytes]:
    """The names of all items in one folder."""
    sql = "SELECT name FROM item WHERE library_id = ? AND folder = ? AND forgotten_at IS NULL"
    return [row[0] for row in catalog.rows(sql, (library_id, folder))]


def _condition(
    catalog: Catalog, selection: Selection, first_of: int | None = None
) -> tuple[str, tuple[object, ...], str]:
    """What stands behind WHERE, the parameters, and what stands before `item i`, whose parameter is the first one.
    `first_of`: only so many are wanted, in the order of paths. Raises QueryError."""
    narrow = narrowing.narrowed(catalog, _query(catalog, selection), selection.now, first_of)
    parts = ["l.removed_at IS NULL", "+i.forgotten_at IS NULL", narrow.where]
    parameters: list[object] = list(narrow.parameters)
    if selection.library_id is not None:
        parts.append("i.library_id = ?")
        parameters.append(selection.library_id)
    return " AND ".join(parts), tuple(parameters), narrow.first


def _query(catalog: Catalog, selection: Selection) -> Query:
    """The text and the filters as one query, all of whose terms can choose the way to its items."""
    terms: list[Query] = []
    text = understood(catalog, selection.text)
    if not isinstance(text, Everything):
        terms += text.terms if isinstance(text, All) else (text,)
    if selection.kind:
        terms.append(Choice("kind", selection.kind))
    if selection.added_after is not None:
        terms.append(Range("added", low=selection.added_after, dated=True))
    standings = tuple(Choice("standing", one.value) for one in selection.standings)
    if standings:
        terms.append(standings[0] if len(standings) == 1 else AnyOf(standings))
    return All(tuple(terms)) if len(terms) > 1 else terms[0] if terms else Everything()


def _line(row: Row, now: float) -> Line:
    standing = effective(Standing(row[7]), row[8] <= now)
    title, artist, album, albumartist, track, date, genre, codec = (value or "" for value in row[10:18])
    return Line(
        row[0],
        row[1],
        join(row[2], row[3]),
        row[4],
        row[5],
        row[6],
        standing,
        row[8],
        row[9],
        title,
        artist,
        album,
        albumartist,
        track,
        date,
        genre,
        codec,
        duration=row[18] or 0.0,
        sample_rate=row[19] or 0,
        bits=row[20] or 0,
        bitrate=row[21] or 0,
        lossless=bool(row[22]),
        rule_id=row[23],
    )
