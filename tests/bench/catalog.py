"""The catalog's widest questions, on 100,000 items with copies on two drives: seconds of processor time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from blake3 import blake3

from musicvault.catalog import drills, libraries, overview, passes, retention, vaults
from musicvault.catalog.adding import New, add_all
from musicvault.catalog.database import Catalog
from musicvault.domain.times import Traits
from musicvault.domain.values import Digests, Essence, Examination, Kind, Stat, Stream, Wrapper
from tests.bench.measuring import Result

_ITEMS = 100_000
_BATCH = 1000
_ROUNDS = 5
_DRIVES = ("first", "second")


def questions(data: Path) -> Iterator[Result]:
    """What the Overview, a drill, a scrub and the retention ask; each may take a quarter of a second at most."""
    place = data / "questions"
    shutil.rmtree(place, ignore_errors=True)
    catalog = Catalog.open(place / "catalog.sqlite3")
    try:
        now = time.time()
        library_id = _filled(catalog, now)
        drive = passes.Place(None, _DRIVES[0])
        library = passes.Place(library_id, None)
        asked: dict[str, Callable[[], object]] = {
            "totals": lambda: overview.totals(catalog),
            "census": lambda: overview.census(catalog),
            "matrix of libraries and drives": lambda: overview.matrix(catalog),
            "copies that a drill may draw": lambda: drills.candidates(catalog, _DRIVES[0]),
            "a sample of a drive": lambda: passes.sample(catalog, drive, 0, 20),
            "a sample of a library": lambda: passes.sample(catalog, library, 0, 20),
            "what a scrub has to read": lambda: passes.due(catalog, drive, now - 30 * 86400, now),
            "versions to let go": lambda: retention.expired(catalog, _DRIVES[0], now),
        }
        for what, ask in asked.items():
            yield Result(what, min(_taken(ask) for _ in range(_ROUNDS)), "s", 0.25)
    finally:
        catalog.close()
        shutil.rmtree(place)


def _taken(ask: Callable[[], object]) -> float:
    begun = time.process_time()
    ask()
    return time.process_time() - begun


def _filled(catalog: Catalog, now: float) -> int:
    """A library whose files all have a copy on each drive, proven at different times, and every third one a version."""
    with catalog.transaction(now) as transaction:
        library_id = libraries.add(transaction, "Music", "music", b"/music", "disk")
        for drive in _DRIVES:
            volume = vaults.KnownVolume("volume " + drive, "ext4", None, drive, Traits(), b"/mnt", now)
            vaults.save_volume(transaction, volume)
            vaults.add(
                transaction,
                vaults.Vault(drive, volume.id, drive, "", b"/mnt/" + drive.encode(), b"", 0, now, now, None),
            )
    for first in range(0, _ITEMS, _BATCH):
        with catalog.transaction(now) as transaction:
            add_all(transaction, library_id, [_new(number) for number in range(first, first + _BATCH)])
    columns = "item_id, content_id, size, mtime_ns, ctime_ns, inode, state, vault_id, role, path, seen_at, proven_at"
    same = f"INSERT INTO replica({columns}, kept_until) SELECT id, content_id, 13000, 5, 6, id, 'intact', ?, "
    with catalog.transaction(now) as transaction:
        for drive in _DRIVES:
            transaction.execute(
                same + "'current', CAST('data/music/' || shown AS BLOB), ?, ? - id * 79 % 100000 * 60, NULL FROM item",
                (drive, now, now),
            )
        transaction.execute(
            same + "'version', CAST('musicvault/versions/' || id AS BLOB), ?, NULL, ? + id - 50000 FROM item"
            " WHERE id % 3 = 0",
            (_DRIVES[0], now, now),
        )
    return library_id


def _new(number: int) -> New:
    digest = blake3(b"%d" % number).digest()
    seen = Examination(
        Stat(13_000, 5, 6, number),
        Digests(13_000, digest, digest, digest[:16]),
        Essence("mp3", digest, 12_000),
        Wrapper({"title": (f"Song {number}",), "artist": (f"Artist {number // 200}",)}),
        Stream("mpeg", "mp3", 61.0, 44_100, 2, 0, 128_000, False),
        Kind.TRACK,
    )
    return New(b"Artist %d/Album %d" % (number // 200, number // 20), b"%d.mp3" % number, seen, False)
