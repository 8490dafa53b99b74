"""The items of a library as a scan meets them: folder by folder, and by what they hold when they turn up elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from musicvault.catalog.database import Catalog, Row
from musicvault.catalog.items import Item
from musicvault.domain.paths import join
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Stat


class KnownFile(NamedTuple):
    """What a scan compares a directory entry with: the last stat and state of a library's replica, flat and beginning
    like `storage.walk.Entry`, because there are millions."""

    name: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    links: int
    item_id: int
    replica_id: int
    word: str

    @property
    def stat(self) -> Stat:
        return Stat(self.size, self.mtime_ns, self.ctime_ns, self.inode, 0, self.links)

    @property
    def state(self) -> ReplicaState:
        return ReplicaState(self.word)


_KNOWN_FILE = "i.name, r.size, r.mtime_ns, r.ctime_ns, r.inode, r.links, i.id, r.id, r.state"
_known_file = KnownFile._make


def folder_rows(catalog: Catalog, library_id: int, folder: bytes) -> list[Row]:
    """The items that the catalog knows in one folder, in the order of their names: the fields of a `KnownFile` each,
    plain, because in most folders nothing has changed and none is looked at by itself."""
    return catalog.rows(
        f"SELECT {_KNOWN_FILE} FROM item i"
        " CROSS JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'"
        " WHERE i.library_id = ? AND i.folder = ? ORDER BY i.name",
        (library_id, folder),
    )


def known_files(rows: Iterable[Row]) -> dict[bytes, KnownFile]:
    """What `folder_rows` gave, by name."""
    return {row[0]: _known_file(row) for row in rows}


def folder_files(catalog: Catalog, library_id: int, folder: bytes) -> dict[bytes, KnownFile]:
    """The items that the catalog knows in one folder, by name."""
    return known_files(folder_rows(catalog, library_id, folder))


def folders(catalog: Catalog, library_id: int) -> set[bytes]:
    """Every folder of a library in which the catalog knows an item."""
    rows = catalog.rows("SELECT DISTINCT folder FROM item WHERE library_id = ?", (library_id,))
    return {row[0] for row in rows}


def folders_below(catalog: Catalog, library_id: int, folder: bytes) -> set[bytes]:
    """The same of one folder (not the root) and all below it."""
    rows = catalog.rows(
        "SELECT DISTINCT folder FROM item WHERE library_id = ? AND folder >= ? AND folder < ?",
        (library_id, folder, folder + b"0"),  # "0" is the byte after "/"
    )
    return {row[0] for row in rows if row[0] == folder or row[0].startswith(folder + b"/")}


def sample_paths(catalog: Catalog, library_id: int, limit: int) -> list[bytes]:
    """Some paths that the library is expected to hold, whatever state their files are in, spread over its whole."""
    sql = (
        "SELECT i.folder, i.name FROM item i NOT INDEXED CROSS JOIN replica r ON r.item_id = i.id AND r.place = ''"
        " AND r.role = 'current' WHERE i.library_id = ? AND i.id BETWEEN ? AND ?"
        " AND r.state NOT IN ('missing', 'forgotten') ORDER BY i.id LIMIT 1"
    )
    low, high = catalog.rows("SELECT min(id), max(id) FROM item WHERE library_id = ?", (library_id,))[0]
    if low is None:
        return []
    found: list[bytes] = []
    for part in range(limit):
        start = low + (high - low + 1) * part // limit
        row = catalog.row(sql, (library_id, start, low + (high - low + 1) * (part + 1) // limit - 1))
        if row is not None:
            found.append(join(row[0], row[1]))
    return found


# -- what is recognised elsewhere


@dataclass(frozen=True, slots=True)
class Identity:
    """What an item is recognised by when it turns up under another path."""

    item_id: int
    path: bytes
    blake3: bytes
    essence: tuple[str, bytes] | None
    track: str


def identities(catalog: Catalog, item_ids: Iterable[int]) -> Iterator[Identity]:
    """What the items are recognised by, in the given order."""
    for item_id in item_ids:
        row = catalog.row(
            "SELECT i.folder, i.name, c.blake3, c.essence_kind, c.essence, t.track FROM item i"
            " JOIN content c ON c.id = i.content_id LEFT JOIN track t ON t.item_id = i.id WHERE i.id = ?",
            (item_id,),
        )
        if row is not None:
            essence = None if row[4] is None else (row[3], row[4])
            yield Identity(item_id, join(row[0], row[1]), row[2], essence, row[5] or "")


def with_digest(catalog: Catalog, library_id: int, blake3: bytes) -> list[tuple[bytes, KnownFile]]:
    """The items of a library that hold these bytes, by folder."""
    rows = catalog.rows(
        f"SELECT i.folder, {_KNOWN_FILE}"
        " FROM content c CROSS JOIN item i ON i.id = c.item_id AND i.content_id = c.id"
        " CROSS JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'"
        " WHERE c.blake3 = ? AND i.library_id = ?",
        (blake3, library_id),
    )
    return [(row[0], _known_file(row[1:])) for row in rows]


def with_essence(catalog: Catalog, library_id: int, kind: str, essence: bytes) -> list[tuple[bytes, KnownFile]]:
    """The items of a library that hold this essence, by folder."""
    rows = catalog.rows(
        f"SELECT i.folder, {_KNOWN_FILE}"
        " FROM content c CROSS JOIN item i ON i.id = c.item_id AND i.content_id = c.id"
        " CROSS JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'"
        " WHERE c.essence = ? AND c.essence_kind = ? AND i.library_id = ?",
        (essence, kind, library_id),
    )
    return [(row[0], _known_file(row[1:])) for row in rows]


def linked(catalog: Catalog, item: Item) -> list[int]:
    """Other items of the library that were last seen as further names (hard links) of the same file."""
    rows = catalog.rows(
        "SELECT other.item_id FROM replica mine JOIN content c ON c.blake3 = ? JOIN item i ON i.content_id = c.id"
        " JOIN replica other ON other.item_id = i.id AND other.place = '' AND other.role = 'current'"
        " WHERE mine.item_id = ? AND mine.place = '' AND mine.role = 'current' AND mine.links > 1"
        " AND other.inode = mine.inode AND other.links > 1 AND other.id <> mine.id AND i.library_id = ?",
        (item.content.digests.blake3, item.id, item.library_id),
    )
    return [row[0] for row in rows]
