"""Items and the contents (versions of their bytes) behind them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import describing, search
from musicvault.catalog.database import Catalog, Transaction
from musicvault.catalog.packed import pack_stream, pack_wrapper, unpack_wrapper
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.domain.paths import display, join, split
from musicvault.domain.values import Digests, Essence, Examination, Kind, Stat, Stream, Wrapper, stand_in


@dataclass(frozen=True, slots=True)
class Content:
    """One version of an item's bytes."""

    id: int
    item_id: int
    digests: Digests
    essence: Essence | None
    mtime_ns: int
    provisional: bool
    since: float
    superseded_at: float | None


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


_ITEM = """
SELECT i.id, i.library_id, i.folder, i.name, i.kind, i.born_damaged, i.forgotten_at IS NOT NULL,
       c.id, c.item_id, c.size, c.blake3, c.sha256, d.blocks, c.essence_kind, c.essence, c.essence_size, c.mtime_ns,
       c.provisional, c.since, c.superseded_at
FROM item i JOIN content c ON c.id = i.content_id JOIN content_detail d ON d.content_id = c.id
"""


def _content(row: Sequence[object]) -> Content:
    (
        content_id,
        item_id,
        size,
        blake3,
        sha256,
        blocks,
        kind,
        essence,
        essence_size,
        mtime_ns,
        provisional,
        since,
        until,
    ) = row
    return Content(
        content_id,  # type: ignore[arg-type]
        item_id,  # type: ignore[arg-type]
        Digests(size, blake3, sha256, blocks),  # type: ignore[arg-type]
        None if essence is None else Essence(kind, essence, essence_size),  # type: ignore[arg-type]
        mtime_ns,  # type: ignore[arg-type]
        bool(provisional),
        since,  # type: ignore[arg-type]
        until,  # type: ignore[arg-type]
    )


def _item(row: Sequence[object]) -> Item:
    item_id, library_id, folder, name, kind, born, forgotten = row[:7]
    return Item(
        item_id,  # type: ignore[arg-type]
        library_id,  # type: ignore[arg-type]
        join(folder, name),  # type: ignore[arg-type]
        Kind(kind),  # type: ignore[arg-type]
        _content(row[7:]),
        bool(born),
        bool(forgotten),
    )


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


def content(catalog: Catalog, content_id: int) -> Content:
    """One version of some item's bytes; KeyError where it isn't there."""
    row = catalog.row(
        "SELECT c.id, c.item_id, c.size, c.blake3, c.sha256, d.blocks, c.essence_kind, c.essence, c.essence_size,"
        " c.mtime_ns, c.provisional, c.since, c.superseded_at"
        " FROM content c JOIN content_detail d ON d.content_id = c.id WHERE c.id = ?",
        (content_id,),
    )
    if row is None:
        raise KeyError(content_id)
    return _content(row)


def versions(catalog: Catalog, item_id: int) -> list[Content]:
    """All contents of an item, newest first."""
    return [
        content(catalog, row[0])
        for row in catalog.rows("SELECT id FROM content WHERE item_id = ? ORDER BY id DESC", (item_id,))
    ]


def wrapper(catalog: Catalog, content_id: int) -> Wrapper:
    """The wrapper as it was when this content was read."""
    packed = catalog.value("SELECT wrapper FROM content_detail WHERE content_id = ?", (content_id,))
    return unpack_wrapper(packed) if packed else Wrapper()


def stream(catalog: Catalog, content_id: int) -> Stream:
    stored = catalog.value("SELECT stream FROM content_detail WHERE content_id = ?", (content_id,))
    return Stream(**json.loads(stored)) if stored else Stream()


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


def add_content(transaction: Transaction, item_id: int, seen: Examination) -> int:
    """Record a version of an item's bytes; gives its id, the old one where the item had these bytes before (an undo is
    no new version, and copies that hold it are up to date again). It isn't the current one by that. What was only
    stated of the item till now, and turns out to be these bytes, is known from then on."""
    digests = seen.digests
    known = transaction.execute(
        "SELECT id, blake3 = ? FROM content WHERE item_id = ? AND blake3 IN (?, ?) ORDER BY 2 DESC",
        (digests.blake3, item_id, digests.blake3, stand_in(digests.sha256)),
    ).fetchone()
    if known is not None:
        if not known[1]:
            _identify(transaction, item_id, int(known[0]), seen)
        return int(known[0])
    content_id = transaction.insert(
        "INSERT INTO content(item_id, size, mtime_ns, blake3, sha256, essence_kind, essence, essence_size, since)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item_id, *content_columns(seen), transaction.now),
    )
    transaction.execute(
        "INSERT INTO content_detail(content_id, blocks, wrapper, stream) VALUES(?, ?, ?, ?)",
        (content_id, seen.digests.blocks, pack_wrapper(seen.wrapper), pack_stream(seen.stream)),
    )
    return content_id


def _identify(transaction: Transaction, item_id: int, content_id: int, seen: Examination) -> None:
    transaction.execute(
        "UPDATE content SET size = ?, mtime_ns = ?, blake3 = ?, sha256 = ?, essence_kind = ?, essence = ?,"
        " essence_size = ? WHERE id = ?",
        (*content_columns(seen), content_id),
    )
    transaction.execute(
        "UPDATE content_detail SET blocks = ?, wrapper = ?, stream = ? WHERE content_id = ?",
        (seen.digests.blocks, pack_wrapper(seen.wrapper), pack_stream(seen.stream), content_id),
    )
    transaction.execute(
        "UPDATE parity_member SET blake3 = ?, size = ? WHERE blake3 = ?",
        (seen.digests.blake3, seen.digests.size, stand_in(seen.digests.sha256)),
    )
    row = transaction.execute("SELECT content_id, folder, name FROM item WHERE id = ?", (item_id,)).fetchone()
    if row[0] == content_id:
        describing.describe(transaction, item_id, join(row[1], row[2]), seen)
    transaction.touch(item_id)


def content_columns(seen: Examination) -> tuple[object, ...]:
    """A content's size, mtime_ns, blake3, sha256, essence_kind, essence and essence_size."""
    digests = seen.digests
    return (digests.size, seen.stat.mtime_ns, digests.blake3, digests.sha256, *_sound_columns(seen.essence))


def _sound_columns(essence: Essence | None) -> tuple[object, ...]:
    return (None, None, None) if essence is None else (essence.kind, essence.digest, essence.size)


def supersede(transaction: Transaction, item: Item, seen: Examination) -> int:
    """Make what was seen the item's current content (a judged, accepted change). Gives the new content's id."""
    content_id = add_content(transaction, item.id, seen)
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
    _clear_library_finding(transaction, item.id, born_damaged=not born_damaged)
    describing.describe(transaction, item.id, item.path, seen)
    transaction.touch(item.id)


def recorded(catalog: Catalog, content_id: int, kind: Kind, stat: Stat) -> Examination:
    """A recorded content as the examination that it came from."""
    found = content(catalog, content_id)
    return Examination(
        stat, found.digests, found.essence, wrapper(catalog, content_id), stream(catalog, content_id), kind
    )


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
    _clear_library_finding(transaction, item.id)
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
    transaction.execute(
        "UPDATE content SET essence_kind = ?, essence = ?, essence_size = ? WHERE id = ?",
        (*_sound_columns(seen.essence), item.content.id),
    )
    transaction.execute(
        "UPDATE content_detail SET wrapper = ?, stream = ? WHERE content_id = ?",
        (pack_wrapper(seen.wrapper), pack_stream(seen.stream), item.content.id),
    )
    describing.describe(transaction, item.id, path, seen)


def confirm_content(transaction: Transaction, content_id: int) -> None:
    """A second independent read agreed: the expectation is no longer provisional."""
    transaction.execute("UPDATE content SET provisional = 0 WHERE id = ? AND provisional", (content_id,))


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
    _clear_library_finding(transaction, item_id)
    transaction.touch(item_id)


def _clear_library_finding(transaction: Transaction, item_id: int, *, born_damaged: bool = False) -> None:
    """Settle the finding on the library's file; what was damaged from birth stays known unless that is named too."""
    transaction.execute(
        "DELETE FROM finding WHERE replica_id IN"
        " (SELECT id FROM replica WHERE item_id = ? AND place = '' AND role = 'current')"
        " AND (? OR verdict <> 'born-damaged')",
        (item_id, born_damaged),
    )


def stat_columns(stat: Stat) -> tuple[int, int, int, int, int]:
    """A replica's size, mtime_ns, ctime_ns, inode and links."""
    return (stat.size, stat.mtime_ns, stat.ctime_ns, signed(stat.inode), stat.links)


def signed(number: int) -> int:
    """SQLite's integers are signed: inodes above 2**63 (ZFS, ReFS) wrap around, both when stored and compared."""
    return number - (1 << 64) if number >= 1 << 63 else number
