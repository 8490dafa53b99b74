"""Items that exchange names: none may bear a name that another still has, so all give theirs up first."""

from __future__ import annotations

from collections.abc import Iterable

from musicvault.catalog.database import Transaction


def set_aside(transaction: Transaction, item_ids: Iterable[int]) -> None:
    """Give these items names that no file can have (with a NUL in them), until they get others in this transaction."""
    for item_id in item_ids:
        transaction.execute("UPDATE item SET name = ? WHERE id = ?", (b"\0%d" % item_id, item_id))
