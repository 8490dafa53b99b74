"""The catalog's disk is full: it is said in plain words, by whoever comes, and nothing dies of it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from musicvault.catalog.database import Catalog
from musicvault.cli.main import run
from musicvault.errors import CatalogFull
from musicvault.runtime import state
from musicvault.runtime.state import State
from tests.conftest import PROJECT
from tests.corruption.drives import drive

_OPEN = "import os, sys; from pathlib import Path; from musicvault.catalog.database import Catalog; "
_OPEN += "catalog = Catalog.open(Path(sys.argv[1])); "


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with drive("ext4", tmp_path / "disk", 8) as made:
        yield made.point


def fill(disk: Path) -> Path:
    """Until no block is left: what ext4 set aside for a write that it then cut short comes free when it is flushed."""
    filler = disk / "filler"
    for size in (1 << 20, 4096, 4096):
        with pytest.raises(OSError, match="No space"):
            append(filler, size)
    return filler


def append(filler: Path, size: int) -> None:
    with filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(size))
            os.fsync(file.fileno())


def opened(path: Path, then: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, which ends without closing the catalog."""
    return subprocess.run(
        [sys.executable, "-c", f"{_OPEN}{then}; os._exit(0)", path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_who_comes_after_a_kill_is_told_and_not_killed_by_a_memory_map(disk: Path) -> None:
    path = disk / "catalog.sqlite3"
    assert opened(path, "catalog.check_weekly(1.0)").returncode == 0
    filler = fill(disk)
    done = opened(path, "print(catalog.catalog_id, flush=True)")
    assert done.returncode == 1, f"signal {-done.returncode}"
    assert "is full. Make room there" in done.stderr
    filler.unlink()
    done = opened(path, "print(catalog.catalog_id, flush=True)")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_there_can_be_read_by_whom_that_is_enough(disk: Path) -> None:
    path = disk / "catalog.sqlite3"
    said = "with catalog.transaction(1.0) as change: change.execute(\"INSERT INTO service VALUES('said', 'yes')\")"
    assert opened(path, f"exec({said!r})").returncode == 0
    assert Path(f"{path}-wal").stat().st_size, "what was said stands in the log of a process that was killed"
    Path(f"{path}-shm").unlink()
    filler = fill(disk)
    with closing(Catalog.open(path, to_read=True)) as catalog:
        assert catalog.is_only_read
        assert not Path(f"{path}-shm").exists(), "a page of it that the disk can't hold would be a bus error"
        with ThreadPoolExecutor() as threads:
            asked = threads.submit(catalog.value, "SELECT value FROM service WHERE key = 'said'")
            assert asked.result() == catalog.value("SELECT value FROM service WHERE key = 'said'") == "yes"
        with pytest.raises(CatalogFull), catalog.transaction(1.0):
            pass
        with pytest.raises(CatalogFull), catalog.derived():
            pass
    filler.unlink()
    with closing(Catalog.open(path, to_read=True)) as catalog:
        assert not catalog.is_only_read
        assert catalog.value("SELECT value FROM service WHERE key = 'said'") == "yes"


@pytest.mark.parametrize("before", ["nothing", "a catalog of version 2"])
def test_what_is_no_catalog_of_this_version_is_told_to_be_without_room(disk: Path, before: str) -> None:
    path = disk / "catalog.sqlite3"
    if before != "nothing":
        Catalog.open(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 2")
    fill(disk)
    with pytest.raises(CatalogFull):
        Catalog.open(path, to_read=True)
    assert path.exists() == (before != "nothing")


def test_commands_that_look_answer_and_say_that_nothing_goes_on(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = disk / "catalog.sqlite3"
    Catalog.open(path).close()
    fill(disk)
    for words, code in (("status", 0), ("policy export", 0), ("scan", 10), ("policy set --copies 3", 10)):
        assert run(["--catalog", str(path), *words.split()]) == code, words
        out, said = capsys.readouterr()
        assert f"The disk that holds the catalog {path} is full" in said
        assert "full" not in out  # it may be a list for other programs
    assert run(["--catalog", str(path), "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["catalog_full"] is True


def test_what_was_open_is_read_on_and_written_to_again_once_there_is_room(disk: Path) -> None:
    with closing(Catalog.open(disk / "catalog.sqlite3")) as catalog:
        refused_until_there_is_room(catalog, disk)


def refused_until_there_is_room(catalog: Catalog, disk: Path) -> None:
    filler = fill(disk)
    log = Path(f"{catalog.path}-wal").stat().st_size
    much = "x" * (log + 100_000)  # a write-ahead log that was folded in is written over: its room is no lack of room
    with pytest.raises(CatalogFull), catalog.transaction(1.0) as transaction:
        transaction.execute("INSERT INTO service VALUES('much', ?)", (much,))
    assert catalog.value("SELECT count(*) FROM service WHERE key = 'much'") == 0
    assert opened(catalog.path, "print(catalog.catalog_id, flush=True)").stdout.strip() == catalog.catalog_id
    filler.unlink()
    with catalog.transaction(1.0) as transaction:
        transaction.execute("INSERT INTO service VALUES('much', ?)", (much,))
    assert catalog.check() == []


def test_the_service_says_so_in_the_room_that_its_state_has(disk: Path) -> None:
    catalog = disk / "catalog.sqlite3"
    state.write(catalog, State(pid=1, doing="scan", subject="a library with a long name"))
    fill(disk)
    state.write(catalog, State(pid=1, problems=("The disk is full.",)))
    assert state.read(catalog) == State(pid=1, problems=("The disk is full.",))
    assert sorted(one.name for one in disk.iterdir() if "service" in one.name) == ["catalog.sqlite3.service.json"]
