"""Which places hold a good copy of which items, in groups: what the estimate of risk is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.drives import library_drive
from musicvault.domain.risk import Assumptions, Group

_KEY = "risk"
_MOST_PLACES = 62
"""A set of places is one integer of 64 bits."""


def groups(catalog: Catalog) -> list[Group]:
    """Items by rule and by the places (drive ids, `library_drive`'s among them) of their good current copies. One pass
    over items and replicas."""
    places = [row[0] for row in catalog.rows("SELECT id FROM vault WHERE removed_at IS NULL ORDER BY created_at, id")]
    bits = {place: 1 << number for number, place in enumerate(places[: _MOST_PLACES - 1])}
    cases = " ".join("WHEN ? THEN ?" for _ in bits) or "WHEN NULL THEN 0"
    parameters = [value for pair in bits.items() for value in pair]
    own = 1 << (_MOST_PLACES - 1)
    names = {row[0]: row[1] for row in catalog.rows("SELECT id, name FROM rule")}
    rows = catalog.stream(
        "SELECT i.rule_id, i.library_id, coalesce((SELECT sum(CASE r.place WHEN '' THEN ?"
        f" {cases} ELSE 0 END) FROM replica r INDEXED BY replica_current WHERE r.item_id = i.id AND r.role = 'current'"
        " AND r.state = 'intact' AND r.content_id = i.content_id), 0), c.size"
        " FROM item i NOT INDEXED CROSS JOIN content c ON c.id = i.content_id"
        " WHERE i.forgotten_at IS NULL AND i.library_id IN (SELECT id FROM library WHERE removed_at IS NULL)",
        (own, *parameters),
    )
    # Counted here: SQLite would sort everything for it.
    found: dict[tuple[int, int, int], list[int]] = {}
    for rule_id, library_id, held, size in rows:
        amounts = found.setdefault((rule_id, library_id, held), [0, 0])
        amounts[0] += 1
        amounts[1] += size
    return [
        Group(
            names.get(rule_id, ""),
            tuple(
                [library_drive(library_id)] * bool(held & own) + [place for place, bit in bits.items() if held & bit]
            ),
            items,
            size,
        )
        for (rule_id, library_id, held), (items, size) in sorted(found.items())
    ]


def assumptions(catalog: Catalog) -> Assumptions:
    """What the user assumes of drives and repairs; the documented defaults where nothing was said."""
    stored = catalog.value("SELECT value FROM meta WHERE key = ?", (_KEY,))
    return assumed(json.loads(str(stored)) if stored else {})


def assumed(values: Mapping[str, Any]) -> Assumptions:
    """Assumptions with these values in place of the defaults."""
    media = {**Assumptions().media, **values.get("media", {})}
    return Assumptions(media, **{key: value for key, value in values.items() if key != "media"})


def set_assumptions(transaction: Transaction, values: Mapping[str, object]) -> None:
    """Keep these values (those of `Assumptions`, `media` a mapping) in place of the defaults; none restores them."""
    if values:
        transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_KEY, json.dumps(values)))
    else:
        transaction.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
