"""Each item's standing is kept with it, so that a status of a million items is one indexed count (S4).

Only `refresh` writes it, just before a transaction commits, for the items that the transaction touched.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.policy import Copy, Rule, Standing, assess
from musicvault.domain.states import ReplicaState

_BATCH = 500

_COPIES = """
SELECT r.item_id, r.state, r.content_id = i.content_id, r.vault_id IS NULL, r.proven_at,
       CASE WHEN r.vault_id IS NULL THEN l.volume_id ELSE v.volume_id END,
       v.removed_at
FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id
     LEFT JOIN vault v ON v.id = r.vault_id
WHERE r.role = 'current' AND r.item_id IN ({marks})
"""


def refresh(transaction: Transaction) -> None:
    """Bring the standing of all touched items up to date."""
    touched = sorted(transaction.touched)
    if not touched:
        return
    row = transaction.execute(
        "SELECT name, scope, copies, volumes, proof_days, version_days FROM rule ORDER BY position DESC LIMIT 1"
    ).fetchone()
    rule = Rule(*row)
    for start in range(0, len(touched), _BATCH):
        _refresh_batch(transaction, touched[start : start + _BATCH], rule)


def _refresh_batch(transaction: Transaction, item_ids: Sequence[int], rule: Rule) -> None:
    copies: dict[int, list[Copy]] = defaultdict(list)
    sql = _COPIES.format(marks=",".join("?" * len(item_ids)))
    for item_id, state, current, in_library, proven_at, volume, removed_at in transaction.execute(sql, item_ids):
        if removed_at is None:
            copies[item_id].append(Copy(ReplicaState(state), bool(current), volume, proven_at, bool(in_library)))
    updates = []
    for item_id in item_ids:
        outcome = assess(copies[item_id], rule, transaction.now)
        updates.append(
            (
                outcome.standing.value,
                outcome.good,
                outcome.volumes,
                outcome.due_at,
                json.dumps([missing.value for missing in outcome.missing]),
                item_id,
            )
        )
    transaction.executemany(
        "UPDATE item SET standing = ?, good = ?, volumes = ?, due_at = ?, missing = ? WHERE id = ?", updates
    )


def counts(catalog: Catalog, now: float) -> dict[Standing, int]:
    """How many items stand where, with proofs that fell due since the last write taken into account."""
    found = dict.fromkeys(Standing, 0)
    for standing, count, stale in catalog.rows(
        "SELECT standing, count(*), sum(due_at <= ?) FROM item WHERE forgotten_at IS NULL"
        " AND library_id IN (SELECT id FROM library WHERE removed_at IS NULL) GROUP BY library_id, standing",
        (now,),
    ):
        found[effective(Standing(standing), True)] += stale
        found[Standing(standing)] += count - stale
    return found


def rebuildable(catalog: Catalog) -> int:
    """How many damaged items have a good copy somewhere."""
    return int(
        catalog.value(
            "SELECT count(*) FROM item WHERE forgotten_at IS NULL AND library_id IN"
            " (SELECT id FROM library WHERE removed_at IS NULL) AND standing = 'damaged' AND good > 0"
        )
    )


def effective(standing: Standing, due: bool) -> Standing:
    """The stored standing seen at a later time: a fresh item whose proofs have fallen due is stale."""
    return Standing.STALE if standing is Standing.PROTECTED and due else standing
