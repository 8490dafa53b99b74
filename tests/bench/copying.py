"""Copies: making them with proof, and proving them again from the device."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench import data as music
from tests.bench.measuring import Result, b3sum, cold, files_below, interleaved, run, warm
from tests.bench.program import Program

_DIGEST_ROUNDS = 7


def scrub(data: Path) -> Iterator[Result]:
    """Every copy on a drive read from the device and judged, against b3sum over the same files, both cold."""
    tracks = music.tracks(data)
    drive = _empty(data / "drive")
    program = Program(data / "scrub")
    program("library", "add", tracks)
    program("scan", "--no-fingerprints")
    program("drive", "add", drive, "--label", "bench")
    program("sync")
    payload = drive / "MusicVault" / "data"
    assert len(files_below(payload)) == music.TRACKS

    def ours() -> float:
        cold(drive)
        return program("scrub", "--drive", "bench").seconds

    def theirs() -> float:
        cold(drive)
        return run(b3sum(payload)).seconds

    mine, other = interleaved(_DIGEST_ROUNDS, ours, theirs)
    yield Result("scrub of a drive, 120 tracks, cold", mine, "s", 0.8, other, "b3sum, cold")
    shutil.rmtree(drive)


def sync(data: Path) -> Iterator[Result]:
    """Copy, flush, read back from the device, compare, put in place; by hand: cp, sync, cold b3sum of the copy."""
    tracks = music.tracks(data)
    scanned = Program(data / "sync-scanned")
    scanned("library", "add", tracks)
    scanned("scan", "--no-fingerprints")

    def ours() -> float:
        place = data / "sync"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(scanned.place, place)
        program = Program(place, keep=True)
        drive = _empty(data / "drive")
        program("drive", "add", drive, "--label", "bench")
        warm(tracks)
        os.sync()
        seconds = program("sync").seconds
        assert len(files_below(drive / "MusicVault" / "data")) == music.TRACKS
        shutil.rmtree(drive)
        return seconds

    def by_hand() -> float:
        drive = _empty(data / "drive")
        warm(tracks)
        os.sync()
        copied = run(["sh", "-c", 'cp -a "$1" "$2" && sync', "sh", tracks, drive / "copy"]).seconds
        cold(drive)
        verified = run(b3sum(drive / "copy")).seconds
        shutil.rmtree(drive)
        return copied + verified

    mine, other = interleaved(5, ours, by_hand)
    yield Result("sync with read-back, 120 tracks", mine, "s", 1.2, other, "cp + sync + b3sum")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
