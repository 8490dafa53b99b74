"""The counts behind `status` and the Overview, each one indexed query."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.domain.states import ReplicaState


@dataclass(frozen=True, slots=True)
class Totals:
    """Items that are not let go. `bytes` counts hard-linked files once."""

    items: int
    tracks: int
    bytes: int
    added_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """What stands on one vault: current copies only; `oldest_proof` in seconds since the epoch, None without any."""

    items: int
    bytes: int
    intact: int
    oldest_proof: float | None


def totals(catalog: Catalog, library_id: int | None = None) -> Totals:
    """Of all libraries, or of one."""
    chosen = "" if library_id is None else " AND i.library_id = ?"
    parameters = () if library_id is None else (library_id,)
    row = catalog.row(
        "SELECT count(*), coalesce(sum(i.kind = 'track'), 0), coalesce(sum(c.size), 0), max(i.added_at) FROM item i"
        " JOIN content c ON c.id = i.content_id JOIN library l ON l.id = i.library_id"
        " WHERE i.forgotten_at IS NULL AND l.removed_at IS NULL" + chosen,
        parameters,
    )
    assert row is not None
    twice = catalog.value(
        "SELECT coalesce(sum(size * (n - 1)), 0) FROM (SELECT r.size AS size, count(*) AS n FROM replica r"
        " JOIN item i ON i.id = r.item_id WHERE r.vault_id IS NULL AND r.links > 1 AND i.forgotten_at IS NULL"
        + chosen
        + " GROUP BY i.library_id, r.inode)",
        parameters,
    )
    return Totals(int(row[0]), int(row[1]), int(row[2]) - int(twice), row[3])


def states(catalog: Catalog) -> dict[ReplicaState, int]:
    """Replicas in library and vaults by state; every state is a key."""
    found = dict.fromkeys(ReplicaState, 0)
    for state, count in catalog.rows(
        "SELECT r.state, count(*) FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
        " LEFT JOIN vault v ON v.id = r.vault_id"
        " WHERE r.role = 'current' AND l.removed_at IS NULL AND v.removed_at IS NULL GROUP BY 1"
    ):
        found[ReplicaState(state)] += count
    return found


def place(catalog: Catalog, vault_id: str) -> Place:
    row = catalog.row(
        "SELECT count(*), coalesce(sum(size), 0), coalesce(sum(state = 'intact'), 0), min(coalesce(proven_at, 0))"
        " FROM replica WHERE vault_id = ? AND role = 'current' AND state <> 'missing'",
        (vault_id,),
    )
    assert row is not None
    return Place(int(row[0]), int(row[1]), int(row[2]), row[3] or None)


def kept_bytes(catalog: Catalog, vault_id: str) -> int:
    """Bytes of versions and quarantine on a vault."""
    return int(
        catalog.value(
            "SELECT coalesce(sum(size), 0) FROM replica WHERE vault_id = ? AND role <> 'current'", (vault_id,)
        )
    )


def proof_ages(catalog: Catalog, now: float, bucket_days: float = 6.0, buckets: int = 20) -> list[int]:
    """How many current copies were proven how long ago: `buckets` counts of `bucket_days`
    days, the last one open-ended."""
    found = [0] * buckets
    for age, count in catalog.rows(
        "SELECT min(?, max(0, CAST((? - proven_at) / ? AS INTEGER))), count(*) FROM replica"
        " WHERE proven_at IS NOT NULL AND role = 'current' AND state = 'intact' GROUP BY 1",
        (buckets - 1, now, bucket_days * 86400),
    ):
        found[int(age)] += count
    return found


def matrix(catalog: Catalog) -> list[tuple[int, str | None, int, int, float | None]]:
    """(library id, vault id or None for the library itself, intact current copies, items, oldest proof)."""
    return [
        (row[0], row[1], row[2], row[3], row[4])
        for row in catalog.rows(
            "SELECT i.library_id, r.vault_id, sum(r.state = 'intact' AND r.content_id = i.content_id), count(*),"
            " min(r.proven_at)"
            " FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
            " WHERE r.role = 'current' AND i.forgotten_at IS NULL AND l.removed_at IS NULL GROUP BY 1, 2"
        )
    ]
