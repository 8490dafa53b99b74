"""Reading music for the first time, against b3sum; fingerprinting it, against fpcalc."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench import data as music
from tests.bench.measuring import Result, b3sum, files_below, interleaved, run, warm
from tests.bench.program import Program


def scan(data: Path) -> Iterator[Result]:
    """Four digests, tags and stream facts in one read, warm cache; b3sum makes one digest."""
    tracks = music.tracks(data)
    warm(tracks)

    def ours() -> float:
        program = Program(data / "scan")
        program("library", "add", tracks)
        return program("scan", "--no-fingerprints").seconds

    mine, theirs = interleaved(5, ours, lambda: run(b3sum(tracks)).seconds)
    yield Result("scan without fingerprints, 120 tracks", mine, "s", 4.0, theirs, "b3sum")


def fingerprints(data: Path) -> Iterator[Result]:
    """The second stage of a scan whose first stage is done, against fpcalc two at a time."""
    tracks = music.tracks(data)
    warm(tracks)

    def ours() -> float:
        program = Program(data / "scan")
        program("library", "add", tracks)
        program("scan", "--no-fingerprints")
        return program("scan").seconds

    def theirs() -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_fpcalc, files_below(tracks)))
        return time.perf_counter() - begun

    mine, other = interleaved(3, ours, theirs)
    yield Result("fingerprints, 120 tracks", mine, "s", 1.15, other, "fpcalc ×2")


def _fpcalc(path: Path) -> None:
    subprocess.run(["fpcalc", "-raw", "-ignore-errors", path], check=True, capture_output=True)
