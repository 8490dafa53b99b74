"""A hundred thousand small files: the first import, the rescan, and questions to the catalog that results."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import data as music
from tests.bench.measuring import Result, Run, b3sum, interleaved, run, warm
from tests.bench.program import Program, summary


def imported(data: Path) -> Program:
    """A program whose catalog knows the small files; made once, kept for those after it."""
    if not (data / "import" / "catalog.sqlite3").exists():
        _import(data)
    return Program(data / "import", keep=True)


def _import(data: Path) -> Run:
    small = music.small(data)
    shutil.rmtree(data / "import", ignore_errors=True)
    program = Program(data / "import.new")
    program("library", "add", small)
    done = program("scan", "--no-fingerprints")
    found = summary(program("status"))
    assert found["items"] == music.SMALL, found
    (data / "import.new").rename(data / "import")
    return done


def first_import(data: Path) -> Iterator[Result]:
    """Digests, tags and catalog rows of files never seen, warm cache. beets manages about 60 files/s (published
    elsewhere, measured on another day)."""
    small = music.small(data)
    warm(small)
    done = _import(data)
    reference = run(b3sum(small)).seconds
    yield Result("first import, 100,000 small MP3s", music.SMALL / done.seconds, "files/s", 2000, is_rate=True)
    yield Result("  of which b3sum would need", done.seconds, "s", 100, reference, "b3sum")


def rescan(data: Path) -> Iterator[Result]:
    """Nothing has changed: one directory listing and one stat a file, as the bare walk does."""
    small = music.small(data)
    program = imported(data)
    memory = 0

    def ours() -> float:
        nonlocal memory
        done = program("scan", "--no-fingerprints")
        memory = max(memory, done.memory)
        return done.seconds

    def walk() -> float:
        begun = time.perf_counter()
        count = _walk(str(small))
        assert count == music.SMALL
        return time.perf_counter() - begun

    mine, theirs = interleaved(5, ours, walk)
    yield Result("rescan, 100,000 unchanged files", mine, "s", 3.0, theirs, "scandir + stat")
    yield Result("  its memory", memory / 1e6, "MB", 200)


def _walk(folder: str) -> int:
    count = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                count += _walk(entry.path)
            else:
                os.stat(entry.path, follow_symlinks=False)
                count += 1
    return count


def lookups(data: Path) -> Iterator[Result]:
    """Whole processes, interpreter and all, on the catalog of 100,000 items."""
    program = imported(data)
    status, search, wide, bare = interleaved(
        7,
        lambda: program("status").seconds,
        lambda: program("search", "song 04242").seconds,
        lambda: program("search", "artist 123 jazz").seconds,
        lambda: run([sys.executable, "-c", "pass"]).seconds,
    )
    found = summary(program("search", "song 04242"))
    assert found["items"] == 10, found
    yield Result("status, 100,000 items", status, "s", 0.35)
    yield Result("search with 10 answers", search, "s", 0.35)
    yield Result("search with 50 answers", wide, "s", 0.35)
    yield Result("  of which an empty Python process", bare, "s", 0.35)
