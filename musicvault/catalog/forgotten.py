"""Items that the user let go: not expected any more, their copies kept for a while."""

from __future__ import annotations

from musicvault.catalog.database import Catalog


def ids(catalog: Catalog) -> frozenset[int]:
    """All of them, in libraries that are looked after."""
    rows = catalog.rows(
        "SELECT i.id FROM item i JOIN library l ON l.id = i.library_id"
        " WHERE i.forgotten_at IS NOT NULL AND l.removed_at IS NULL"
    )
    return frozenset(row[0] for row in rows)


def keepers(catalog: Catalog, item_id: int) -> frozenset[str]:
    """The vaults that still hold its content."""
    rows = catalog.rows(
        "SELECT DISTINCT r.vault_id FROM replica r JOIN item i ON i.id = r.item_id AND i.content_id = r.content_id"
        " WHERE i.id = ? AND r.vault_id IS NOT NULL AND r.state <> 'missing'",
        (item_id,),
    )
    return frozenset(row[0] for row in rows)
