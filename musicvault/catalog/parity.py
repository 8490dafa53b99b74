"""Which parity sets stand on a vault, what they are about, and which albums have none that fits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from musicvault.catalog.database import Catalog, Row, Transaction


class SetState(StrEnum):
    """What the last look at a set's file found."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"


class Member(NamedTuple):
    """A file on the vault as the set knows it: stored path, size in bytes, and digest when the set was made."""

    path: bytes
    size: int
    blake3: bytes


@dataclass(frozen=True, slots=True)
class ParitySet:
    """One PAR2 file about (a portion of) the files of one folder. `percent` is what was asked for, `slice_size` in
    bytes; `path` is the stored one, `size` and `blake3` are those of the PAR2 file itself. `id` is 0 before it is
    recorded."""

    id: int
    vault_id: str
    library_id: int
    folder: bytes
    portion: int
    portions: int
    percent: int
    slice_size: int
    path: bytes
    size: int
    blake3: bytes
    state: SetState = SetState.INTACT
    made_at: float = 0.0
    proven_at: float | None = None


class Album(NamedTuple):
    """A folder of a library, as the copies on a vault have it."""

    library_id: int
    folder: bytes


class Copy(NamedTuple):
    """A current copy on the vault that a set can be about."""

    member: Member
    intact: bool


_COLUMNS = (
    "id, vault_id, library_id, folder, portion, portions, percent, slice_size, path, size, blake3, state, made_at,"
    " proven_at"
)


def _set(row: Row) -> ParitySet:
    values = list(row)
    values[11] = SetState(row[11])
    return ParitySet(*values)


def of_vault(catalog: Catalog, vault_id: str) -> list[ParitySet]:
    """The sets on a vault, those first whose proof is the oldest."""
    sql = f"SELECT {_COLUMNS} FROM parity_set WHERE vault_id = ? ORDER BY coalesce(proven_at, 0), path"
    return [_set(row) for row in catalog.rows(sql, (vault_id,))]


def of_album(catalog: Catalog, vault_id: str, album: Album) -> list[ParitySet]:
    """The sets of one folder on a vault."""
    sql = f"SELECT {_COLUMNS} FROM parity_set WHERE vault_id = ? AND library_id = ? AND folder = ? ORDER BY id"
    return [_set(row) for row in catalog.rows(sql, (vault_id, *album))]


def with_content(catalog: Catalog, blake3: bytes) -> list[ParitySet]:
    """The sets on drives in use that are about a file with this digest, the newest first."""
    columns = ", ".join(f"s.{name}" for name in _COLUMNS.split(", "))
    rows = catalog.rows(
        f"SELECT DISTINCT {columns} FROM parity_member m JOIN parity_set s ON s.id = m.set_id"
        " JOIN vault v ON v.id = s.vault_id WHERE m.blake3 = ? AND v.removed_at IS NULL AND s.state <> 'missing'"
        " ORDER BY s.made_at DESC, s.id DESC",
        (blake3,),
    )
    return [_set(row) for row in rows]


def at(catalog: Catalog, vault_id: str, path: bytes) -> ParitySet | None:
    """The set whose file has this stored path."""
    row = catalog.row(f"SELECT {_COLUMNS} FROM parity_set WHERE vault_id = ? AND path = ?", (vault_id, path))
    return None if row is None else _set(row)


def members(catalog: Catalog, set_id: int) -> list[Member]:
    """What a set is about, by path."""
    rows = catalog.rows("SELECT path, size, blake3 FROM parity_member WHERE set_id = ? ORDER BY path", (set_id,))
    return [Member(*row) for row in rows]


def wanted(catalog: Catalog, vault_id: str, percent: int) -> dict[Album, int]:
    """The folders on a vault for which a rule of the policy wants more parity than the `percent` of the drive, and how
    much. A folder gets what the most demanding of its files wants."""
    if not catalog.value("SELECT EXISTS(SELECT 1 FROM rule WHERE parity > ?)", (percent,)):
        return {}
    rows = catalog.rows(
        "SELECT i.library_id, i.folder, max(u.parity) FROM replica r JOIN item i ON i.id = r.item_id"
        " JOIN rule u ON u.id = i.rule_id WHERE r.vault_id = ? AND r.role = 'current' AND r.state <> 'forgotten'"
        " AND u.parity > ? GROUP BY i.library_id, i.folder",
        (vault_id, percent),
    )
    return {Album(*row[:2]): row[2] for row in rows}


def due(catalog: Catalog, vault_id: str, percent: int, more: Mapping[Album, int]) -> list[Album]:
    """The folders on a vault whose sets aren't what they should be: none or of another size, damaged, without a file
    that is there now, or with one that isn't. `more`: those that want more than `percent`, as `wanted` tells."""
    sql = "SELECT DISTINCT library_id, folder, percent FROM parity_set WHERE vault_id = ?"
    standing = ((Album(*row[:2]), row[2]) for row in catalog.rows(sql, (vault_id,)))
    found = {album for album, has in standing if has != more.get(album, percent)}
    if percent or more:
        uncovered = {Album(*row) for row in catalog.rows(_UNCOVERED, (vault_id, vault_id))}
        found |= uncovered if percent else uncovered & more.keys()
        found |= {Album(*row) for row in catalog.rows(_OUTDATED, (vault_id,))}
    return sorted(found)


class Foreseen(NamedTuple):
    """A folder as the copies on a vault will have it: sizes of the files that hold any bytes, and what a rule wants at
    most for one of them, in percent."""

    album: Album
    sizes: tuple[int, ...]
    percent: int


def foreseen(catalog: Catalog, vault_id: str, item_ids: Collection[int]) -> list[Foreseen]:
    """The folders of these items, once each of them has a copy on the vault beside those that are there."""
    coming = list(item_ids)
    albums: set[Album] = set()
    for start in range(0, len(coming), 500):
        some = tuple(coming[start : start + 500])
        marks = ",".join("?" * len(some))
        albums |= {
            Album(*row)
            for row in catalog.rows(f"SELECT DISTINCT library_id, folder FROM item WHERE id IN ({marks})", some)
        }
    found, awaited = [], set(coming)
    for album in sorted(albums):
        rows = [row for row in catalog.rows(_FORESEEN, (vault_id, *album)) if row[3] or row[0] in awaited]
        found.append(Foreseen(album, tuple(row[1] for row in rows), max((row[2] for row in rows), default=0)))
    return found


_FORESEEN = """
SELECT i.id, c.size, u.parity, EXISTS(
    SELECT 1 FROM replica r WHERE r.item_id = i.id AND r.vault_id = ? AND r.role = 'current' AND r.state = 'intact')
FROM item i JOIN content c ON c.id = i.content_id JOIN rule u ON u.id = i.rule_id
WHERE i.library_id = ? AND i.folder = ? AND i.forgotten_at IS NULL AND c.size > 0
"""


def damaged(catalog: Catalog, vault_id: str) -> list[Album]:
    """The folders on a vault with a set whose file is damaged or gone."""
    sql = "SELECT DISTINCT library_id, folder FROM parity_set WHERE vault_id = ? AND state <> 'intact'"
    return sorted(Album(*row) for row in catalog.rows(sql, (vault_id,)))


_UNCOVERED = """
SELECT DISTINCT i.library_id, i.folder FROM replica r
     JOIN item i ON i.id = r.item_id JOIN content c ON c.id = r.content_id
WHERE r.vault_id = ? AND r.role = 'current' AND r.state = 'intact' AND c.size > 0 AND NOT EXISTS(
    SELECT 1 FROM parity_member m WHERE m.vault_id = ? AND m.path = r.path AND m.blake3 = c.blake3)
"""
_OUTDATED = """
SELECT DISTINCT s.library_id, s.folder FROM parity_set s
WHERE s.vault_id = ? AND (s.state <> 'intact' OR EXISTS(
    SELECT 1 FROM parity_member m WHERE m.set_id = s.id AND NOT EXISTS(
        SELECT 1 FROM replica r JOIN content c ON c.id = r.content_id
        WHERE r.vault_id = m.vault_id AND r.path = m.path AND r.role = 'current' AND c.blake3 = m.blake3)))
"""


def copies(catalog: Catalog, vault_id: str, album: Album) -> list[Copy]:
    """The current copies of one folder on a vault that hold any bytes, by path."""
    rows = catalog.rows(
        "SELECT r.path, c.size, c.blake3, r.state = 'intact' FROM item i JOIN replica r ON r.item_id = i.id"
        " JOIN content c ON c.id = r.content_id WHERE i.library_id = ? AND i.folder = ? AND r.vault_id = ?"
        " AND r.role = 'current' AND r.state <> 'forgotten' AND c.size > 0 ORDER BY r.path",
        (*album, vault_id),
    )
    return [Copy(Member(*row[:3]), bool(row[3])) for row in rows]


def albums_of(catalog: Catalog, vault_id: str, paths: Iterable[bytes]) -> list[Album]:
    """The folders to which the copies at these stored paths belong."""
    found: set[Album] = set()
    for path in paths:
        rows = catalog.rows(
            "SELECT i.library_id, i.folder FROM replica r JOIN item i ON i.id = r.item_id"
            " WHERE r.vault_id = ? AND r.path = ? AND r.role = 'current'",
            (vault_id, path),
        )
        found |= {Album(*row) for row in rows}
    return sorted(found)


def add(transaction: Transaction, made: ParitySet, about: Sequence[Member]) -> None:
    """Record a set whose file stands on the vault."""
    marks = ", ".join("?" * 13)
    number = transaction.insert(
        f"INSERT INTO parity_set({_COLUMNS.removeprefix('id, ')}) VALUES({marks})",
        (
            *(made.vault_id, made.library_id, made.folder, made.portion, made.portions, made.percent),
            *(made.slice_size, made.path, made.size, made.blake3, made.state, made.made_at, made.proven_at),
        ),
    )
    transaction.executemany(
        "INSERT INTO parity_member(vault_id, path, set_id, size, blake3) VALUES(?, ?, ?, ?, ?)",
        [(made.vault_id, one.path, number, one.size, one.blake3) for one in about],
    )


def remove(transaction: Transaction, set_ids: Sequence[int]) -> None:
    """Forget these sets; their files are the caller's to remove."""
    transaction.executemany("DELETE FROM parity_set WHERE id = ?", [(number,) for number in set_ids])


def set_state(transaction: Transaction, set_id: int, state: SetState, proven_at: float | None = None) -> None:
    """What a look at the set's file found; `proven_at` where it was read from the medium and right."""
    transaction.execute(
        "UPDATE parity_set SET state = ?, proven_at = coalesce(?, proven_at) WHERE id = ?", (state, proven_at, set_id)
    )


def size_on(catalog: Catalog, vault_id: str) -> int:
    """Bytes that the sets on a vault take."""
    return int(catalog.value("SELECT coalesce(sum(size), 0) FROM parity_set WHERE vault_id = ?", (vault_id,)))
