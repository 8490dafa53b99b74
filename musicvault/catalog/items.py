"""Items: the files of libraries, each with its current content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from musicvault.catalog import contents, describing, findings, search
from musicvault.catalog.contents import Content
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.packed import stat_columns
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.paths import display, join, split
from musicvault.domain.values import Examination, Kind, Stat


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a library, with its current content."""

    id: int
    library_id: int
    path: bytes
    kind: Kind
    content: Content
    born_damaged: bool
    forgotten: bool

    def event(
        self,
        type: EventType,
        outcome: Outcome = Outcome.SUCCESS,
        *,
        vault_id: str | None = None,
        detail: Mapping[str, object] | None = None,
        batch: str | None = None,
    ) -> Event:
        """An audit record about this item, or its copy on a vault."""
        return Event(type, outcome, self.id, self.library_id, vault_id, self.path, detail or {}, batch)


_ITEM = f"""
SELECT i.id, i.library_id, i.folder, i.name, i.kind, i.born_damaged, i.forgotten_at IS NOT NULL, {contents.COLUMNS}
FROM item i JOIN content c ON c.id = i.content_id JOIN content_detail d ON d.content_id = c.id
"""


def _item(row: Row) -> Item:
    item_id, library_id, folder, name, kind, born, forgotten = row[:7]
    content = contents.of_row(row[7:])
    return Item(item_id, library_id, join(folder, name), Kind(kind), content, bool(born), bool(forgotten))


def get(catalog: Catalog, item_id: int) -> Item:
    """One item; KeyError where it isn't there."""
    row = catalog.row(_ITEM + " WHERE i.id = ?", (item_id,))
    if row is None:
        raise KeyError(item_id)
    return _item(row)


def by_path(catalog: Catalog, library_id: int, folder: bytes, name: bytes) -> Item | None:
    row = catalog.row(_ITEM + " WHERE i.library_id = ? AND i.folder = ? AND i.name = ?", (library_id, folder, name))
    return None if row is None else _item(row)


def many(catalog: Catalog, item_ids: Iterable[int]) -> Iterator[Item]:
    """The items in the given order; ids that are gone are left out."""
    for item_id in item_ids:
        row = catalog.row(_ITEM + " WHERE i.id = ?", (item_id,))
        if row is not None:
            yield _item(row)


def count(catalog: Catalog, library_id: int) -> int:
    """Items of a library that are not let go."""
    return int(catalog.value("SELECT count(*) FROM item WHERE library_id = ? AND forgotten_at IS NULL", (library_id,)))


# -- writing


def add(
    transaction: Transaction, library_id: int, folder: bytes, name: bytes, seen: Examination, *, born_damaged: bool
) -> tuple[int, int]:
    """A new item with its first content and its library replica; gives (item id, replica id)."""
    from musicvault.catalog.adding import New, add_all

    (added,) = add_all(transaction, library_id, [New(folder, name, seen, born_damaged)])
    return added


def supersede(transaction: Transaction, item: Item, seen: Examination) -> int:
    """Make what was seen the item's current content (a judged, accepted change). Gives the new content's id."""
    content_id = contents.add(transaction, item.id, seen)
    make_current(transaction, item, content_id, seen)
    return content_id


def make_current(transaction: Transaction, item: Item, content_id: int, seen: Examination) -> None:
    """Make a recorded content the item's current one and the library replica's expectation; the old content
    stays as a version. That it was born damaged stays known while its sound is the same."""
    born_damaged = item.born_damaged and item.content.essence is not None and item.content.essence == seen.essence
    transaction.execute("UPDATE content SET superseded_at = ? WHERE id = ?", (transaction.now, item.content.id))
    transaction.execute("UPDATE content SET superseded_at = NULL WHERE id = ?", (content_id,))
    transaction.execute(
        "UPDATE item SET content_id = ?, born_damaged = ?, forgotten_at = NULL WHERE id = ?",
        (content_id, born_damaged, item.id),
    )
    transaction.execute(
        "UPDATE replica SET content_id = ?, state = 'intact', size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?,"
        " links = ?, seen_at = ?, proven_at = NULL, grade = NULL"
        " WHERE item_id = ? AND place = '' AND role = 'current'",
        (content_id, *stat_columns(seen.stat), transaction.now, item.id),
    )
    findings.clear_in_library(transaction, item.id, born_damaged=not born_damaged)
    describing.describe(transaction, item.id, item.path, seen)
    transaction.touch(item.id)


def move(transaction: Transaction, item: Item, path: bytes, stat: Stat, seen: Examination | None = None) -> None:
    """The same item under another path of its library. `seen`: what was read under the new name, whose ending may make
    something else of the same bytes."""
    folder, name = split(path)
    transaction.execute(
        "UPDATE item SET folder = ?, name = ?, shown = ?, forgotten_at = NULL WHERE id = ?",
        (folder, name, display(path), item.id),
    )
    transaction.execute(
        "UPDATE replica SET state = 'intact', size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, links = ?, seen_at = ?"
        " WHERE item_id = ? AND place = '' AND role = 'current'",
        (*stat_columns(stat), transaction.now, item.id),
    )
    findings.clear_in_library(transaction, item.id)
    same = seen is not None and seen.digests.blake3 == item.content.digests.blake3
    if seen is not None and same and _ending(path) != _ending(item.path):
        _probed_again(transaction, item, path, seen)
    else:
        search.rename(transaction, item.id, path)
    transaction.touch(item.id)


def _ending(path: bytes) -> bytes:
    return os.path.splitext(path)[1].lower()


def _probed_again(transaction: Transaction, item: Item, path: bytes, seen: Examination) -> None:
    """The item's bytes are what they were; what they are by their new name takes the place of what they were by the
    old one."""
    transaction.execute("UPDATE item SET kind = ? WHERE id = ?", (seen.kind, item.id))
    contents.set_sound(transaction, item.content.id, seen)
    describing.describe(transaction, item.id, path, seen)


def set_expected(transaction: Transaction, item_id: int) -> None:
    """A file that was let go is there again."""
    transaction.execute("UPDATE item SET forgotten_at = NULL WHERE id = ?", (item_id,))
    transaction.touch(item_id)


def set_born_damaged(transaction: Transaction, item_id: int, born_damaged: bool) -> None:
    transaction.execute("UPDATE item SET born_damaged = ? WHERE id = ?", (born_damaged, item_id))


def forget(transaction: Transaction, item_id: int) -> None:
    """Stop expecting the library's file, by the user's word; vault copies stay."""
    transaction.execute("UPDATE item SET forgotten_at = ? WHERE id = ?", (transaction.now, item_id))
    transaction.execute(
        "UPDATE replica SET state = 'forgotten' WHERE item_id = ? AND place = '' AND role = 'current'", (item_id,)
    )
    findings.clear_in_library(transaction, item_id)
    transaction.touch(item_id)
