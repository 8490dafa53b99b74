"""Restore drills: which copies to try, and how the last one went.

Each drill writes one event for each drive; its result stands in `meta` as well, so that a status needs no walk through
the log.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.events import Event, EventType, Outcome

_KEY = "drill "


@dataclass(frozen=True, slots=True)
class DriveResult:
    """How a drill went on one drive. `run` joins the drives of one drill; `sampled` copies were tried, `right` of them
    came back as they should."""

    run: str
    seed: int
    sampled: int
    right: int


@dataclass(frozen=True, slots=True)
class LastDrill:
    """The newest drill over all its drives; `at` in seconds since the epoch."""

    at: float
    seed: int
    sampled: int
    right: int


def candidates(catalog: Catalog, vault_id: str) -> array[int]:
    """Replica ids of a drive's current copies that are held to be intact, in the order of their ids."""
    # In the order of the table, which is that of the ids: an index would make SQLite jump about and sort.
    rows = catalog.stream(
        "SELECT r.id FROM replica r NOT INDEXED WHERE r.vault_id = ? AND r.role = 'current' AND r.state = 'intact'"
        " AND r.item_id NOT IN (SELECT id FROM item WHERE library_id IN"
        " (SELECT id FROM library WHERE removed_at IS NOT NULL)) ORDER BY r.id",
        (vault_id,),
    )
    return array("q", (row[0] for row in rows))


def record(transaction: Transaction, vault_id: str, result: DriveResult, *, asked: str, complete: bool) -> None:
    """Write down how the drill went on one drive, with the seed that draws the same sample again."""
    transaction.event(
        Event(
            EventType.FIXITY_CHECK,
            Outcome.FAIL if result.right < result.sampled else Outcome.SUCCESS if complete else Outcome.WARNING,
            vault_id=vault_id,
            detail={
                "restore drill": asked,
                "seed": result.seed,
                "sampled": result.sampled,
                "right": result.right,
                "complete": complete,
            },
            batch=f"drill-{result.run}",
        )
    )
    values = [result.run, transaction.now, result.seed, result.sampled, result.right]
    transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_KEY + vault_id, json.dumps(values)))


def last(catalog: Catalog) -> LastDrill | None:
    """The newest drill, None where there never was one."""
    rows = catalog.rows("SELECT value FROM meta WHERE key GLOB ?", (_KEY + "*",))
    found = [json.loads(row[0]) for row in rows]
    if not found:
        return None
    newest = max(found, key=lambda one: float(one[1]))
    of_run = [one for one in found if one[0] == newest[0]]
    return LastDrill(newest[1], newest[2], sum(one[3] for one in of_run), sum(one[4] for one in of_run))
