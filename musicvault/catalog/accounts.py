"""Counts that only a report asks for: standing rule by rule, and what the log holds since some time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from musicvault.catalog.database import Catalog
from musicvault.catalog.standing import effective
from musicvault.domain.events import EventType, Outcome
from musicvault.domain.policy import Standing

_LOOKED_AFTER = "forgotten_at IS NULL AND library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


@dataclass(frozen=True, slots=True)
class Done:
    """How many events of one type and outcome there are."""

    type: EventType
    outcome: Outcome
    count: int


def standings(catalog: Catalog, now: float) -> dict[int, dict[Standing, int]]:
    """By rule number, how many items stand where; proofs that fell due since the last write are taken into account."""
    found: dict[int, dict[Standing, int]] = {}
    for rule_id, standing, count, due in catalog.rows(
        "SELECT rule_id, standing, count(*), sum(due_at <= ?) FROM item NOT INDEXED"
        f" WHERE {_LOOKED_AFTER} GROUP BY rule_id, standing",
        (now,),
    ):
        counts = found.setdefault(int(rule_id), dict.fromkeys(Standing, 0))
        counts[effective(Standing(standing), True)] += due
        counts[Standing(standing)] += count - due
    return found


def proven(catalog: Catalog, now: float) -> int:
    """Items whose proofs are as young as their rule wants."""
    return int(catalog.value(f"SELECT count(*) FROM item WHERE {_LOOKED_AFTER} AND due_at > ?", (now,)))


def done(catalog: Catalog, since: float) -> list[Done]:
    """What the log holds since then (seconds since the epoch), by type and outcome."""
    rows = catalog.rows(
        "SELECT type, outcome, count(*) FROM event WHERE at >= ? GROUP BY type, outcome ORDER BY type, outcome",
        (since,),
    )
    return [Done(EventType(row[0]), Outcome(row[1]), row[2]) for row in rows]


def events(catalog: Catalog) -> int:
    """How many events the log holds."""
    return int(catalog.value("SELECT count(*) FROM event"))


def snapshots(catalog: Catalog) -> int:
    """How many drives hold a snapshot of the catalog."""
    return int(catalog.value("SELECT count(*) FROM vault WHERE removed_at IS NULL AND snapshot_at IS NOT NULL"))


def recognised(catalog: Catalog) -> int:
    """Tracks whose container was recognised."""
    return int(
        catalog.value(
            "SELECT count(*) FROM item i NOT INDEXED CROSS JOIN track t ON t.item_id = i.id"
            f" WHERE i.kind = 'track' AND coalesce(t.container, '') <> '' AND i.{_LOOKED_AFTER}"
        )
    )


def titled(catalog: Catalog) -> int:
    """Tracks that have a title."""
    return int(
        catalog.value(
            "SELECT count(*) FROM item i NOT INDEXED CROSS JOIN track t ON t.item_id = i.id"
            f" WHERE i.kind = 'track' AND coalesce(t.title, '') <> '' AND i.{_LOOKED_AFTER}"
        )
    )


def by_outcome(found: list[Done], kind: EventType) -> Mapping[Outcome, int]:
    """Of one type, how many had which outcome."""
    return {one.outcome: one.count for one in found if one.type is kind}
