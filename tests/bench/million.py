"""A catalog of a million made-up items on four drives, written row by row without any file behind it.

What real libraries look like matters to an index: few artists with many tracks, genres and years that lump together,
ratings on one track of twelve, one drive with everything, one with a single library, one that was half proven long ago.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from musicvault.catalog.connections import Connections
from musicvault.catalog.database import Catalog
from musicvault.catalog.selection import WORD_COLUMNS

DAY = 86400.0
GENRES = ("Rock", "Pop", "Jazz", "Klassik", "Folk", "Electronic", "Blues", "Soul", "Country", "Hörspiel", "Drone")
DRIVES = (("Elements", "home", 1.0), ("Passport", "home", 0.6), ("Büro", "office", 0.3), ("Shelf", "bank", 0.05))
CODINGS = (
    ("flac", "flac", 1, 0.62),
    ("mpeg", "mp3", 0, 0.25),
    ("mp4", "aac", 0, 0.06),
    ("ogg", "vorbis", 0, 0.05),
    ("wave", "pcm", 1, 0.0199),
    ("ape", "ape", 1, 0.0001),
)
_PER_ALBUM = 12
_BATCH = 20_000


def catalog(data: Path, amount: int = 1_000_000, *, bare: bool = False) -> Catalog:
    """The made catalog, opened; made at the first call, kept in `data`. `bare`: nothing is on the drives yet."""
    path = data / f"queries-{amount}{'-bare' * bare}" / "catalog.sqlite3"
    if not path.exists():
        print(f"making {path} …", flush=True)
        half = path.with_name("making.sqlite3")
        half.unlink(missing_ok=True)
        Catalog.open(half).close()
        _fill(half, amount, bare)
        with closing(Catalog.open(half)) as made, made.transaction(time.time()) as transaction:
            transaction.touch_all()
        half.rename(path)
    return Catalog.open(path)


def _fill(path: Path, amount: int, bare: bool) -> None:
    connections = Connections(path)
    connection = connections.mine()
    for setting in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -400000"):
        connection.execute(f"PRAGMA {setting}")
    # What keeps the tables in step with each other has nothing to do here, and indexes are quicker made at the end.
    made_again = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
        " ORDER BY type = 'trigger'"
    ).fetchall()
    for kind, name, _ in made_again:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("BEGIN")
    now = time.time()
    for number, (name, share) in enumerate((("Music", 0.7), ("Archive", 0.3)), 1):
        connection.execute(
            "INSERT INTO library(id, name, slug, root, volume_id, added_at) VALUES(?, ?, ?, ?, 'v0', ?)",
            (number, name, name.lower(), f"/{name}".encode(), now - 900 * DAY * share),
        )
    for volume in range(len(DRIVES) + 1):
        connection.execute(
            "INSERT INTO volume(id, fs_type, label, traits, mount, seen_at) VALUES(?, 'ext4', '', '{}', x'2f', ?)",
            (f"v{volume}", now),
        )
    for number, (label, site, _) in enumerate(DRIVES, 1):
        connection.execute(
            "INSERT INTO vault(id, volume_id, label, site, folder, below, created_at, seen_at)"
            " VALUES(?, ?, ?, ?, ?, x'', ?, ?)",
            (f"d{number}", f"v{number}", label, site, label.encode(), now, now),
        )
    rows = _rows(amount, now, bare)
    while batch := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
        for table, columns in _COLUMNS.items():
            values = [value for row in batch for value in row[table]]
            marks = ", ".join("?" * len(columns.split(",")))
            connection.executemany(f"INSERT INTO {table}({columns}) VALUES({marks})", values)
    for _, _, sql in made_again:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connections.close()


_COLUMNS = {
    "item": "id, library_id, folder, name, shown, kind, content_id, added_at, standing, good, volumes, due_at",
    "content": "id, item_id, size, mtime_ns, blake3, sha256, essence_kind, essence, essence_size, provisional, since",
    "content_detail": "content_id, blocks, wrapper, stream",
    "track": "item_id, title, artist, album, albumartist, track, date, genre, container, codec, duration, sample_rate,"
    " channels, bits, bitrate, lossless, problem, year, rating, plays",
    "words": f"rowid, {', '.join(WORD_COLUMNS)}",
    "replica": "item_id, vault_id, content_id, path, state, size, mtime_ns, ctime_ns, inode, seen_at, proven_at, grade",
}

_Row = dict[str, list[tuple[object, ...]]]


def _rows(amount: int, now: float, bare: bool) -> Iterator[_Row]:
    chance = random.Random(20)
    vocabulary = [
        "".join(chance.choice("abcdefghijklmnoprstuvwy") for _ in range(chance.randint(2, 9))) for _ in range(30_000)
    ]
    weights = [1 / (rank + 8) for rank in range(len(vocabulary))]
    spoken: Iterator[str] = iter(())
    artists = [" ".join(chance.choices(vocabulary, weights, k=2)).title() for _ in range(8000)]

    popularity = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(artists))))

    def words(count: int) -> str:
        nonlocal spoken
        found: list[str] = []
        while len(found) < count:
            word = next(spoken, None)
            if word is None:
                spoken = iter(chance.choices(vocabulary, weights, k=100_000))
                continue
            found.append(word)
        return " ".join(found)

    item_id = 0
    while item_id < amount:
        artist = chance.choices(artists, cum_weights=popularity)[0]
        album, genre, year = (
            words(2).title(),
            chance.choices(GENRES, (30, 22, 12, 10, 8, 8, 5, 3, 1.5, 0.4, 0.01))[0],
            chance.randint(1930, 2025),
        )
        coding = chance.choices(CODINGS, [each[3] for each in CODINGS])[0]
        library, added = 1 + (chance.random() < 0.3), now - chance.random() ** 2 * 1500 * DAY
        folder = f"{artist}/{album} {item_id}"
        for position in range(1, _PER_ALBUM + 1):
            item_id += 1
            if item_id > amount:
                return
            described = (artist, album, genre, year, coding, added, words(3))
            yield _one(chance, item_id, library, folder, position, described, now, bare)


def _one(
    chance: random.Random,
    item_id: int,
    library: int,
    folder: str,
    position: int,
    album: tuple[str, str, str, int, tuple[str, str, int, float], float, str],
    now: float,
    bare: bool,
) -> _Row:
    artist, title_of_album, genre, year, (container, codec, lossless, _), added, title = album
    companion = position == _PER_ALBUM
    name = "cover.jpg" if companion else f"{position:02} {title}.{codec}"
    size = chance.randint(2_000_000, 60_000_000)
    digest = item_id.to_bytes(4, "big") * 8
    state = "intact" if chance.random() > 0.0002 else chance.choice(("corrupt", "missing", "held"))
    copies = [(None, library)] + [
        (f"d{number}", library)
        for number, (label, _, share) in enumerate(DRIVES, 1)
        if not bare and ((label != "Büro" and chance.random() < share) or (label == "Büro" and library == 2))
    ]
    good = len(copies) - (state != "intact")
    standing = "damaged" if state != "intact" else "at-risk" if good < 2 else "protected"
    proven = [now - chance.random() ** 3 * 200 * DAY for _ in copies]
    due = min(proven) + 90 * DAY
    path, slug = f"{folder}/{name}", ("music", "archive")[library - 1]
    row: _Row = {
        "item": [
            (
                item_id,
                library,
                folder.encode(),
                name.encode(),
                path,
                "companion" if companion else "track",
                item_id,
                added,
                standing,
                good,
                good,
                due,
            )
        ],
        "content": [(item_id, item_id, size, 1, digest, digest, codec, digest, size, 0, added)],
        "content_detail": [(item_id, b"", b"", "{}")],
        "track": [],
        "replica": [
            (
                item_id,
                vault,
                item_id,
                None if vault is None else f"data/{slug}/{path}".encode(),
                state if vault is None else "intact",
                size,
                1,
                1,
                item_id,
                added,
                at,
                "device",
            )
            for (vault, _), at in zip(copies, proven, strict=True)
        ],
        "words": [],
    }
    texts = ("",) * (len(WORD_COLUMNS) - 1)
    if not companion:
        rated = chance.random() < 0.08
        row["track"] = [
            (
                item_id,
                str(title).title(),
                artist,
                title_of_album,
                artist,
                str(position),
                str(year),
                genre,
                container,
                codec,
                chance.lognormvariate(5.4, 0.5),
                96000 if chance.random() < 0.03 else 44100,
                2,
                24 if lossless and chance.random() < 0.05 else 16,
                900_000,
                lossless,
                "",
                year,
                chance.randint(1, 10) / 2 if rated else None,
                int(chance.expovariate(0.1)) if rated else None,
            )
        ]
        texts = (
            title,
            artist,
            title_of_album,
            artist,
            genre,
            artist if genre == "Klassik" else "",
            "",
            "",
            "",
            "",
            str(year),
        )
    row["words"] = [(item_id, *texts, path.replace("/", " "))]
    return row
