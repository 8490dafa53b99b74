"""Copies that aren't what they should be: what needs somebody, and how much of it there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from musicvault.catalog import findings, replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.findings import StoredFinding
from musicvault.catalog.replicas import Replica
from musicvault.domain.states import ReplicaState


def troubled(catalog: Catalog, *, removed: bool = False) -> Iterator[Replica]:
    """Replicas that aren't intact and not let go, in the order of their items; with `removed` also those of libraries
    that are looked after no more."""
    looked_after = "" if removed else " AND l.removed_at IS NULL"
    for row in catalog.rows(
        replicas.SELECT + " JOIN library l ON l.id = i.library_id LEFT JOIN vault v ON v.id = r.vault_id"
        f" WHERE r.state <> 'intact' AND r.state <> 'forgotten'{looked_after} AND v.removed_at IS NULL"
        " ORDER BY +r.item_id, r.id"  # few are in trouble: they have an index of their own
    ):
        yield replicas.of_row(row)


def troubled_in_library(catalog: Catalog, library_id: int) -> list[Replica]:
    """Library files that aren't intact and not let go, by path."""
    rows = catalog.rows(
        replicas.SELECT + " WHERE r.state <> 'intact' AND r.state <> 'forgotten' AND +r.vault_id IS NULL"
        " AND +i.library_id = ? ORDER BY i.folder, i.name",
        (library_id,),
    )
    return [replicas.of_row(row) for row in rows]


def is_braked(catalog: Catalog, library_id: int) -> bool:
    """Whether the mass-change brake holds anything back in a library."""
    row = catalog.row(
        "SELECT 1 FROM finding f CROSS JOIN replica r ON r.id = f.replica_id CROSS JOIN item i ON i.id = r.item_id"
        " WHERE f.braked AND i.library_id = ? LIMIT 1",
        (library_id,),
    )
    return row is not None


def braked(catalog: Catalog, library_id: int) -> list[tuple[Replica, StoredFinding]]:
    """What the mass-change brake holds back in a library, by path."""
    rows = catalog.rows(
        "SELECT f.replica_id FROM finding f CROSS JOIN replica r ON r.id = f.replica_id"
        " CROSS JOIN item i ON i.id = r.item_id"
        " WHERE f.braked AND i.library_id = ? ORDER BY i.folder, i.name",
        (library_id,),
    )
    found = [(replicas.get(catalog, replica_id), findings.of(catalog, replica_id)) for (replica_id,) in rows]
    return [(replica, stored) for replica, stored in found if stored is not None]


class Trouble(NamedTuple):
    """Of how many files, and how many copies of them, are amiss in one way; when the last was found so (seconds since
    the epoch, 0 where there is none)."""

    files: int
    copies: int
    since: float


def standing(catalog: Catalog, *states: ReplicaState, in_library: bool | None = None) -> Trouble:
    """What is in one of these states now (`intact` is none of them), but for what is set aside: in libraries, on drives
    (`in_library` False), or anywhere. What lies on removed drives or belongs to removed libraries is nobody's worry."""
    where = {None: "", True: " AND r.vault_id IS NULL", False: " AND r.vault_id IS NOT NULL"}[in_library]
    marks = ",".join("?" * len(states))
    row = catalog.row(
        "SELECT count(DISTINCT r.item_id), count(*), max(coalesce(f.at, 0)) FROM replica r"
        " JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id LEFT JOIN vault v ON v.id = r.vault_id"
        " LEFT JOIN finding f ON f.replica_id = r.id"
        f" WHERE r.state <> 'intact' AND r.state IN ({marks}) AND r.role <> 'quarantine'{where}"
        " AND l.removed_at IS NULL AND v.removed_at IS NULL",
        states,
    )
    assert row is not None
    return Trouble(int(row[0]), int(row[1]), float(row[2] or 0.0))


def library_states(catalog: Catalog, library_ids: Sequence[int]) -> Counter[ReplicaState]:
    """How many of the libraries' own files are in which state (intact ones aside)."""
    found: Counter[ReplicaState] = Counter()
    marks = ",".join("?" * len(library_ids))
    for state, count in catalog.rows(
        "SELECT r.state, count(*) FROM replica r JOIN item i ON i.id = r.item_id WHERE r.state <> 'intact'"
        f" AND +r.vault_id IS NULL AND +i.library_id IN ({marks}) GROUP BY 1",
        tuple(library_ids),
    ):
        found[ReplicaState(state)] += count
    return found


def count_attention(catalog: Catalog) -> int:
    """Replicas that need the user: damaged, held, foreign or unreadable anywhere, or missing from a library."""
    return int(
        catalog.value(
            "SELECT count(*) FROM replica r JOIN item i ON i.id = r.item_id JOIN library l ON l.id = i.library_id"
            " LEFT JOIN vault v ON v.id = r.vault_id"
            " WHERE r.state <> 'intact' AND r.state <> 'forgotten' AND l.removed_at IS NULL AND v.removed_at IS NULL"
        )
    )


def count_lost(catalog: Catalog) -> int:
    """Files that are missing from their library, or (where that has no place here) from every drive, and of which no
    good copy is known."""
    return int(
        catalog.value(
            "SELECT count(DISTINCT i.id) FROM replica r CROSS JOIN item i ON i.id = r.item_id CROSS JOIN library l"
            " ON l.id = i.library_id WHERE r.state = 'missing' AND r.state <> 'intact'"
            " AND i.sources = 0 AND i.forgotten_at IS NULL AND l.removed_at IS NULL"
            " AND (+r.vault_id IS NULL OR NOT EXISTS(SELECT 1 FROM replica o WHERE o.item_id = i.id"
            " AND o.role = 'current' AND o.state NOT IN ('missing', 'forgotten')))"
        )
    )


def count_missing_short(catalog: Catalog) -> int:
    """Library files that are missing, whose copies on drives are fewer than the policy wants without them."""
    return int(
        catalog.value(
            "SELECT count(*) FROM replica r CROSS JOIN item i ON i.id = r.item_id CROSS JOIN library l"
            " ON l.id = i.library_id WHERE r.state = 'missing' AND r.state <> 'intact' AND +r.vault_id IS NULL"
            " AND i.standing IN ('at-risk', 'short') AND l.removed_at IS NULL"
        )
    )
