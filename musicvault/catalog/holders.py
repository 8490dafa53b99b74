"""The drives as the policy sees them, libraries' own places included, and which changed since it last looked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.drives import Drive, is_away, library_drive
from musicvault.domain.events import Event, EventType
from musicvault.domain.policy import DAY, Rule

_HOME = "site"

Execute = Callable[..., Iterable[tuple[object, ...]]]

_VAULTS = """
SELECT v.id, v.label, v.site, v.media, v.volume_id, coalesce(o.disk, ''), coalesce(o.model, ''),
       coalesce(o.enclosure, ''), coalesce(o.detached, 0), 1, coalesce(h.state = 'failing', 0),
       v.retired_at IS NOT NULL, v.seen_at
FROM vault v LEFT JOIN volume o ON o.id = v.volume_id LEFT JOIN health h ON h.volume_id = v.volume_id
WHERE v.removed_at IS NULL ORDER BY v.created_at, v.label
"""
_LIBRARIES = """
SELECT l.id, l.name, l.volume_id, coalesce(o.disk, ''), coalesce(o.model, ''), coalesce(o.enclosure, ''),
       coalesce(h.state = 'failing', 0), coalesce(o.seen_at, 0)
FROM library l LEFT JOIN volume o ON o.id = l.volume_id LEFT JOIN health h ON h.volume_id = l.volume_id ORDER BY l.id
"""


def every(catalog: Catalog) -> list[Drive]:
    """The vaults in the order in which they were added, then the libraries' own places."""
    return list(_read(catalog.rows).values())


def within(transaction: Transaction) -> dict[str, Drive]:
    """The same as the transaction sees it, by id."""
    return _read(transaction.execute)


def _read(execute: Callable[..., Iterable[tuple[object, ...]]]) -> dict[str, Drive]:
    found: dict[str, Drive] = {}
    for row in execute(_VAULTS):
        drive = Drive(*row[:8], *(bool(one) for one in row[8:12]), seen_at=row[12])  # type: ignore[arg-type,misc]
        found[drive.id] = drive
    for number, name, volume, disk, model, enclosure, failing, seen_at in execute(_LIBRARIES):
        drive = Drive(
            library_drive(int(str(number))),
            str(name),
            volume=str(volume),
            disk=str(disk),
            model=str(model),
            enclosure=str(enclosure),
            failing=bool(failing),
            seen_at=float(str(seen_at)),
            in_library=True,
        )
        found[drive.id] = drive
    return found


def vaults_of(drives: Mapping[str, Drive]) -> list[Drive]:
    """Those of them that are vaults."""
    return [drive for drive in drives.values() if not drive.in_library]


# -- where the computer is


def home(catalog: Catalog) -> str:
    """The site of this computer and of its libraries, empty while nobody said."""
    return str(catalog.value("SELECT value FROM meta WHERE key = ?", (_HOME,)) or "")


def home_within(transaction: Transaction) -> str:
    row = transaction.execute("SELECT value FROM meta WHERE key = ?", (_HOME,)).fetchone()
    return str(row[0]) if row else ""


def set_home(transaction: Transaction, site: str) -> None:
    """Say where this computer is. Standing follows with the commit."""
    before = home_within(transaction)
    if site == before:
        return
    transaction.event(Event(EventType.CONFIGURATION, detail={"site": site, "was": before}))
    transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_HOME, site))


# -- what changed


def facts(drive: Drive, rules: Sequence[Rule], home: str, now: float) -> list[object]:
    """All of a drive that standing depends on, the passing of its unseen limit included."""
    unseen = [not drive.in_library and now - drive.seen_at > rule.unseen_days * DAY for rule in rules]
    return [
        drive.domain,
        drive.site or home,
        drive.media,
        is_away(drive, home),
        drive.failing,
        drive.retired,
        drive.label,
        *unseen,
    ]


def judged(transaction: Transaction) -> dict[str, list[object]] | None:
    """The facts on which standing rests as it is stored; None where nobody wrote them down."""
    row = transaction.execute("SELECT value FROM meta WHERE key = 'judged'").fetchone()
    return None if row is None else json.loads(row[0])


def set_judged(transaction: Transaction, found: Mapping[str, list[object]]) -> None:
    transaction.execute("INSERT OR REPLACE INTO meta VALUES('judged', ?)", (json.dumps(found),))


def are_as_judged(catalog: Catalog, rules: Sequence[Rule], now: float) -> bool:
    """Whether standing as it is stored rests on the drives as they are now."""
    stored = catalog.value("SELECT value FROM meta WHERE key = 'judged'")
    here = home(catalog)
    found = {drive.id: facts(drive, rules, here, now) for drive in every(catalog)}
    return stored is not None and json.loads(stored) == found
