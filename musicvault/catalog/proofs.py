"""Whose proof falls due when: what the schedule of the background service rests on.

Copies that are damaged, held or missing wait for a repair or for the user, not for another read.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Collection

from musicvault.catalog.database import Catalog
from musicvault.catalog.passes import Place
from musicvault.domain.policy import DAY, Rule
from musicvault.domain.schedule import LONGEST_MARGIN_S, MARGIN, Owed

_GRAIN_S = 21600
_PROVABLE = "r.state IN ('intact', 'suspect', 'unreadable') AND r.role <> 'quarantine'"
_PROVEN = "CASE WHEN r.proven_at BETWEEN 0 AND ?1 THEN r.proven_at ELSE 0 END"
"""A proof of the future (a clock that was wrong) is none."""
_SKIP = "r.id NOT IN (SELECT value FROM json_each(?2))"


def _kept(catalog: Catalog) -> tuple[str, str]:
    """For how many seconds a replica's proof counts under its item's rule, as SQL, and the joins that it takes. Where
    all rules agree nothing is joined."""
    days = [row[0] for row in catalog.rows("SELECT DISTINCT proof_days FROM rule")] or [Rule().proof_days]
    if len(days) == 1:
        return f"{days[0] * DAY}", ""
    join = " JOIN item i ON i.id = r.item_id LEFT JOIN rule u ON u.id = i.rule_id"
    return f"coalesce(u.proof_days, {min(days)}) * {DAY}", join


def owed(catalog: Catalog, now: float, *, skip: Collection[int] = ()) -> dict[Place, tuple[Owed, ...]]:
    """What falls due when under each item's own rule, by place, in steps of a few hours; `skip` are ids of replicas
    that are left out for now."""
    kept, join = _kept(catalog)
    found: dict[Place, list[Owed]] = defaultdict(list)
    columns = f"CAST({_PROVEN} / {_GRAIN_S} AS INTEGER), {kept}, min({_PROVEN}), count(*), sum(r.size)"
    where = f"{_PROVABLE} AND {_SKIP}"
    parameters = (now, json.dumps(list(skip)))
    on_libraries = join or " JOIN item i ON i.id = r.item_id"
    for number, vault_id, _, interval, proven_at, files, size in [
        *catalog.rows(
            f"SELECT NULL, r.vault_id, {columns} FROM replica r{join} WHERE r.vault_id IS NOT NULL AND {where}"
            " GROUP BY 2, 3, 4",
            parameters,
        ),
        *catalog.rows(
            f"SELECT i.library_id, NULL, {columns} FROM replica r{on_libraries} WHERE r.vault_id IS NULL AND {where}"
            " GROUP BY 1, 3, 4",
            parameters,
        ),
    ]:
        due_at = proven_at + interval if proven_at else 0.0
        found[Place(number, vault_id)].append(Owed(due_at, files, size, interval))
    return {place: tuple(entries) for place, entries in found.items()}


def most_urgent_first(catalog: Catalog, place: Place, now: float, *, skip: Collection[int] = ()) -> array[int]:
    """Ids of the place's provable replicas: first what was never proven, then what is wanted first by its rule."""
    kept, join = _kept(catalog)
    on_drive = place.vault_id is not None
    if not join and not on_drive:
        join = " JOIN item i ON i.id = r.item_id"
    where = "r.vault_id = ?3" if on_drive else "r.vault_id IS NULL AND i.library_id = ?3"
    wanted = f"{_PROVEN} > 0, {_PROVEN} + {kept} - min({MARGIN} * {kept}, {LONGEST_MARGIN_S})"
    rows = catalog.rows(
        f"SELECT r.id FROM replica r{join} WHERE {where} AND {_PROVABLE} AND {_SKIP} ORDER BY {wanted}, r.id",
        (now, json.dumps(list(skip)), place.vault_id if on_drive else place.library_id),
    )
    return array("q", (row[0] for row in rows))


def unproven_since(catalog: Catalog, place: Place, began: float, now: float) -> bool:
    """Whether some provable replica of the place was not proven since `began`."""
    on_drive = place.vault_id is not None
    join = "" if on_drive else " JOIN item i ON i.id = r.item_id"
    where = "r.vault_id = ?3" if on_drive else "r.vault_id IS NULL AND i.library_id = ?3"
    found = catalog.rows(
        f"SELECT 1 FROM replica r{join} WHERE {where} AND {_PROVABLE} AND {_PROVEN} < ?2 LIMIT 1",
        (now, began, place.vault_id if on_drive else place.library_id),
    )
    return bool(found)
