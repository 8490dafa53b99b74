"""Scrub passes: what is still to be read of a place, and the proofs that reading it gave.

A *place* is one library or one vault. A pass over it that was interrupted leaves a row in `meta`, and is gone on with
while it is fresh: replicas proven since it began are not read again. Later it begins anew, because its
first proofs have aged.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from musicvault.catalog import findings
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.packed import signed
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import join
from musicvault.domain.proof import Grade
from musicvault.domain.values import Stat

IDLE_S = 3 * 86400.0
"""After so many seconds without progress an interrupted pass is not gone on with."""

LONGEST_S = 30 * 86400.0
"""Nor is one that began longer ago than this."""


class Place(NamedTuple):
    """One library (`library_id`) or one vault (`vault_id`); the other is None."""

    library_id: int | None
    vault_id: str | None

    @property
    def key(self) -> str:
        return f"scrub vault {self.vault_id}" if self.vault_id is not None else f"scrub library {self.library_id}"

    @property
    def lock(self) -> str:
        """The name of the lock that whoever reads the whole place holds (`catalog.locks`)."""
        return self.key.replace(" ", "-")


def begin(transaction: Transaction, place: Place) -> tuple[float, bool]:
    """Begin a pass, or go on with an interrupted one: (when it began, whether it goes on)."""
    row = transaction.execute(_BEGUN, (place.key,)).fetchone()
    began = _fresh(row, transaction.now)
    if began is not None:
        return began, True
    _write(transaction, place, transaction.now)
    return transaction.now, False


def begun(catalog: Catalog, place: Place, now: float) -> float | None:
    """When the interrupted pass began that `begin` would go on with; None where it would begin anew."""
    return _fresh(catalog.row(_BEGUN, (place.key,)), now)


_BEGUN = "SELECT value FROM meta WHERE key = ?"


def _fresh(row: Row | None, now: float) -> float | None:
    if row is None:
        return None
    began, advanced = json.loads(row[0])
    return float(began) if began <= now < min(began + LONGEST_S, advanced + IDLE_S) else None


def advance(transaction: Transaction, place: Place, began: float) -> None:
    """Note that the pass got further just now."""
    _write(transaction, place, began)


def finish(transaction: Transaction, place: Place) -> None:
    """The pass reached its end: the next one begins anew."""
    transaction.execute("DELETE FROM meta WHERE key IN (?, ?)", (place.key, f"{_UNREAD}{place.vault_id}"))


def leave_unread(transaction: Transaction, vault_ids: Iterable[str], since: float) -> None:
    """What became of the copies on these vaults is not known, but of those that were read since then."""
    for vault_id in vault_ids:
        transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_UNREAD + vault_id, json.dumps(since)))


def take_up(transaction: Transaction, vault_id: str) -> None:
    """Of a vault that was left unread the next pass reads only what nobody has read since, as if it had begun then; an
    interrupted pass is gone on with."""
    place = Place(None, vault_id)
    since = transaction.execute(_BEGUN, (_UNREAD + vault_id,)).fetchone()
    if since is not None and _fresh(transaction.execute(_BEGUN, (place.key,)).fetchone(), transaction.now) is None:
        _write(transaction, place, json.loads(since[0]))


def unread(catalog: Catalog) -> set[str]:
    """The vaults that were left unread and that no pass has reached the end of since."""
    rows = catalog.rows("SELECT substr(key, ?) FROM meta WHERE key GLOB ?", (len(_UNREAD) + 1, f"{_UNREAD}*"))
    return {row[0] for row in rows}


_UNREAD = "unread vault "


def _write(transaction: Transaction, place: Place, began: float) -> None:
    transaction.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (place.key, json.dumps([began, transaction.now])))


class Due(NamedTuple):
    """A replica that a pass has still to read. `path` is below the vault's or the library's root; `blake3` what it
    should hold; `stat` what the file system said last (device 0, links 1)."""

    replica_id: int
    item_id: int
    content_id: int
    path: bytes
    blake3: bytes
    stat: Stat
    state: str
    provisional: bool


def _of_place(place: Place) -> tuple[str, int | str | None]:
    """Where the replicas of a place are found, and the parameter in that."""
    if place.vault_id is not None:
        return "FROM replica r WHERE r.vault_id = ?", place.vault_id
    return "FROM replica r JOIN item i ON i.id = r.item_id WHERE r.vault_id IS NULL AND i.library_id = ?", (
        place.library_id
    )


_UNPROVEN = " AND r.state <> 'forgotten' AND NOT coalesce(r.proven_at, 0) BETWEEN ? AND ?"


def due(catalog: Catalog, place: Place, began: float, now: float) -> array[int]:
    """The ids of all replicas (of all roles) not proven since `began`, oldest proof first; a proof of the future (a
    clock that was wrong) is none. 8 bytes each, taken at once: asking page by page would sort a million rows for
    every page."""
    these, name = _of_place(place)
    rows = catalog.stream(
        f"SELECT r.id {these}{_UNPROVEN} ORDER BY coalesce(r.proven_at, 0), r.id",
        (name, began, now),
    )
    return array("q", (row[0] for row in rows))


def load(catalog: Catalog, replica_ids: Sequence[int]) -> list[Due]:
    """These replicas (500 at most), in the given order, but for those that are no more."""
    marks = ",".join("?" * len(replica_ids))
    rows = catalog.rows(
        "SELECT r.id, r.item_id, r.content_id, CASE WHEN r.vault_id IS NULL THEN NULL ELSE r.path END, c.blake3,"
        " r.size, r.mtime_ns, r.ctime_ns, r.inode, r.state, c.provisional, i.folder, i.name"
        " FROM replica r JOIN item i ON i.id = r.item_id JOIN content c ON c.id = r.content_id"
        f" WHERE r.id IN ({marks})",
        tuple(replica_ids),
    )
    found = {row[0]: _due(row) for row in rows}
    return [found[replica_id] for replica_id in replica_ids if replica_id in found]


def _due(row: Row) -> Due:
    path = row[3] if row[3] is not None else join(row[11], row[12])
    stat = Stat(row[5], row[6], row[7], row[8])
    return Due(row[0], row[1], row[2], path, row[4], stat, row[9], bool(row[10]))


def total(catalog: Catalog, place: Place, began: float, now: float) -> tuple[int, int]:
    """How many replicas and bytes a pass has still to read."""
    these, name = _of_place(place)
    row = catalog.row(
        f"SELECT count(*), coalesce(sum(r.size), 0) {these}{_UNPROVEN}",
        (name, began, now),
    )
    assert row is not None
    return int(row[0]), int(row[1])


def sample(catalog: Catalog, place: Place, but: int, limit: int) -> list[bytes]:
    """Paths of some replicas of the place that were intact when last seen, not that of replica `but`."""
    # Backwards through the tables, without sorting: the newest are far from what a pass reads first.
    if place.vault_id is not None:
        rows = catalog.rows(
            "SELECT path FROM replica NOT INDEXED WHERE vault_id = ? AND state = 'intact' AND id <> ? AND size > 0"
            " ORDER BY id DESC LIMIT ?",
            (place.vault_id, but, limit),
        )
        return [row[0] for row in rows]
    rows = catalog.rows(
        "SELECT i.folder, i.name FROM item i NOT INDEXED CROSS JOIN replica r ON r.item_id = i.id AND r.place = ''"
        " AND r.role = 'current' WHERE i.library_id = ? AND r.state = 'intact' AND r.id <> ? AND r.size > 0"
        " ORDER BY i.id DESC LIMIT ?",
        (place.library_id, but, limit),
    )
    return [join(folder, name) for folder, name in rows]


class Proven(NamedTuple):
    """A replica that was read from its medium and is what it should be; `stat` as it was at that read."""

    due: Due
    stat: Stat
    grade: Grade


def prove(transaction: Transaction, proven: Iterable[Proven]) -> None:
    """Write proofs. A replica that was given other content since it was read is passed over; one that wasn't intact
    before gets an event."""
    for replica, stat, grade in proven:
        changed = transaction.execute(
            "UPDATE replica SET state = 'intact', proven_at = ?, grade = ? WHERE id = ? AND content_id = ?"
            " AND state <> 'forgotten'",
            (transaction.now, grade, replica.replica_id, replica.content_id),
        )
        if changed.rowcount == 0:
            continue
        if _times(replica.stat) != _times(stat):
            transaction.execute(
                "UPDATE replica SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ? WHERE id = ?",
                (*_times(stat), replica.replica_id),
            )
        if replica.provisional:
            transaction.execute("UPDATE content SET provisional = 0 WHERE id = ?", (replica.content_id,))
        if replica.state != "intact":
            _recovered(transaction, replica)
        transaction.touch(replica.item_id)


def _times(stat: Stat) -> tuple[int, int, int, int]:
    return stat.size, stat.mtime_ns, stat.ctime_ns, signed(stat.inode)


def _recovered(transaction: Transaction, replica: Due) -> None:
    findings.clear(transaction, replica.replica_id)
    library_id, vault_id, folder, name = transaction.execute(
        "SELECT i.library_id, r.vault_id, i.folder, i.name FROM replica r JOIN item i ON i.id = r.item_id"
        " WHERE r.id = ?",
        (replica.replica_id,),
    ).fetchone()
    transaction.event(
        Event(
            EventType.FIXITY_CHECK,
            item_id=replica.item_id,
            library_id=library_id,
            vault_id=vault_id,
            path=join(folder, name),
            detail={"verdict": "intact", "was": replica.state},
        )
    )
