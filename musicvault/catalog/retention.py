"""Versions and quarantine whose time is over, and what still stands of their items."""

from __future__ import annotations

from musicvault.catalog.database import Catalog
from musicvault.domain.events import EventType
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


def rotten(catalog: Catalog, vault_id: str) -> list[int]:
    """Quarantined replicas on a vault that are no longer what was put aside, of items that are neither damaged nor
    held. What couldn't be read may be what it was (M2): it stays until its time is over."""
    rows = catalog.rows(
        "SELECT r.id FROM replica r JOIN item i ON i.id = r.item_id"
        " WHERE r.vault_id = ? AND r.role = 'quarantine' AND r.state IN ('corrupt', 'missing')"
        " AND i.standing NOT IN ('damaged', 'held') ORDER BY r.id",
        (vault_id,),
    )
    return [row[0] for row in rows]


def is_protected(catalog: Catalog, item_id: int, now: float) -> bool:
    """Whether an item has all that its rule wants: nothing held, nothing damaged, enough copies, fresh proofs."""
    return bool(
        catalog.value("SELECT standing = 'protected' AND due_at > ? FROM item WHERE id = ?", (now, item_id)),
    )


def set_aside(catalog: Catalog, library_id: int) -> list[tuple[int, float, str]]:
    """What was ever set aside from a library: the item, when, and the event's detail. Reads all events."""
    rows = catalog.rows(
        "SELECT e.item_id, e.at, e.detail FROM event e JOIN item i ON i.id = e.item_id"
        " WHERE e.type = ? AND e.library_id = ? AND e.vault_id IS NULL ORDER BY e.id",
        (EventType.QUARANTINE, library_id),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def verified_copies(catalog: Catalog, item_id: int) -> list[VerifiedCopy]:
    """The proven copies of an item's current content, the library's own file included, those on failing drives not.
    Their volume is the disk where it is known: what lies on one disk is lost at once."""
    rows = catalog.rows(
        "SELECT r.id, coalesce(nullif(o.disk, ''), o.id, l.volume_id), c.blake3, r.proven_at,"
        " r.grade FROM replica r JOIN item i ON i.id = r.item_id AND i.content_id = r.content_id"
        " JOIN content c ON c.id = r.content_id JOIN library l ON l.id = i.library_id"
        " LEFT JOIN vault v ON v.id = r.vault_id"
        " LEFT JOIN volume o ON o.id = CASE WHEN r.vault_id IS NULL THEN l.volume_id ELSE v.volume_id END"
        " WHERE r.item_id = ? AND r.role = 'current' AND r.state = 'intact' AND r.proven_at IS NOT NULL"
        " AND v.removed_at IS NULL AND NOT EXISTS(SELECT 1 FROM health h WHERE h.volume_id = o.id"
        " AND h.state = 'failing')",
        (item_id,),
    )
    return [VerifiedCopy(row[0], row[1], row[2], row[3], Grade(row[4])) for row in rows if row[4] is not None]


def let_go(catalog: Catalog, vault_id: str, limit: int = 1000) -> list[int]:
    """Replicas on a vault of items that the user let go, those longest ago first."""
    rows = catalog.rows(
        "SELECT r.id FROM item i CROSS JOIN replica r ON r.item_id = i.id"
        " WHERE i.forgotten_at IS NOT NULL AND r.vault_id = ? ORDER BY i.forgotten_at, r.id LIMIT ?",
        (vault_id, limit),
    )
    return [row[0] for row in rows]


def forgotten_at(catalog: Catalog, item_id: int) -> float | None:
    """When the user let an item go, None where it is expected."""
    moment: float | None = catalog.value("SELECT forgotten_at FROM item WHERE id = ?", (item_id,))
    return moment


def expecting(catalog: Catalog, blake3: bytes) -> list[int]:
    """Items that are expected to hold these bytes."""
    rows = catalog.rows(
        "SELECT i.id FROM content c CROSS JOIN item i ON i.id = c.item_id AND i.content_id = c.id"
        " CROSS JOIN library l ON l.id = i.library_id"
        " WHERE c.blake3 = ? AND i.forgotten_at IS NULL AND l.removed_at IS NULL",
        (blake3,),
    )
    return [row[0] for row in rows]
