"""What decoders said of the sound, by the digest of the whole file; kept apart from the catalog proper, because it can
be found out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join

Decoder = tuple[str, str]
"""A decoder's name and version."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """`outcome` is "clean", "broken", or "unknown" where no decoder at hand could tell; `detail` is one line in the
    decoder's own words; `at` in seconds since the epoch."""

    outcome: str
    tool: str
    version: str
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A track that no decoder has tried; `size` and `mtime_ns` are those of the library's file with these bytes."""

    item_id: int
    library_id: int
    path: bytes
    blake3: bytes
    size: int
    mtime_ns: int


_UNCHECKED = """
FROM item i NOT INDEXED JOIN content c ON c.id = i.content_id
     JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'
WHERE i.kind = 'track' AND i.forgotten_at IS NULL AND r.state = 'intact' AND r.content_id = c.id AND c.size > 0
  AND {scope} AND NOT EXISTS (SELECT 1 FROM derived.decode d WHERE d.blake3 = c.blake3 {stands})
"""


def _condition(scope: str, marks: int, decoders: Collection[Decoder] | None) -> tuple[str, list[object]]:
    """With `decoders` only what one of them said counts, and that it couldn't tell counts for nothing."""
    stands, parameters = "", list[object]()
    if decoders is not None:
        pairs = " OR ".join("(d.tool = ? AND d.version = ?)" for _ in decoders) or "0"
        stands = f"AND d.outcome <> 'unknown' AND ({pairs})"
        parameters = [part for decoder in decoders for part in decoder]
    return _UNCHECKED.format(scope=scope.format(marks=",".join("?" * marks)), stands=stands), parameters


_WHOLE = "i.id > ? AND i.library_id IN ({marks})"
_CHOSEN = "i.id IN ({marks})"
_COLUMNS = "SELECT i.id, i.library_id, i.folder, i.name, c.blake3, r.size, r.mtime_ns"


def unchecked(
    catalog: Catalog,
    library_ids: Sequence[int],
    limit: int,
    after: int = 0,
    decoders: Collection[Decoder] | None = None,
) -> list[Unchecked]:
    """Intact tracks of these libraries without a result, by item id; none up to the id `after`. With `decoders` also
    those whose result isn't of one of them."""
    condition, parameters = _condition(_WHOLE, len(library_ids), decoders)
    rows = catalog.rows(f"{_COLUMNS} {condition} ORDER BY i.id LIMIT ?", (after, *library_ids, *parameters, limit))
    return [Unchecked(row[0], row[1], join(row[2], row[3]), *row[4:]) for row in rows]


def unchecked_among(
    catalog: Catalog, item_ids: Sequence[int], decoders: Collection[Decoder] | None = None
) -> list[Unchecked]:
    """The same of these items (a thousand at most)."""
    condition, parameters = _condition(_CHOSEN, len(item_ids), decoders)
    rows = catalog.rows(f"{_COLUMNS} {condition} ORDER BY i.id", (*item_ids, *parameters))
    return [Unchecked(row[0], row[1], join(row[2], row[3]), *row[4:]) for row in rows]


def amount(
    catalog: Catalog, library_ids: Sequence[int], decoders: Collection[Decoder] | None = None
) -> tuple[int, int]:
    """How many tracks are unchecked, and their bytes."""
    condition, parameters = _condition(_WHOLE, len(library_ids), decoders)
    row = catalog.row(f"SELECT count(*), coalesce(sum(c.size), 0) {condition}", (0, *library_ids, *parameters))
    assert row is not None
    return int(row[0]), int(row[1])


def save(catalog: Catalog, blake3: bytes, found: Decoded) -> None:
    """Keep a result in the place of any before."""
    with catalog.derived() as execute:
        execute(
            "INSERT OR REPLACE INTO derived.decode VALUES(?, ?, ?, ?, ?, ?)",
            (blake3, found.outcome, found.tool, found.version, found.detail, found.at),
        )


def load(catalog: Catalog, blake3: bytes) -> Decoded | None:
    """What was said of these bytes."""
    row = catalog.row("SELECT outcome, tool, version, detail, at FROM derived.decode WHERE blake3 = ?", (blake3,))
    return None if row is None else Decoded(*row)


def counts(catalog: Catalog) -> Mapping[str, int]:
    """How many different contents have which outcome, those of older versions included."""
    rows = catalog.rows("SELECT outcome, count(*) FROM derived.decode GROUP BY outcome")
    return Counter({row[0]: row[1] for row in rows})


def broken(catalog: Catalog) -> list[bytes]:
    """Digests of what a decoder rejected."""
    return [row[0] for row in catalog.rows("SELECT blake3 FROM derived.decode WHERE outcome = 'broken'")]


def with_content(catalog: Catalog, blake3: bytes) -> list[int]:
    """Tracks of libraries looked after that hold these bytes now and are intact."""
    rows = catalog.rows(
        "SELECT i.id FROM content c CROSS JOIN item i ON i.id = c.item_id AND i.content_id = c.id"
        " CROSS JOIN library l ON l.id = i.library_id"
        " CROSS JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'"
        " WHERE c.blake3 = ? AND i.kind = 'track' AND i.forgotten_at IS NULL AND l.removed_at IS NULL"
        " AND r.state = 'intact' ORDER BY i.id",
        (blake3,),
    )
    return [row[0] for row in rows]
