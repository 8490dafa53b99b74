"""Durable operations that have begun: reconcile reads them after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog, Transaction


@dataclass(frozen=True, slots=True)
class Intent:
    """`operation` is a word of the crash table ("copy", "replace", "repair", "tag", …)."""

    id: int
    operation: str
    vault_id: str | None
    library_id: int | None
    item_id: int | None
    detail: Mapping[str, object]


def begin(
    transaction: Transaction,
    operation: str,
    *,
    vault_id: str | None = None,
    library_id: int | None = None,
    item_id: int | None = None,
    detail: Mapping[str, object],
) -> int:
    """Record that an operation starts; its own commit comes before the first byte is written."""
    return transaction.insert(
        "INSERT INTO intent(operation, vault_id, library_id, item_id, detail, created_at) VALUES(?, ?, ?, ?, ?, ?)",
        (operation, vault_id, library_id, item_id, json.dumps(dict(detail), sort_keys=True), transaction.now),
    )


def amend(transaction: Transaction, intent_id: int, detail: Mapping[str, object]) -> None:
    """Add to what an intent says, now that more is known."""
    row = transaction.execute("SELECT detail FROM intent WHERE id = ?", (intent_id,)).fetchone()
    merged = {**json.loads(row[0]), **detail}
    transaction.execute("UPDATE intent SET detail = ? WHERE id = ?", (json.dumps(merged, sort_keys=True), intent_id))


def done(transaction: Transaction, intent_ids: Sequence[int]) -> None:
    """Remove intents in the transaction that records their outcome."""
    transaction.executemany("DELETE FROM intent WHERE id = ?", [(intent_id,) for intent_id in intent_ids])


def get(catalog: Catalog, intent_id: int) -> Intent:
    """Raises KeyError."""
    for intent in pending(catalog):
        if intent.id == intent_id:
            return intent
    raise KeyError(intent_id)


def pending(catalog: Catalog, *, vault_id: str | None = None, library_id: int | None = None) -> list[Intent]:
    """Intents of one vault or library, oldest first; without either, all."""
    rows = catalog.rows(
        "SELECT id, operation, vault_id, library_id, item_id, detail FROM intent"
        " WHERE (? IS NULL OR vault_id = ?) AND (? IS NULL OR library_id = ?) ORDER BY id",
        (vault_id, vault_id, library_id, library_id),
    )
    return [Intent(row[0], row[1], row[2], row[3], row[4], json.loads(row[5])) for row in rows]
