"""Libraries: folder trees of the user's own music."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import display

NOWHERE = ""
"""The volume of a library that came with a rebuilt catalog: its `root` is where it was on another computer, and means
nothing until the user points it somewhere."""

_COLUMNS = "id, name, slug, root, volume_id, exclusions, added_at, scanned_at, confirmed_at"


@dataclass(frozen=True, slots=True)
class Library:
    """`root` is an absolute path; `slug` names its folder in every vault and never changes."""

    id: int
    name: str
    slug: str
    root: bytes
    volume_id: str
    exclusions: tuple[str, ...]
    added_at: float
    scanned_at: float | None
    confirmed_at: float

    @property
    def is_placed(self) -> bool:
        """Whether `root` is a folder of this computer by the user's word."""
        return self.volume_id != NOWHERE


def _library(row: Row) -> Library:
    return Library(row[0], row[1], row[2], row[3], row[4], tuple(json.loads(row[5])), *row[6:])


def every(catalog: Catalog) -> list[Library]:
    """All libraries, in the order in which they were added."""
    return [
        _library(row) for row in catalog.rows(f"SELECT {_COLUMNS} FROM library WHERE removed_at IS NULL ORDER BY id")
    ]


def placed(catalog: Catalog) -> list[Library]:
    """Those that have a folder on this computer, connected or not."""
    return [library for library in every(catalog) if library.is_placed]


def by_ids(catalog: Catalog) -> dict[int, Library]:
    """All libraries by their ids."""
    return {library.id: library for library in every(catalog)}


def names(catalog: Catalog, *, removed: bool = False) -> dict[int, str]:
    """What libraries are called, by their ids; with `removed` also those that are looked after no more."""
    chosen = "" if removed else " WHERE removed_at IS NULL"
    return dict(catalog.rows(f"SELECT id, name FROM library{chosen} ORDER BY id"))


def by_id(catalog: Catalog, library_id: int) -> Library | None:
    row = catalog.row(f"SELECT {_COLUMNS} FROM library WHERE id = ? AND removed_at IS NULL", (library_id,))
    return None if row is None else _library(row)


def by_name(catalog: Catalog, name: str) -> Library | None:
    """By name or slug, case folded."""
    for library in every(catalog):
        if name.casefold() in (library.name.casefold(), library.slug):
            return library
    return None


def by_root(catalog: Catalog, root: bytes) -> Library | None:
    row = catalog.row(f"SELECT {_COLUMNS} FROM library WHERE root = ? AND removed_at IS NULL", (root,))
    return None if row is None else _library(row)


def root_taken(catalog: Catalog, root: bytes) -> int | None:
    """The id of the library that has this root in the catalog, a removed one too."""
    found = catalog.value("SELECT id FROM library WHERE root = ?", (root,))
    return None if found is None else int(found)


def add(
    transaction: Transaction, name: str, slug: str, root: bytes, volume_id: str, exclusions: Sequence[str] = ()
) -> int:
    """Record a library, or bring back one that was removed; gives its id."""
    gone = transaction.execute("SELECT id FROM library WHERE root = ?", (root,)).fetchone()
    if gone:
        library_id = int(gone[0])
        transaction.execute("UPDATE library SET removed_at = NULL, volume_id = ? WHERE id = ?", (volume_id, library_id))
    else:
        library_id = transaction.insert(
            "INSERT INTO library(name, slug, root, volume_id, exclusions, added_at) VALUES(?, ?, ?, ?, ?, ?)",
            (name, slug, root, volume_id, json.dumps(list(exclusions)), transaction.now),
        )
    transaction.event(
        Event(
            EventType.CONFIGURATION,
            library_id=library_id,
            detail={"added": "library", "name": name, "folder": display(root)},
        )
    )
    return library_id


def remove(transaction: Transaction, library: Library) -> None:
    """Stop watching a library. Its files and all copies stay where they are."""
    transaction.execute("UPDATE library SET removed_at = ? WHERE id = ?", (transaction.now, library.id))
    transaction.event(
        Event(EventType.CONFIGURATION, library_id=library.id, detail={"removed": "library", "name": library.name})
    )


def set_scanned(transaction: Transaction, library_id: int) -> None:
    transaction.execute("UPDATE library SET scanned_at = ? WHERE id = ?", (transaction.now, library_id))


def set_exclusions(transaction: Transaction, library: Library, exclusions: Sequence[str]) -> None:
    transaction.execute("UPDATE library SET exclusions = ? WHERE id = ?", (json.dumps(list(exclusions)), library.id))
    transaction.event(Event(EventType.CONFIGURATION, library_id=library.id, detail={"exclusions": list(exclusions)}))


def set_volume(transaction: Transaction, library_id: int, volume_id: str) -> None:
    """The library's folder now lives on another volume."""
    transaction.execute("UPDATE library SET volume_id = ? WHERE id = ?", (volume_id, library_id))
    transaction.event(Event(EventType.CONFIGURATION, library_id=library_id, detail={"volume": volume_id}))
    transaction.touch(
        *(row[0] for row in transaction.execute("SELECT id FROM item WHERE library_id = ?", (library_id,)))
    )


def place(transaction: Transaction, library: Library, root: bytes, volume_id: str) -> None:
    """The library lies in this folder now, by the user's word. Where it had no place at all, its files are missing
    until a scan finds them."""
    transaction.execute("UPDATE library SET root = ?, volume_id = ? WHERE id = ?", (root, volume_id, library.id))
    if not library.is_placed:
        wanted = (
            "SELECT r.id FROM replica r JOIN item i ON i.id = r.item_id"
            " WHERE i.library_id = ? AND i.forgotten_at IS NULL AND r.vault_id IS NULL AND r.state = 'forgotten'"
        )
        transaction.execute(
            "INSERT OR IGNORE INTO finding(replica_id, verdict, evidence, at)"
            f" SELECT id, 'missing', '[[\"gone\", {{}}]]', ? FROM ({wanted})",
            (transaction.now, library.id),
        )
        transaction.execute(f"UPDATE replica SET state = 'missing' WHERE id IN ({wanted})", (library.id,))
    transaction.touch(
        *(row[0] for row in transaction.execute("SELECT id FROM item WHERE library_id = ?", (library.id,)))
    )
    transaction.event(
        Event(
            EventType.CONFIGURATION,
            library_id=library.id,
            detail={"placed": library.name, "folder": display(root), "was": display(library.root)},
        )
    )


def free_name(catalog: Catalog, wanted: str) -> tuple[str, str]:
    """A name and slug that no library, removed ones included, ever had."""
    taken_names = {row[0].casefold() for row in catalog.rows("SELECT name FROM library")}
    taken_slugs = {row[0] for row in catalog.rows("SELECT slug FROM library")}
    slug = slug_of(wanted)
    number = 1
    name, candidate = wanted, slug
    while name.casefold() in taken_names or candidate in taken_slugs:
        number += 1
        name, candidate = f"{wanted} {number}", f"{slug}-{number}"
    return name, candidate


def slug_of(name: str) -> str:
    """Lower-case ASCII letters, digits and hyphens: safe on every file system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "music"


# -- what is not protected, and why


def set_unprotected(
    transaction: Transaction, library_id: int, entries: Iterable[tuple[str, bytes | None, int]]
) -> None:
    """Replace what the last scan left out: (reason, path where it is named, count)."""
    transaction.execute("DELETE FROM unprotected WHERE library_id = ?", (library_id,))
    transaction.executemany(
        "INSERT INTO unprotected(library_id, reason, path, count) VALUES(?, ?, ?, ?)",
        [(library_id, reason, path, count) for reason, path, count in entries],
    )


def update_unprotected(
    transaction: Transaction,
    library_id: int,
    entries: Iterable[tuple[str, bytes | None, int]],
    looked_at: Callable[[bytes], bool],
) -> None:
    """The same after a scan of a region: what is named there is replaced, mere counts are those of the last scan of the
    whole."""
    known = transaction.execute(
        "SELECT rowid, path FROM unprotected WHERE library_id = ? AND path IS NOT NULL", (library_id,)
    ).fetchall()
    transaction.executemany(
        "DELETE FROM unprotected WHERE rowid = ?", [(number,) for number, path in known if looked_at(path)]
    )
    transaction.executemany(
        "INSERT INTO unprotected(library_id, reason, path, count) VALUES(?, ?, ?, ?)",
        [(library_id, reason, path, count) for reason, path, count in entries if path is not None],
    )


def unprotected(catalog: Catalog, library_id: int | None = None) -> list[tuple[int, str, bytes | None, int]]:
    """(library id, reason, path or None, count) of what the last scans left out."""
    return [
        (row[0], row[1], row[2], row[3])
        for row in catalog.rows(
            "SELECT u.library_id, reason, path, count FROM unprotected u JOIN library l ON l.id = u.library_id"
            " WHERE l.removed_at IS NULL AND (? IS NULL OR library_id = ?) ORDER BY 1, 2, 3",
            (library_id, library_id),
        )
    ]


# -- file systems mounted below a library's root


ROOT = b""
"""Among the submounts: the library's own folder is a mount point."""


def submounts(catalog: Catalog, library_id: int) -> set[bytes]:
    """Folders of the library that were mount points of their own when last seen, `ROOT` among them."""
    return {row[0] for row in catalog.rows("SELECT path FROM submount WHERE library_id = ?", (library_id,))}


def set_submounts(transaction: Transaction, library_id: int, paths: Iterable[bytes]) -> None:
    transaction.execute("DELETE FROM submount WHERE library_id = ?", (library_id,))
    transaction.executemany("INSERT INTO submount VALUES(?, ?)", [(library_id, path) for path in paths])


# -- the brake


def add_changes(transaction: Transaction, library_id: int, changes: int) -> None:
    """Count changed items towards the mass-change brake."""
    if changes:
        transaction.execute("INSERT INTO brake_count VALUES(?, ?, ?)", (library_id, transaction.now, changes))


def changes_since(catalog: Catalog, library_id: int, since: float) -> int:
    """Counted changes since a time (or since the last confirmation, whichever is later)."""
    return int(
        catalog.value(
            "SELECT coalesce(sum(b.changes), 0) FROM brake_count b JOIN library l ON l.id = b.library_id"
            " WHERE b.library_id = ? AND b.at > max(?, l.confirmed_at)",
            (library_id, since),
        )
    )


def confirm(transaction: Transaction, library_id: int) -> None:
    """The user confirmed the mass change: counting starts again."""
    transaction.execute("UPDATE library SET confirmed_at = ? WHERE id = ?", (transaction.now, library_id))
    transaction.event(Event(EventType.DECISION, library_id=library_id, detail={"confirmed": "mass change"}))


def item_ids(catalog: Catalog, library_id: int) -> list[int]:
    """Its items, without forgotten ones."""
    return [
        int(row[0])
        for row in catalog.rows("SELECT id FROM item WHERE library_id = ? AND forgotten_at IS NULL", (library_id,))
    ]
