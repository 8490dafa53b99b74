"""What a vault lacks, found by joins in SQLite, so that a sync's work grows with what changed (S4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class Lack:
    """An item that is wanted on a vault, and what the catalog has there for it: `replica_id`, `state`, `stored` (path)
    and `held` (content id) are None without a replica. `source`: the library's own file is intact and
    holds the current content, so that a copy may be made from it (M3)."""

    item_id: int
    library_id: int
    path: bytes
    content_id: int
    size: int
    good: int
    source: bool
    replica_id: int | None
    state: ReplicaState | None
    stored: bytes | None
    held: int | None
    rule_id: int = 1


# `lacking` is kept by triggers and by `standing`: it may be set for nothing, and is never missing where it matters.
# The plus leaves SQLite the index of those that lack something, which are few.
_LACKS = """
SELECT i.id, i.library_id, i.folder, i.name, i.content_id, c.size, i.good,
       o.state = 'intact' AND o.content_id = i.content_id,
       r.id, r.state, r.path, r.content_id, i.rule_id
FROM item i JOIN library l ON l.id = i.library_id AND l.removed_at IS NULL
     JOIN content c ON c.id = i.content_id
     LEFT JOIN replica o ON o.item_id = i.id AND o.place = '' AND o.role = 'current'
     LEFT JOIN replica r ON r.item_id = i.id AND r.place = ? AND r.role = 'current'
WHERE i.lacking AND +i.forgotten_at IS NULL AND (
    r.id IS NULL OR r.state = 'missing' OR r.content_id <> i.content_id
    OR r.path <> CAST('data/' || l.slug || '/' || CASE WHEN i.folder = x'' THEN i.name
                      ELSE i.folder || '/' || i.name END AS BLOB)
)
"""


def lacks(catalog: Catalog, vault_id: str) -> Iterator[Lack]:
    """Items of which the vault has no copy, only one of an older content, or one under another name. Names that had to
    be escaped look like other names here: `storage.names` tells."""
    for row in catalog.stream(_LACKS, (vault_id,)):
        yield Lack(
            item_id=row[0],
            library_id=row[1],
            path=join(row[2], row[3]),
            content_id=row[4],
            size=row[5],
            good=row[6],
            source=bool(row[7]),
            replica_id=row[8],
            state=None if row[9] is None else ReplicaState(row[9]),
            stored=row[10],
            held=row[11],
            rule_id=row[12],
        )


def up_to_date(catalog: Catalog, vault_id: str) -> int:
    """How many wanted items the vault has in their current content, by all that is known."""
    return int(
        catalog.value(
            "SELECT count(*) FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
            " WHERE r.vault_id = ? AND r.role = 'current' AND r.content_id = i.content_id AND r.state = 'intact'"
            " AND i.forgotten_at IS NULL AND l.removed_at IS NULL",
            (vault_id,),
        )
    )


@dataclass(frozen=True, slots=True)
class Child:
    """What a stored folder of a vault holds, by name. `item` is the path in the library of the item that lies there, or
    of some item below it."""

    name: bytes
    is_folder: bool
    item: bytes


_CHILDREN = """
SELECT r.path, i.folder, i.name FROM replica r JOIN item i ON i.id = r.item_id
WHERE r.vault_id = ? AND r.path >= ? AND r.path < ? AND r.role = 'current' ORDER BY r.path LIMIT 200
"""


def children(catalog: Catalog, vault_id: str, folder: bytes) -> Iterator[Child]:
    """What the catalog knows directly in a stored folder. Subfolders are leapt over, however much they hold."""
    start, end = folder + b"/", folder + b"0"  # "0" is the byte after "/"
    low = start
    while rows := catalog.rows(_CHILDREN, (vault_id, low, end)):
        for path, item_folder, item_name in rows:
            if path < low:
                continue  # in a subfolder that was seen
            name, below, _ = path[len(start) :].partition(b"/")
            yield Child(name, bool(below), join(item_folder, item_name))
            low = start + name + (b"0" if below else b"\0")


def holder(catalog: Catalog, vault_id: str, path: bytes) -> int | None:
    """The id of the current replica that lies at a stored path."""
    found = catalog.value(
        "SELECT id FROM replica WHERE vault_id = ? AND path = ? AND role = 'current'", (vault_id, path)
    )
    return None if found is None else int(found)
