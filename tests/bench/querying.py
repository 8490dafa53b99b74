"""The first page of every kind of query at a million items."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from musicvault.catalog import search
from tests.bench.measuring import Result
from tests.bench.million import catalog

PAGE = 100
_ROUNDS = 3

QUERIES: dict[str, tuple[str, ...]] = {
    "everything": ("",),
    "words": ("a", "th", "zzzz", '"{artist}"', "{artist}", "{rare}"),
    "path": ("path:cover", "path:flac", 'path:="{folder}"', "{folder}"),
    "artist": ('artist:"{artist}"', "artist:{letters}", "albumartist:be", 'artist:="{rare}"'),
    "album, title": ("album:co", "title:da"),
    "genre": ("genre:rock", "genre:klassik", "genre:drone", "genre:hörspiel", "genre:none"),
    "format": ("format:flac", "format:mp3", "format:ape", "format:dsf", "codec:vorbis", "codec:opus"),
    "lossless": ("lossless:yes", "lossless:no"),
    "year": ("year:<1990", "year:1980..1989", "year:1990", "year:>2030", "year:<1932"),
    "rating": ("rating:>=4", "rating:5", 'rating:""', "rating:<1"),
    "plays": ("plays:>10", "plays:>60", "plays:>1000"),
    "length": ("length:>10m", "length:>30m", "length:<1m", "length:3m"),
    "size": ("size:>100MB", "size:>59MB", "size:<30MB"),
    "added": ("added:<30d", "added:<1d", "added:>4y", "added:<1y"),
    "state": ("state:corrupt", "state:missing", "state:intact"),
    "standing": ("standing:damaged", "standing:at-risk", "standing:stale", "standing:short"),
    "copies": ("copies:<2", "copies:<1", "copies:>=4", "copies:>9"),
    "proof": ("proof:>90d", "proof:>199d", "proof:<30d", "proof:>400d"),
    "drive, site": ("drive:Elements", "drive:büro", "drive:shelf", "drive:none", "site:office", "site:bank"),
    "library": ("library:archive", "library:music"),
    "kind": ("kind:companion", "kind:track"),
    "combinations": (
        "-genre:rock",
        "genre:jazz year:1960..1969 lossless:yes",
        "(genre:rock or genre:pop) rating:>=4",
        "kind:companion drive:shelf",
        "copies:<2 genre:jazz",
        "state:corrupt or state:missing",
    ),
}


def queries(data: Path) -> Iterator[Result]:
    """The median of three for each query; of these the 95th percentile over all fields, and the worst of each."""
    opened = catalog(data)
    artist, rare = (
        opened.value(f"SELECT artist FROM track GROUP BY artist ORDER BY count(*) {way} LIMIT 1")
        for way in ("DESC", "")
    )
    folder = opened.value("SELECT folder FROM item WHERE id = (SELECT max(id) / 2 FROM item)").decode()
    given = {"artist": artist, "rare": rare, "folder": folder, "letters": artist[:3]}
    worst: dict[str, float] = {}
    every: list[float] = []
    for field, texts in QUERIES.items():
        taken = [_median(lambda text=text: list(search.find(opened, text.format(**given), PAGE))) for text in texts]  # type: ignore[misc]
        worst[field] = max(taken)
        every += taken
    opened.close()
    yield Result("first page, any field, p95", statistics.quantiles(every, n=20)[-1] * 1000, "ms", 50)
    for field, seconds in worst.items():
        yield Result(f"worst of {field}", seconds * 1000, "ms", 50)


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
