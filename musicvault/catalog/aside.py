"""What is kept of an item beside its current content: superseded versions, and copies that were set aside."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class AsideCopy:
    """One copy on a drive that doesn't hold its item's current content. `path` is below the vault's root; `since` is
    when it was written there, `until` when it may go (None: it is still under its own name, until the next sync)."""

    replica_id: int
    content_id: int
    vault_id: str
    role: str
    path: bytes
    state: ReplicaState
    size: int
    since: float
    until: float | None


def of_item(catalog: Catalog, item_id: int) -> list[AsideCopy]:
    """Copies of superseded versions, and quarantine, on drives in use; newest first. Of an item that was let go all
    copies are kept aside."""
    rows = catalog.rows(
        "SELECT r.id, r.content_id, r.vault_id, r.role, r.path, r.state, r.size, r.seen_at, r.kept_until"
        " FROM replica r JOIN item i ON i.id = r.item_id JOIN vault v ON v.id = r.vault_id"
        " WHERE r.item_id = ? AND v.removed_at IS NULL AND (r.role <> 'current' OR r.content_id <> i.content_id"
        " OR i.forgotten_at IS NOT NULL)"
        " ORDER BY r.id DESC",
        (item_id,),
    )
    return [
        AsideCopy(replica_id, content_id, vault_id, role, path, ReplicaState(state), size, since, until)
        for replica_id, content_id, vault_id, role, path, state, size, since, until in rows
    ]
