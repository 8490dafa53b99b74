"""The first page of every kind of query at a million items."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from musicvault.catalog import browse, search
from musicvault.catalog.database import Catalog
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

UNKIND: dict[str, tuple[str, ...]] = {
    "much of both, nothing of all": (
        "kind:companion genre:rock",
        "lossless:yes lossless:no",
        "year:<1950 year:>2000",
        "(genre:rock kind:companion) or (genre:pop kind:companion)",
        "drive:Büro library:music",
        'artist:="{artist}" kind:companion',
        "size:>30MB size:<20MB",
        "bitrate:>10 kind:companion",
    ),
    "negations": (
        "-kind:track -kind:companion",
        "-genre:rock -genre:pop -lossless:yes -lossless:no kind:track",
        "-state:intact",
        "-drive:Elements -kind:companion -copies:<2",
        'genre:"" kind:track',
    ),
    "at the far end of the order": (
        '"{last}"',
        'path:="{last}"',
        "genre:rock -artist:a -artist:b -artist:c -artist:d",
        "library:archive -drive:Büro",
    ),
}
"""What no single index narrows down and no walk along the order finds soon."""


def queries(data: Path) -> Iterator[Result]:
    """The median of three for each query; of these the 95th percentile over all fields, and the worst of each; then
    what is made to be slow, and every order of the window's table."""
    opened = catalog(data)
    artist, rare = (
        opened.value(f"SELECT artist FROM track GROUP BY artist ORDER BY count(*) {way} LIMIT 1")
        for way in ("DESC", "")
    )
    folder = opened.value("SELECT folder FROM item WHERE id = (SELECT max(id) / 2 FROM item)").decode()
    last = opened.value("SELECT shown FROM item ORDER BY library_id DESC, folder DESC, name DESC LIMIT 1")
    given = {"artist": artist, "rare": rare, "folder": folder, "letters": artist[:3], "last": last}

    def asked(text: str) -> _Taken:
        return _median(lambda: list(search.find(opened, text.format(**given), PAGE)))

    usual = {field: [asked(text) for text in texts] for field, texts in QUERIES.items()}
    unkind = {what: [asked(text) for text in texts] for what, texts in UNKIND.items()}
    ordered = {order: _median(lambda order=order: _first_rows(opened, order)) for order in browse.ORDERS}  # type: ignore[misc]
    opened.close()
    every = [one for taken in usual.values() for one in taken]
    yield Result("first page, any field, p95", statistics.quantiles([one.wall for one in every], n=20)[-1], "ms", 50)
    yield Result("  processor time", statistics.quantiles([one.processor for one in every], n=20)[-1], "ms", 50)
    for field, taken in usual.items():
        yield Result(f"worst of {field}, processor time", max(one.processor for one in taken), "ms", 50)
    for what, taken in unkind.items():
        yield Result(f"{what}, worst, processor time", max(one.processor for one in taken), "ms", 1500)
    for order, one in ordered.items():
        yield Result(f"the window's first rows by {order}, processor time", one.processor, "ms", 1500)


def _first_rows(opened: Catalog, order: str) -> None:
    """What the window's table asks for first, off its own thread."""
    found = browse.listing(opened, browse.Selection(now=time.time()), order, limit=PAGE)
    browse.lines(opened, found.ids, time.time())


@dataclass(frozen=True, slots=True)
class _Taken:
    """Milliseconds of wall clock and of processor time."""

    wall: float
    processor: float


def _median(work: Callable[[], object]) -> _Taken:
    walls, processors = [], []
    for _ in range(_ROUNDS):
        begun, used = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - begun) * 1000)
        processors.append((time.process_time() - used) * 1000)
    return _Taken(statistics.median(walls), statistics.median(processors))
