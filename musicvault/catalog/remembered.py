"""What the background service keeps over a restart: small values by name, in the table `service`.

Nothing of it is about the music: without it work is done once too often and a notification is shown twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from musicvault.catalog.database import Catalog, Transaction


def recall(catalog: Catalog, key: str) -> Any:
    """The value (what JSON can hold), None where there is none."""
    row = catalog.row("SELECT value FROM service WHERE key = ?", (key,))
    return None if row is None else json.loads(row[0])


def recall_all(catalog: Catalog, prefix: str) -> dict[str, Any]:
    """All values whose key begins so, by the rest of the key."""
    rows = catalog.rows("SELECT key, value FROM service WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
    return {key[len(prefix) :]: json.loads(value) for key, value in rows}


def remember(transaction: Transaction, values: Mapping[str, Any]) -> None:
    """Keep these; None lets go of a key."""
    for key, value in values.items():
        if value is None:
            transaction.execute("DELETE FROM service WHERE key = ?", (key,))
        else:
            transaction.execute("INSERT OR REPLACE INTO service VALUES(?, ?)", (key, json.dumps(value)))
