"""Contents: the versions of items' bytes, one of each item's the current one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from musicvault.catalog import describing
from musicvault.catalog.database import Catalog, Row, Transaction
from musicvault.catalog.packed import pack_stream, pack_wrapper, unpack_wrapper
from musicvault.domain.paths import join
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


COLUMNS = """
       c.id, c.item_id, c.size, c.blake3, c.sha256, d.blocks, c.essence_kind, c.essence, c.essence_size, c.mtime_ns,
       c.provisional, c.since, c.superseded_at
"""
"""Of the tables `content c` and `content_detail d`."""


def of_row(row: Row) -> Content:
    """A row of `COLUMNS`."""
    content_id, item_id, size, blake3, sha256, blocks, kind, essence, essence_size, mtime_ns, provisional = row[:11]
    return Content(
        id=content_id,
        item_id=item_id,
        digests=Digests(size, blake3, sha256, blocks),
        essence=None if essence is None else Essence(kind, essence, essence_size),
        mtime_ns=mtime_ns,
        provisional=bool(provisional),
        since=row[11],
        superseded_at=row[12],
    )


def get(catalog: Catalog, content_id: int) -> Content:
    """One version of some item's bytes; KeyError where it isn't there."""
    row = catalog.row(
        f"SELECT {COLUMNS} FROM content c JOIN content_detail d ON d.content_id = c.id WHERE c.id = ?",
        (content_id,),
    )
    if row is None:
        raise KeyError(content_id)
    return of_row(row)


def versions(catalog: Catalog, item_id: int) -> list[Content]:
    """All contents of an item, newest first."""
    return [
        get(catalog, row[0])
        for row in catalog.rows("SELECT id FROM content WHERE item_id = ? ORDER BY id DESC", (item_id,))
    ]


def wrapper(catalog: Catalog, content_id: int) -> Wrapper:
    """The wrapper as it was when this content was read."""
    packed = catalog.value("SELECT wrapper FROM content_detail WHERE content_id = ?", (content_id,))
    return unpack_wrapper(packed) if packed else Wrapper()


def stream(catalog: Catalog, content_id: int) -> Stream:
    stored = catalog.value("SELECT stream FROM content_detail WHERE content_id = ?", (content_id,))
    return Stream(**json.loads(stored)) if stored else Stream()


def recorded(catalog: Catalog, content_id: int, kind: Kind, stat: Stat) -> Examination:
    """A recorded content as the examination that it came from."""
    found = get(catalog, content_id)
    return Examination(
        stat, found.digests, found.essence, wrapper(catalog, content_id), stream(catalog, content_id), kind
    )


# -- writing


def add(transaction: Transaction, item_id: int, seen: Examination) -> int:
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
        (item_id, *columns(seen), transaction.now),
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
        (*columns(seen), content_id),
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


def columns(seen: Examination) -> tuple[object, ...]:
    """A content's size, mtime_ns, blake3, sha256, essence_kind, essence and essence_size."""
    digests = seen.digests
    return (digests.size, seen.stat.mtime_ns, digests.blake3, digests.sha256, *_sound_columns(seen.essence))


def _sound_columns(essence: Essence | None) -> tuple[object, ...]:
    return (None, None, None) if essence is None else (essence.kind, essence.digest, essence.size)


def set_sound(transaction: Transaction, content_id: int, seen: Examination) -> None:
    """The same bytes are another kind of file by their new name: sound, tags and stream are what was `seen`."""
    transaction.execute(
        "UPDATE content SET essence_kind = ?, essence = ?, essence_size = ? WHERE id = ?",
        (*_sound_columns(seen.essence), content_id),
    )
    transaction.execute(
        "UPDATE content_detail SET wrapper = ?, stream = ? WHERE content_id = ?",
        (pack_wrapper(seen.wrapper), pack_stream(seen.stream), content_id),
    )


def confirm(transaction: Transaction, content_id: int) -> None:
    """A second independent read agreed: the expectation is no longer provisional."""
    transaction.execute("UPDATE content SET provisional = 0 WHERE id = ? AND provisional", (content_id,))
