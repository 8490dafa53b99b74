"""Reading floods of files: threads and processes agree, and processes end with whoever started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import cast

import pytest

from musicvault.domain.notices import Notice
from musicvault.engine import reading
from musicvault.engine.examine import Examined, Failure
from musicvault.engine.looking import ToRead
from musicvault.engine.scan import scan
from musicvault.engine.workers import Workers
from tests.engine_room import Room

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def flood(room: Room, count: int = 12) -> list[ToRead]:
    first = room.track("00.flac", 1, title="Zero").read_bytes()
    for number in range(1, count):
        (room.music / f"{number:02}.flac").write_bytes(first[:-number] if number % 2 else first)
    (room.music / "cover.jpg").write_bytes(b"\xff\xd8" * 99)
    return [ToRead(os.fsencode(path.name), path.stat().st_size, None) for path in sorted(room.music.iterdir())]


def test_threads_and_processes_see_the_same(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [*flood(room), ToRead(b"not there.flac", 5, None)]
    root = os.fsencode(room.music)
    by_threads = dict(reading.read_all(room.ctx, root, files))
    monkeypatch.setattr(reading, "FLOOD", 3)
    monkeypatch.setattr(reading, "_BATCH_FILES", 5)
    by_processes = dict(reading.read_all(room.ctx, root, files))
    assert by_processes == by_threads
    assert len(by_threads) == len(files)
    missing = by_threads[files[-1]]
    assert isinstance(missing, Failure)
    assert missing.gone


def test_a_closed_or_cancelled_scan_leaves_no_process_behind(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    flood(room)
    room.add()
    monkeypatch.setattr(reading, "FLOOD", 3)
    monkeypatch.setattr(reading, "_BATCH_FILES", 1)
    job = scan(room.ctx, [1])
    for _ in range(4):
        next(job)
    assert multiprocessing.active_children()
    cast(Generator[Notice], job).close()
    assert multiprocessing.active_children() == []
    assert room.scan().exit_code == 0
    assert len(room.names()) == 13


class Deadly(bytes):
    """A path at which the process that is handed it dies."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def test_a_file_that_kills_its_reader_costs_that_file_only(room: Room) -> None:
    files = flood(room, 3)
    whole = [os.path.join(os.fsencode(room.music), file.path) for file in files]
    workers = Workers(1)
    try:
        future = workers.submit([whole[0], Deadly(whole[1])])
        assert isinstance(future.exception(), BrokenProcessPool)
        assert isinstance(workers.submit([whole[2]]).exception(), BrokenProcessPool)
        first, second = workers.rescue([[whole[0], Deadly(whole[1])], [whole[2]]])
        assert isinstance(first[0], Examined)
        assert isinstance(first[1], Failure)
        assert "ends the reading process" in first[1].cause
        assert isinstance(second[0], Examined)
        assert isinstance(workers.submit([whole[0]]).result()[0], Examined)
    finally:
        workers.close()


def test_a_scan_goes_on_where_a_worker_is_killed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    flood(room)
    room.add()
    monkeypatch.setattr(reading, "FLOOD", 3)
    monkeypatch.setattr(reading, "_BATCH_FILES", 2)
    job = scan(room.ctx, [1])
    while not multiprocessing.active_children():
        next(job)
    os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
    room.run(job)
    assert len(room.names()) == 13


SCRIPT = """
import os, sys, time
from pathlib import Path
from musicvault.catalog.database import Catalog
from musicvault.engine import reading
from musicvault.engine.context import Context
from musicvault.engine.library import add_library
from musicvault.engine.scan import scan
reading.FLOOD, reading._BATCH_FILES = 3, 1
catalog = Catalog.open(Path(sys.argv[1]))
context = Context(catalog, time.time)
library = add_library(context, os.fsencode(sys.argv[2]))
for notice in scan(context, [library.id]):
    if len(sys.argv) > 3 and type(notice).__name__ == "Advanced":
        import multiprocessing
        print(*[child.pid for child in multiprocessing.active_children()], flush=True)
        sys.stdin.read()
print("added", notice.counts["added"], flush=True)
catalog.close()
"""


def script(room: Room, *more: str) -> subprocess.Popen[str]:
    path = room.tmp / "script.py"
    path.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(path), str(room.tmp / "own.sqlite3"), str(room.music), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


def test_a_script_without_a_main_guard_runs_once(room: Room) -> None:
    flood(room)
    with script(room) as child:
        assert child.communicate()[0] == "added 13\n"
    assert child.returncode == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_killed_parent(room: Room) -> None:
    flood(room)
    with script(room, "wait") as child:
        assert child.stdout is not None
        workers = [int(pid) for pid in child.stdout.readline().split()]
        assert workers
        child.kill()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(alive(pid) for pid in workers)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
