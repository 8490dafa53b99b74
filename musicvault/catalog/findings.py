"""Findings that stand: why replicas aren't intact, or were damaged when they came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.damage import Lost
from musicvault.domain.verdict import Evidence, Finding, Verdict


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding that stands. `observed_id` is the content that was found instead (what `accept` would make the
    item's own), None where nothing was read; `lost` what no copy within reach had when that was last looked into."""

    replica_id: int
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    bad_blocks: tuple[int, ...]
    observed_id: int | None
    at: float
    braked: bool
    lost: tuple[Lost, ...] = ()


def of(catalog: Catalog, replica_id: int) -> StoredFinding | None:
    """The finding that stands about a replica, if any."""
    row = catalog.row(
        "SELECT replica_id, verdict, evidence, bad_blocks, observed_id, at, braked, lost FROM finding"
        " WHERE replica_id = ?",
        (replica_id,),
    )
    if row is None:
        return None
    evidence = tuple(Evidence(code, values) for code, values in json.loads(row[2]))
    lost = tuple(Lost(*one) for one in json.loads(row[7]))
    blocks = tuple(json.loads(row[3]))
    return StoredFinding(row[0], Verdict(row[1]), evidence, blocks, row[4], row[5], bool(row[6]), lost)


def of_many(catalog: Catalog, replica_ids: Iterable[int]) -> dict[int, StoredFinding]:
    """The findings that stand about these replicas, by replica id, in the order given."""
    found = {replica_id: of(catalog, replica_id) for replica_id in replica_ids}
    return {replica_id: stored for replica_id, stored in found.items() if stored is not None}


def born_damaged(catalog: Catalog) -> list[int]:
    """Library replicas of what was damaged when it first came, and is kept as it is; by path."""
    rows = catalog.rows(
        "SELECT r.id FROM finding f CROSS JOIN replica r ON r.id = f.replica_id CROSS JOIN item i ON i.id = r.item_id"
        " CROSS JOIN library l ON l.id = i.library_id WHERE f.verdict = 'born-damaged' AND r.vault_id IS NULL"
        " AND i.forgotten_at IS NULL AND l.removed_at IS NULL ORDER BY i.library_id, i.folder, i.name"
    )
    return [int(row[0]) for row in rows]


# -- writing


def keep(
    transaction: Transaction,
    replica_id: int,
    finding: Finding,
    observed_id: int | None = None,
    *,
    braked: bool = False,
) -> None:
    """Keep why a replica isn't intact, or that it was damaged from birth. `observed_id` is the content row of what was
    found (`contents.add`)."""
    transaction.execute(
        "INSERT OR REPLACE INTO finding(replica_id, verdict, evidence, bad_blocks, observed_id, at, braked)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)",
        (
            replica_id,
            finding.verdict,
            json.dumps([[fact.code, dict(fact.values)] for fact in finding.evidence], ensure_ascii=False),
            json.dumps(list(finding.bad_blocks)),
            observed_id,
            transaction.now,
            braked,
        ),
    )


def set_lost(transaction: Transaction, replica_id: int, lost: Sequence[Lost]) -> None:
    """Keep beside a standing finding what no copy within reach has, in bytes and in time."""
    plain = [[one.start, one.end, one.begins, one.ends, one.approximate, one.readable] for one in lost]
    transaction.execute("UPDATE finding SET lost = ? WHERE replica_id = ?", (json.dumps(plain), replica_id))


def release_brake(transaction: Transaction, replica_id: int) -> None:
    """The user confirmed the mass change; the finding itself still stands."""
    transaction.execute("UPDATE finding SET braked = 0 WHERE replica_id = ?", (replica_id,))


def clear(transaction: Transaction, replica_id: int) -> None:
    """Settle a finding. That an item was damaged from birth stays known until it is replaced."""
    transaction.execute("DELETE FROM finding WHERE replica_id = ? AND verdict <> 'born-damaged'", (replica_id,))


def clear_in_library(transaction: Transaction, item_id: int, *, born_damaged: bool = False) -> None:
    """Settle the finding on a library's file; what was damaged from birth stays known unless that is named too."""
    transaction.execute(
        "DELETE FROM finding WHERE replica_id IN"
        " (SELECT id FROM replica WHERE item_id = ? AND place = '' AND role = 'current')"
        " AND (? OR verdict <> 'born-damaged')",
        (item_id, born_damaged),
    )


def clear_born_damaged(transaction: Transaction, replica_id: int) -> None:
    """What spoke for damage from birth has fallen."""
    transaction.execute("DELETE FROM finding WHERE replica_id = ? AND verdict = 'born-damaged'", (replica_id,))


def remove(transaction: Transaction, replica_id: int) -> None:
    """The replica goes, and all that was found about it."""
    transaction.execute("DELETE FROM finding WHERE replica_id = ?", (replica_id,))
