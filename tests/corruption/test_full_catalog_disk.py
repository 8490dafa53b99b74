"""The catalog's disk is full: it is said in plain words, by whoever comes, and nothing dies of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from musicvault.catalog.database import Catalog
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
