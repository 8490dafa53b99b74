"""Replicas: physical copies, their states and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import findings
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.packed import stat_columns
from musicvault.domain.paths import join
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Stat

CURRENT = "current"
VERSION = "version"
QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Replica:
    """`vault_id` is None for the library's own file; `path` is below the vault's root (stored name), or below
    the library's root. `content_id` is what it should hold, which may be a superseded version."""

    id: int
    item_id: int
    vault_id: str | None
    content_id: int
    role: str
    path: bytes
    state: ReplicaState
    stat: Stat
    proven_at: float | None
    grade: Grade | None
    current: bool


SELECT = """
SELECT r.id, r.item_id, r.vault_id, r.content_id, r.role, r.path, r.state, r.size, r.mtime_ns, r.ctime_ns, r.inode,
       r.links, r.proven_at, r.grade, i.content_id = r.content_id, i.folder, i.name
FROM replica r JOIN item i ON i.id = r.item_id
"""


def of_row(row: Row) -> Replica:
    """A row of `SELECT`."""
    return Replica(
        id=row[0],
        item_id=row[1],
        vault_id=row[2],
        content_id=row[3],
        role=row[4],
        path=row[5] if row[2] is not None else join(row[15], row[16]),
        state=ReplicaState(row[6]),
        stat=Stat(row[7], row[8], row[9], row[10], 0, row[11]),
        proven_at=row[12],
        grade=None if row[13] is None else Grade(row[13]),
        current=bool(row[14]),
    )


def get(catalog: Catalog, replica_id: int) -> Replica:
    row = catalog.row(SELECT + " WHERE r.id = ?", (replica_id,))
    if row is None:
        raise KeyError(replica_id)
    return of_row(row)


def of_item(catalog: Catalog, item_id: int) -> list[Replica]:
    """Every copy of an item: the library's own first, then by vault; versions and quarantine included."""
    rows = catalog.rows(SELECT + " WHERE r.item_id = ? ORDER BY r.vault_id IS NOT NULL, r.vault_id, r.id", (item_id,))
    return [of_row(row) for row in rows]


def in_library(catalog: Catalog, item_id: int) -> Replica:
    row = catalog.row(SELECT + " WHERE r.item_id = ? AND r.place = '' AND r.role = 'current'", (item_id,))
    if row is None:
        raise KeyError(item_id)
    return of_row(row)


def in_vault(catalog: Catalog, vault_id: str, item_id: int) -> Replica | None:
    row = catalog.row(SELECT + " WHERE r.item_id = ? AND r.place = ? AND r.role = 'current'", (item_id, vault_id))
    return None if row is None else of_row(row)


# -- writing


def add(
    transaction: Transaction,
    item_id: int,
    vault_id: str,
    content_id: int,
    path: bytes,
    stat: Stat,
    *,
    role: str = CURRENT,
    grade: Grade | None = Grade.DEVICE,
    kept_until: float | None = None,
) -> int:
    """A copy that was just written and read back (so proven now), or whose proof is unknown (`grade` None)."""
    replica_id = transaction.insert(
        "INSERT INTO replica(item_id, vault_id, content_id, role, path, state, size, mtime_ns, ctime_ns, inode, links,"
        " seen_at, proven_at, grade, kept_until) VALUES(?, ?, ?, ?, ?, 'intact', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item_id,
            vault_id,
            content_id,
            role,
            path,
            *stat_columns(stat),
            transaction.now,
            transaction.now if grade is not None else None,
            grade,
            kept_until,
        ),
    )
    transaction.touch(item_id)
    return replica_id


def set_role(transaction: Transaction, replica: Replica, role: str, path: bytes, kept_until: float | None) -> None:
    """The copy was moved inside its vault: to the versions or to quarantine."""
    transaction.execute(
        "UPDATE replica SET role = ?, path = ?, kept_until = ? WHERE id = ?", (role, path, kept_until, replica.id)
    )
    transaction.touch(replica.item_id)


def set_path(transaction: Transaction, replica: Replica, path: bytes) -> None:
    transaction.execute("UPDATE replica SET path = ? WHERE id = ?", (path, replica.id))


def set_rebuilt(
    transaction: Transaction, replica: Replica, content_id: int, path: bytes, stat: Stat, grade: Grade | None
) -> None:
    """New bytes stand in the replica's place, read back and right (`grade` None: that read proves nothing); its
    finding is settled."""
    transaction.execute(
        "UPDATE replica SET content_id = ?, path = CASE WHEN vault_id IS NULL THEN NULL ELSE ? END,"
        " state = 'intact', size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, links = ?,"
        " seen_at = ?, proven_at = ?, grade = ? WHERE id = ?",
        (
            content_id,
            path,
            *stat_columns(stat),
            transaction.now,
            transaction.now if grade else None,
            grade,
            replica.id,
        ),
    )
    findings.clear(transaction, replica.id)
    transaction.touch(replica.item_id)


def set_proven(transaction: Transaction, replica: Replica, grade: Grade, stat: Stat | None = None) -> None:
    """The replica was read from its medium and is what it should be."""
    transaction.execute(
        "UPDATE replica SET state = 'intact', proven_at = ?, grade = ? WHERE id = ?",
        (transaction.now, grade, replica.id),
    )
    if stat is not None:
        set_stat(transaction, replica.id, stat)
    findings.clear(transaction, replica.id)
    transaction.touch(replica.item_id)


def doubt(transaction: Transaction, vault_id: str) -> None:
    """The vault is older than the catalog remembers (it came back from an image): no proof of before holds."""
    transaction.execute("UPDATE replica SET proven_at = NULL, grade = NULL WHERE vault_id = ?", (vault_id,))
    rows = transaction.execute("SELECT item_id FROM replica WHERE vault_id = ? AND role = 'current'", (vault_id,))
    transaction.touch(*(row[0] for row in rows))


def doubt_copies(transaction: Transaction, doubted: Sequence[Replica]) -> None:
    """These were read in passing and weren't what they should be: no proof of before holds, and a look is due."""
    for replica in doubted:
        transaction.execute("UPDATE replica SET proven_at = NULL, grade = NULL WHERE id = ?", (replica.id,))
        transaction.touch(replica.item_id)


def set_stat(transaction: Transaction, replica_id: int, stat: Stat) -> None:
    """What the file system said when the replica was last read, so that it isn't read again unchanged."""
    transaction.execute(
        "UPDATE replica SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, links = ? WHERE id = ?",
        (*stat_columns(stat), replica_id),
    )


def set_state(transaction: Transaction, replica: Replica, state: ReplicaState) -> None:
    transaction.execute("UPDATE replica SET state = ? WHERE id = ?", (state, replica.id))
    if state in (ReplicaState.INTACT, ReplicaState.FORGOTTEN):
        findings.clear(transaction, replica.id)
    transaction.touch(replica.item_id)


def remove(transaction: Transaction, replica: Replica) -> None:
    """The copy is gone from its place by MusicVault's own, proven act."""
    findings.remove(transaction, replica.id)
    transaction.execute("DELETE FROM replica WHERE id = ?", (replica.id,))
    transaction.touch(replica.item_id)
