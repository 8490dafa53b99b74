"""Versions and quarantine whose time is over, and what still stands of their items."""

from __future__ import annotations

from musicvault.catalog.database import Catalog
from musicvault.domain.proof import Grade, VerifiedCopy


def expired(catalog: Catalog, vault_id: str, now: float, limit: int = 1000) -> list[int]:
    """Replicas on a vault that were kept long enough, of items that are protected in their current content: nothing
    held, nothing damaged, enough copies, fresh proofs."""
    rows = catalog.rows(
        "SELECT r.id FROM replica r JOIN item i ON i.id = r.item_id"
        " WHERE r.vault_id = ? AND r.role <> 'current' AND r.kept_until < ?"
        " AND i.standing = 'protected' AND i.due_at > ? ORDER BY r.kept_until, r.id LIMIT ?",
        (vault_id, now, now, limit),
    )
    return [row[0] for row in rows]


def verified_copies(catalog: Catalog, item_id: int) -> list[VerifiedCopy]:
    """The proven copies of an item's current content, the library's own file included."""
    rows = catalog.rows(
        "SELECT r.id, CASE WHEN r.vault_id IS NULL THEN l.volume_id ELSE v.volume_id END, c.blake3, r.proven_at,"
        " r.grade FROM replica r JOIN item i ON i.id = r.item_id AND i.content_id = r.content_id"
        " JOIN content c ON c.id = r.content_id JOIN library l ON l.id = i.library_id"
        " LEFT JOIN vault v ON v.id = r.vault_id"
        " WHERE r.item_id = ? AND r.role = 'current' AND r.state = 'intact' AND r.proven_at IS NOT NULL"
        " AND v.removed_at IS NULL",
        (item_id,),
    )
    return [VerifiedCopy(row[0], row[1], row[2], row[3], Grade(row[4])) for row in rows if row[4] is not None]
