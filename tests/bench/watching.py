"""The background service: a burst of files, doing nothing, and standing aside for others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from musicvault.catalog.database import Catalog
from tests.bench.importing import imported
from tests.bench.measuring import Result, cold, interleaved
from tests.bench.program import Program
from tests.sound import retag as give_tags

BURST = 50_000
_BYTES = 2_000
_PATIENCE_S = 900.0
_IDLE_S = 60.0
_BIG = 1 << 30


def watching(data: Path) -> Iterator[Result]:
    """50,000 files copied in at full speed; 100,000 items and nothing to do; a foreground read beside a slice."""
    yield from _burst(data / "burst")
    yield from _idle(data)
    yield from _beside(data / "beside")


def retag(data: Path) -> Iterator[Result]:
    """One edit in a library of 100,000 items that a drive holds, too: how soon it is known and protected, and what the
    service takes and writes for it. It waits ten seconds for the edit to settle."""
    program = _protected(data)
    track = next(path for path in sorted((data / "small").rglob("*")) if path.is_file())
    copy = data / "drive" / "MusicVault" / "data" / "small" / track.relative_to(data / "small")
    with _service(program) as process:
        _settled(program, process)
        time.sleep(5)
        cpu, written = _cpu(process), process.io_counters().write_bytes
        before = _items(program, "content")
        begun = time.perf_counter()
        give_tags(track, title=f"Retagged {time.time()}")
        while _items(program, "content") == before:
            time.sleep(0.1)
        known = time.perf_counter() - begun
        wanted = track.read_bytes()
        while copy.read_bytes() != wanted:
            time.sleep(0.1)
        protected = time.perf_counter() - begun
        time.sleep(5)
        _settled(program, process)
        cpu, written = _cpu(process) - cpu, process.io_counters().write_bytes - written
    yield Result("retag, 100,000 items: in the catalog after", known, "s", 30)
    yield Result("retag, 100,000 items: protected after", protected, "s", 60)
    yield Result("  processor time of the service for it", cpu, "s", 1)
    yield Result("  written by the service for it", written / 1e6, "MB", 2)


def _protected(data: Path) -> Program:
    """The imported library with a drive that holds all of it; made once."""
    place = data / "protected"
    if not place.is_dir():
        imported(data)
        half = place.with_name("protected.new")
        for folder in (half, data / "drive"):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(data / "import", half)
        (data / "drive").mkdir()
        program = Program(half, keep=True)
        program("drive", "add", data / "drive", "--new", allowed=(0, 21))
        program("sync", allowed=(0, 21))
        half.rename(place)
    program = Program(place, keep=True)
    _quietly(program)
    program("scan", "--no-fingerprints", allowed=(0, 21))
    _all_proven(program)
    return program


def _quietly(program: Program) -> None:
    """Settings under which nothing but the edit is work."""
    settings = Path(program.env["XDG_CONFIG_HOME"]) / "musicvault"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "settings.toml").write_text("fingerprints = false\nmains_only = false\npause_when_busy = false\n")


@contextmanager
def _service(program: Program) -> Iterator[psutil.Process]:
    """A `musicvault watch` of its own, ended by SIGTERM."""
    command = [sys.executable, "-P", "-m", "musicvault", "watch", "--json"]
    with (program.place / "watch.log").open("w") as log:
        child = subprocess.Popen(command, env=program.env, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


def _state(program: Program) -> dict[str, object]:
    try:
        found = json.loads((program.place / "catalog.sqlite3.service.json").read_text())
    except (OSError, ValueError):
        return {}
    return dict(found)


def _settled(program: Program, process: psutil.Process) -> None:
    """Wait until the service has nothing to do."""
    until = time.monotonic() + _PATIENCE_S
    while _state(program).get("waits") != "nothing-due" or _state(program).get("pid") != process.pid:
        if time.monotonic() > until or not process.is_running():
            raise SystemExit("the service doesn't come to rest")
        time.sleep(0.5)


def _burst(place: Path) -> Iterator[Result]:
    shutil.rmtree(place, ignore_errors=True)
    music = place / "music"
    music.mkdir(parents=True)
    program = Program(place / "program")
    (Path(program.env["XDG_CONFIG_HOME"]) / "musicvault").mkdir(parents=True)
    (Path(program.env["XDG_CONFIG_HOME"]) / "musicvault" / "settings.toml").write_text(
        "fingerprints = false\nprove = false\n"
    )
    program("library", "add", music)
    with _service(program) as process:
        until = time.monotonic() + _PATIENCE_S
        while _state(program).get("pid") != process.pid and time.monotonic() < until:
            time.sleep(0.2)
        begun = time.perf_counter()
        for number in range(BURST):
            folder = music / f"{number // 500:03}"
            if number % 500 == 0:
                folder.mkdir()
            (folder / f"{number:05}.txt").write_bytes(number.to_bytes(8, "big") * (_BYTES // 8))
        copied = time.perf_counter() - begun
        known_at = begun
        while (found := _items(program)) < BURST and time.monotonic() < until:
            time.sleep(1)
        known_at = time.perf_counter()
    yield Result("burst: files copied in a second", BURST / copied, "files/s", 0, is_rate=True)
    yield Result("burst: files missed of 50,000", BURST - found, "", 0)
    yield Result("burst: last copy to all in the catalog", known_at - begun - copied, "s", 120)
    shutil.rmtree(place)


def _items(program: Program, table: str = "item") -> int:
    """Asked without a process of its own: it would stand in the service's way."""
    with closing(sqlite3.connect(f"file:{program.place}/catalog.sqlite3?mode=ro", uri=True)) as catalog:
        return int(catalog.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _idle(data: Path) -> Iterator[Result]:
    program = imported(data)
    _all_proven(program)
    _quietly(program)
    with _service(program) as process:
        _settled(program, process)
        time.sleep(20)
        before, begun = _cpu(process), time.perf_counter()
        time.sleep(_IDLE_S)
        share = (_cpu(process) - before) / (time.perf_counter() - begun)
        memory = process.memory_info().rss
    yield Result("idle, 100,000 items: of one core", share * 100, "%", 0.5)
    yield Result("idle, 100,000 items: resident memory", memory / 1e6, "MB", 150)


def _all_proven(program: Program) -> None:
    """As after a round of slices: reading everything isn't what is measured."""
    catalog = Catalog.open(program.place / "catalog.sqlite3")
    with closing(catalog), catalog.transaction(time.time()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = ?, grade = 'device'", (time.time(),))


def _cpu(process: psutil.Process) -> float:
    """Seconds, those of its ended children included."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


_SLICE = """
import os, sys
from musicvault.domain.notices import never_stops
from musicvault.runtime.pacing import Pace
from musicvault.storage import machine
from musicvault.storage.reading import read_file
path = os.fsencode(sys.argv[1])
traffic = machine.Traffic(path)
print("known" if traffic.known else "unknown", flush=True)
pace = Pace(never_stops, others=traffic)
with machine.standing_back():
    while True:
        read_file(path, digests=False, blocks=False, from_device=True, checkpoint=pace.checkpoint, on_bytes=pace.spent)
"""


def _beside(place: Path) -> Iterator[Result]:
    """A big cold file read in the foreground, alone, and while another is proven on the same disk."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    foreground, background = place / "foreground", place / "background"
    for path in (foreground, background):
        with path.open("wb") as file:
            for _ in range(_BIG >> 20):
                file.write(os.urandom(1 << 20))
    os.sync()

    def read() -> float:
        cold(place)
        begun = time.perf_counter()
        with foreground.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
        return time.perf_counter() - begun

    def beside() -> float:
        child = subprocess.Popen(
            [sys.executable, "-c", _SLICE, background],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            stdout=subprocess.PIPE,
        )
        try:
            assert child.stdout is not None
            if child.stdout.readline().strip() != b"known":
                print("  this disk's traffic can't be counted here: only the idle priority stands aside")
            time.sleep(1)
            return read()
        finally:
            assert child.poll() is None, "the slice ended"
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()

    alone, shared = interleaved(5, read, beside)
    yield Result("foreground read of 1 GiB beside a slice", shared, "s", 1.25, alone, "alone")
    shutil.rmtree(place)
