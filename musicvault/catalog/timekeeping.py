"""What is kept of the clock between processes, and what becomes of stored times when the believed time leaps.

Deadlines of retention leap with it: nothing expires because a clock was set. After a leap back, what is dated later
than now happened at an unknown time: a proof of the future is none, and never comes true by waiting for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.clocks import Timekeeping
from musicvault.domain.events import Event, EventType

_KEY, _LEAPS = "clock", "clock leaps"
_PROOFS = ("replica", "parity_set")
_UNKNOWN = ("library.scanned_at", "vault.snapshot_at")
_NOW_AT_THE_LATEST = (
    *("volume.seen_at", "vault.seen_at", "replica.seen_at", "finding.at"),
    *("health.at", "health.asked_at", "item.forgotten_at"),
)


def recall(catalog: Catalog) -> tuple[Timekeeping, str] | None:
    """What was kept last, and in which boot."""
    return _recalled(catalog.rows)


def keep(transaction: Transaction, keeping: Timekeeping, boot: str) -> None:
    """Keep this; if the believed time leapt and no other process has seen to it, take the stored times along."""
    stored = _recalled(transaction.execute)
    if keeping.leap and (stored is None or _is_before(*stored, keeping, boot)):
        _leap(transaction, keeping)
    kept = json.dumps([keeping.wall, keeping.steady, keeping.off, keeping.since, keeping.least, boot])
    transaction.execute("INSERT OR REPLACE INTO service VALUES(?, ?)", (_KEY, kept))


def ago(catalog: Catalog, now: float, seconds: float) -> float:
    """What was dated earlier than this is older than so many seconds: what the time leapt ahead meanwhile didn't go by.
    For what keeps its date: events, and files that are kept."""
    earliest = now - seconds
    for at, by in reversed(_leaps(catalog.rows)):
        if earliest < at and by > 0:
            earliest -= by
    return earliest


def _leaps(rows: Callable[..., Iterable[tuple[object, ...]]]) -> list[tuple[float, float]]:
    """When the time leapt, as it was right afterwards, and how far."""
    stored = [value for (value,) in rows("SELECT value FROM service WHERE key = ?", (_LEAPS,))]
    return [(at, by) for at, by in json.loads(str(stored[0]))] if stored else []


def _recalled(rows: Callable[..., Iterable[tuple[object, ...]]]) -> tuple[Timekeeping, str] | None:
    for (value,) in rows("SELECT value FROM service WHERE key = ?", (_KEY,)):
        wall, steady, off, since, *least, boot = json.loads(str(value))
        if not least and off:  # as it was kept before 2026-12: `since` by the doubted clock
            since, least = since - off, [off]
        return Timekeeping(wall, steady, off, since, *least), boot
    return None


def _is_before(stored: Timekeeping, of: str, keeping: Timekeeping, boot: str) -> bool:
    """Whether the time that is stored is that before the leap."""
    by_now = stored.wall + (max(0.0, keeping.steady - stored.steady) if of == boot else 0.0)
    return abs(by_now + keeping.leap - keeping.wall) < abs(by_now - keeping.wall)


def _leap(transaction: Transaction, keeping: Timekeeping) -> None:
    now, by = keeping.wall, keeping.leap
    transaction.execute("UPDATE replica SET kept_until = kept_until + ? WHERE kept_until IS NOT NULL", (by,))
    transaction.execute("UPDATE item SET forgotten_at = forgotten_at + ? WHERE forgotten_at IS NOT NULL", (by,))
    # The window of the brake as well: at one moment with the last confirmation nothing would count any more.
    transaction.execute("UPDATE brake_count SET at = at + ?", (by,))
    transaction.execute("UPDATE library SET confirmed_at = confirmed_at + ? WHERE confirmed_at > 0", (by,))
    for table in _PROOFS:
        transaction.execute(f"UPDATE {table} SET proven_at = NULL WHERE proven_at > ?", (now,))
    for table, _, column in (one.partition(".") for one in _UNKNOWN):
        transaction.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} > ?", (now,))
    for table, _, column in (one.partition(".") for one in _NOW_AT_THE_LATEST):
        transaction.execute(f"UPDATE {table} SET {column} = ?1 WHERE {column} > ?1", (now,))
    leaps = json.dumps([*_leaps(transaction.execute), (now, by)])
    transaction.execute("INSERT OR REPLACE INTO service VALUES(?, ?)", (_LEAPS, leaps))
    transaction.touch_all()
    transaction.event(Event(EventType.CONFIGURATION, detail={"clock": "leapt", "seconds": round(by)}))
