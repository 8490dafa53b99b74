"""Acoustic fingerprints, kept apart from the catalog proper: they can be computed again."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join
from musicvault.domain.values import Fingerprint

_LACKING = """
FROM item i NOT INDEXED JOIN content c ON c.id = i.content_id
     JOIN replica r ON r.item_id = i.id AND r.place = '' AND r.role = 'current'
WHERE i.kind = 'track' AND i.forgotten_at IS NULL AND r.state = 'intact' AND c.size > 0
  AND i.id > ? AND i.library_id IN ({marks})
  AND NOT EXISTS (SELECT 1 FROM derived.fingerprint f WHERE f.blake3 = c.blake3)
  AND (c.essence IS NULL OR NOT EXISTS (SELECT 1 FROM derived.fingerprint f WHERE f.essence = c.essence))
"""


@dataclass(frozen=True, slots=True)
class Lack:
    """A track without a fingerprint; `size` and `mtime_ns` are those of the file with these bytes."""

    item_id: int
    library_id: int
    path: bytes
    blake3: bytes
    essence: bytes | None
    size: int
    mtime_ns: int


def lacking(catalog: Catalog, library_ids: Sequence[int], limit: int, after: int = 0) -> list[Lack]:
    """Intact tracks without a fingerprint of their sound, by item id; none up to the id `after`."""
    condition = _LACKING.format(marks=",".join("?" * len(library_ids)))
    rows = catalog.rows(
        "SELECT i.id, i.library_id, i.folder, i.name, c.blake3, c.essence, r.size, r.mtime_ns"
        f" {condition} ORDER BY i.id LIMIT ?",
        (after, *library_ids, limit),
    )
    return [Lack(row[0], row[1], join(row[2], row[3]), *row[4:]) for row in rows]


def count_lacking(catalog: Catalog, library_ids: Sequence[int]) -> int:
    condition = _LACKING.format(marks=",".join("?" * len(library_ids)))
    return int(catalog.value(f"SELECT count(*) {condition}", (0, *library_ids)))


def save(catalog: Catalog, blake3: bytes, essence: bytes | None, found: Fingerprint) -> None:
    """Keep a fingerprint under the digest of the file and of its essence, so that a retag needs no other."""
    items = struct.pack(f"<{len(found.items)}I", *found.items)
    _insert(catalog, (blake3, essence, found.duration, items, found.tool, None))


def save_problem(catalog: Catalog, blake3: bytes, problem: str) -> None:
    """Remember that these bytes give no fingerprint, so that they are not tried at every scan."""
    _insert(catalog, (blake3, None, 0.0, b"", "", problem))


def _insert(catalog: Catalog, row: tuple[object, ...]) -> None:
    with catalog.derived() as execute:
        execute("INSERT OR REPLACE INTO derived.fingerprint VALUES(?, ?, ?, ?, ?, ?)", row)


def load(catalog: Catalog, blake3: bytes, essence: bytes | None) -> Fingerprint | None:
    """The fingerprint of these bytes, or of the same sound in other tags."""
    row = catalog.row(
        "SELECT duration, items, tool FROM derived.fingerprint"
        " WHERE problem IS NULL AND (blake3 = ? OR (essence IS NOT NULL AND essence = ?)) LIMIT 1",
        (blake3, essence),
    )
    if row is None:
        return None
    return Fingerprint(row[0], struct.unpack(f"<{len(row[1]) // 4}I", row[1]), row[2])
