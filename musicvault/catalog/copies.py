"""Every physical copy that should hold certain bytes, whichever item it belongs to."""

from __future__ import annotations

from typing import NamedTuple

from musicvault.catalog import replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.replicas import Replica
from musicvault.domain.values import Digests


class Copy(NamedTuple):
    """A replica and the library of its item."""

    replica: Replica
    library_id: int


def of_content(catalog: Catalog, blake3: bytes) -> list[Copy]:
    """Replicas (of all roles but quarantine) whose content has this digest, without those known to be missing."""
    rows = catalog.rows(
        "SELECT r.id, i.library_id FROM content c JOIN replica r ON r.content_id = c.id JOIN item i ON i.id = r.item_id"
        " JOIN library l ON l.id = i.library_id LEFT JOIN vault v ON v.id = r.vault_id"
        " WHERE c.blake3 = ? AND r.state NOT IN ('missing', 'forgotten') AND r.role <> 'quarantine'"
        " AND (v.id IS NOT NULL AND v.removed_at IS NULL OR v.id IS NULL AND l.removed_at IS NULL) ORDER BY r.id",
        (blake3,),
    )
    return [Copy(replicas.get(catalog, replica_id), library_id) for replica_id, library_id in rows]


def digests(catalog: Catalog, blake3: bytes) -> Digests | None:
    """All digests of the content with this one, those of its blocks too where they are known."""
    row = catalog.row(
        "SELECT c.size, c.blake3, c.sha256, coalesce(d.blocks, x'') FROM content c"
        " LEFT JOIN content_detail d ON d.content_id = c.id WHERE c.blake3 = ? ORDER BY length(d.blocks) DESC LIMIT 1",
        (blake3,),
    )
    return None if row is None else Digests(*row)


def siblings(catalog: Catalog, library_id: int, folder: bytes, limit: int) -> list[bytes]:
    """Names of some intact files of one folder of a library."""
    rows = catalog.rows(
        "SELECT i.name FROM item i JOIN replica r ON r.item_id = i.id AND r.place = ''"
        " WHERE i.library_id = ? AND i.folder = ? AND r.state = 'intact' LIMIT ?",
        (library_id, folder, limit),
    )
    return [row[0] for row in rows]
