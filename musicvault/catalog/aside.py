"""What is kept of an item beside its current content: superseded versions, and copies that were set aside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from musicvault.catalog.database import Catalog
from musicvault.domain.paths import join
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


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of one item that is kept in one role, wherever it lies. `places` are drive labels; `content_id` is 0
    for copies that could not be read whole; `since` and `until` (the first that may go) in seconds since the epoch."""

    item_id: int
    content_id: int
    role: str
    path: bytes
    library: str
    places: tuple[str, ...]
    size: int
    since: float
    until: float


def everything(catalog: Catalog, role: str = "", limit: int = 5000) -> list[Kept]:
    """What is kept of all items on drives in use, in one role or in all, what came last first."""
    rows = catalog.rows(
        f"SELECT i.id, {_VERSION}, r.role, i.folder, i.name, l.name,"
        f" json_group_array(DISTINCT v.label), max(r.size), min(r.seen_at), min(r.kept_until) FROM {_KEPT}"
        " AND (? = '' OR r.role = ?) GROUP BY 1, 2, 3 ORDER BY max(r.seen_at) DESC, i.id LIMIT ?",
        (role, role, limit),
    )
    return [
        Kept(row[0], row[1], row[2], join(row[3], row[4]), row[5], tuple(json.loads(row[6])), *row[7:]) for row in rows
    ]


class Amount(NamedTuple):
    """How much is kept: as many as `everything` lists, the copies that they have on all drives, and their bytes."""

    kept: int
    copies: int
    bytes: int


def amounts(catalog: Catalog) -> dict[str, Amount]:
    """What is kept, by role."""
    rows = catalog.rows(
        f"SELECT role, count(*), sum(copies), sum(bytes) FROM (SELECT r.role, count(*) copies, sum(r.size) bytes"
        f" FROM {_KEPT} GROUP BY i.id, {_VERSION}, r.role) GROUP BY 1"
    )
    return {role: Amount(*counted) for role, *counted in rows}


_VERSION = "CASE WHEN r.state = 'forgotten' THEN 0 ELSE r.content_id END"
_KEPT = """
vault v CROSS JOIN replica r ON r.vault_id = v.id AND r.kept_until IS NOT NULL
     JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id
WHERE v.removed_at IS NULL AND r.role <> 'current'
"""
