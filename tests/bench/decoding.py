"""The decode check, against `flac -t` two at a time."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench import data as music
from tests.bench.measuring import Result, files_below, interleaved, warm
from tests.bench.program import Program, summary


def decode(data: Path) -> Iterator[Result]:
    """The stage over the FLAC files among the tracks, whose scan is done; warm cache."""
    tracks = _only_flac(data)
    warm(tracks)

    def ours() -> float:
        program = Program(data / "decode")
        program("library", "add", tracks)
        program("scan", "--no-fingerprints")
        done = program("check")
        assert summary(done)["clean"] == len(files_below(tracks)), done.output
        return done.seconds

    def theirs() -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_test, files_below(tracks)))
        return time.perf_counter() - begun

    mine, other = interleaved(5, ours, theirs)
    yield Result(f"decode check, {len(files_below(tracks))} FLAC tracks", mine, "s", 1.15, other, "flac -t ×2")


def _only_flac(data: Path) -> Path:
    """Hard links, so that neither side decodes anything else."""
    tracks, chosen = music.tracks(data), data / "flac tracks"
    shutil.rmtree(chosen, ignore_errors=True)
    for path in files_below(tracks):
        if path.suffix == ".flac":
            link = chosen / path.relative_to(tracks)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.hardlink_to(path)
    return chosen


def _test(path: Path) -> None:
    subprocess.run(["flac", "-t", "-s", path], check=True, capture_output=True)
