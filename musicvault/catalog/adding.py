"""New items, many in one go: an import's rows are made here and given to SQLite table by table, since a statement for
each row of each table would take longer than the writing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from musicvault.catalog import contents, describing
from musicvault.catalog.database import Transaction
from musicvault.catalog.packed import pack_stream, pack_wrapper, stat_columns
from musicvault.domain.paths import display, join
from musicvault.domain.values import Examination


class New(NamedTuple):
    """A file that becomes an item, as it was seen."""

    folder: bytes
    name: bytes
    seen: Examination
    born_damaged: bool


def add_all(transaction: Transaction, library_id: int, files: Sequence[New]) -> list[tuple[int, int]]:
    """New items with their first contents and their library replicas; gives (item id, replica id) for each."""
    item_ids, content_ids, replica_ids = (
        _free(transaction, table, len(files)) for table in ("item", "content", "replica")
    )
    paths = [join(file.folder, file.name) for file in files]
    now = transaction.now
    transaction.executemany(
        "INSERT INTO item(id, library_id, folder, name, shown, kind, content_id, born_damaged, added_at)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (number, library_id, *file[:2], display(path), file.seen.kind.value, content_id, file.born_damaged, now)
            for number, content_id, path, file in zip(item_ids, content_ids, paths, files, strict=True)
        ],
    )
    transaction.executemany(
        "INSERT INTO content(id, item_id, size, mtime_ns, blake3, sha256, essence_kind, essence, essence_size, since)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (number, item_id, *contents.columns(file.seen), now)
            for number, item_id, file in zip(content_ids, item_ids, files, strict=True)
        ],
    )
    transaction.executemany(
        "INSERT INTO content_detail(content_id, blocks, wrapper, stream) VALUES(?, ?, ?, ?)",
        [
            (number, file.seen.digests.blocks, pack_wrapper(file.seen.wrapper), pack_stream(file.seen.stream))
            for number, file in zip(content_ids, files, strict=True)
        ],
    )
    transaction.executemany(
        "INSERT INTO replica(id, item_id, content_id, state, size, mtime_ns, ctime_ns, inode, links, seen_at)"
        " VALUES(?, ?, ?, 'intact', ?, ?, ?, ?, ?, ?)",
        [
            (number, item_id, content_id, *stat_columns(file.seen.stat), now)
            for number, item_id, content_id, file in zip(replica_ids, item_ids, content_ids, files, strict=True)
        ],
    )
    describing.describe_new(transaction, list(zip(item_ids, paths, (file.seen for file in files), strict=True)))
    transaction.touch(*item_ids)
    return list(zip(item_ids, replica_ids, strict=True))


def _free(transaction: Transaction, table: str, count: int) -> range:
    """So many ids that no row has, the ones that SQLite would choose itself."""
    (last,) = transaction.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    return range(last + 1, last + 1 + count)
