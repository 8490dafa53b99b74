"""SIGKILL of a real process after every named step of a repair or restore: the old file or the new one is there, whole,
and the next run ends with everything right."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from musicvault.catalog import intents, libraries, vaults
from musicvault.catalog.database import Catalog
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.library import add_library
from musicvault.engine.locating import locate_one
from musicvault.engine.reconcile.pending import reconcile_library, reconcile_vault
from musicvault.engine.repair import repair
from musicvault.engine.restore import restore
from musicvault.engine.scan import scan
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.storage.vault.manifest import read_entries
from tests.crash.child import run_child
from tests.crash.rooms import fresh, settle, started_again, write
from tests.engine_room import flip
from tests.guarded import is_valid

RIGHT = {
    "album/damaged.txt": b"the right words " * 500,
    "album/deleted.txt": b"the owner deleted these " * 300,
    "on the drive.txt": b"the drive's copy rots " * 400,
    "gone from it.txt": b"the drive's copy vanishes " * 200,
    **{f"well/{number}.txt": b"%d" % number * 50 for number in range(8)},
}

STEPS = [
    ("intended", 1),  # the damaged file of the library
    ("staged", 1),
    ("proven", 1),
    ("flushed", 1),
    ("set-aside", 1),
    ("replaced", 1),
    ("synced", 2),
    ("committed", 1),
    ("intended", 2),  # the deleted one
    ("staged", 2),
    ("proven", 2),
    ("placed", 1),
    ("synced", 3),
    ("committed", 2),
    ("intended", 3),  # both copies on the drive
    ("staged", 3),
    ("staged", 4),
    ("proven", 3),
    ("proven", 4),
    ("journal flushed", 1),
    ("journaled", 1),
    ("placed", 2),
    ("placed", 3),
    ("placed", 4),
    ("committed", 3),
    ("fold: marked", 1),
    ("fold: emptied", 1),
]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected room in which four things went wrong, scrubbed."""
    room = tmp_path_factory.mktemp("room")
    write(room / "Music", RIGHT, 10**9)
    (room / "drive").mkdir()
    catalog = Catalog.open(room / "catalog.sqlite3")
    ctx = Context(catalog, time.time)
    library = add_library(ctx, os.fsencode(room / "Music"))
    add_drive(ctx, os.fsencode(room / "drive"), "drive")
    list(scan(ctx, [library.id]))
    list(sync(ctx))
    flip(room / "Music" / "album/damaged.txt")
    (room / "Music" / "album/deleted.txt").unlink()
    data = room / "drive" / "MusicVault" / "data" / "music"
    flip(data / "on the drive.txt")
    (data / "gone from it.txt").unlink()
    list(scrub(ctx))
    catalog.close()
    return room


@pytest.fixture
def room(damaged: Path) -> Path:
    return fresh(damaged)


def test_the_steps_are_all_there(room: Path) -> None:
    done = run_child(room, "repair", "")
    assert done.returncode == 0, done.stderr
    seen = Counter(done.stdout.split("\n")[:-1])
    assert [(step, seen[step]) for step, count in STEPS if count > seen[step]] == []
    check(room)


@pytest.mark.parametrize(("step", "count"), STEPS, ids=[f"{step}-{count}" for step, count in STEPS])
def test_killed_there_nothing_is_half_and_the_next_run_heals(room: Path, step: str, count: int) -> None:
    wrong = (room / "Music" / "album/damaged.txt").read_bytes()
    done = run_child(room, "repair", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    for name, path in visible(room / "Music").items():
        assert path.read_bytes() in (RIGHT[name], wrong), name
    catalog = Catalog.open(room / "catalog.sqlite3")
    ctx = Context(catalog, time.time)
    (library,), (vault,) = libraries.every(catalog), vaults.every(catalog)
    for _ in range(2):
        reconcile_library(ctx, library)
        reconcile_vault(ctx, locate_one(ctx, vault))
        assert intents.pending(catalog) == []
        assert hidden(room / "Music") == []
    assert (room / "Music" / "album/damaged.txt").stat().st_nlink == 1
    list(repair(ctx, missing=True))
    catalog.close()
    check(room)


def test_damage_whose_successor_is_lost_stays_listed_as_what_it_should_be(room: Path) -> None:
    """An open finding: the bag fails for exactly that file, and is never signed for what stands there."""
    assert run_child(room, "repair", "journaled").returncode == -signal.SIGKILL
    root = room / "drive" / "MusicVault"
    for partial in visible(root / "musicvault" / "incoming").values():
        partial.unlink()
    ctx, vault = started_again(room)
    settle(ctx, vault)
    listed = {entry.path: entry.sha256 for entry in read_entries(os.fsencode(root / "manifest-sha256.txt"))}
    name = "on the drive.txt"
    assert (root / "data" / "music" / name).read_bytes() != RIGHT[name]
    assert listed[os.fsencode(f"data/music/{name}")] == hashlib.sha256(RIGHT[name]).digest()
    list(repair(ctx, missing=True))
    ctx.catalog.close()
    check(room)


def check(room: Path) -> None:
    """Everything is right on both sides, what was damaged is kept, and nothing is left lying about."""
    assert {name: path.read_bytes() for name, path in visible(room / "Music").items()} == RIGHT
    assert hidden(room / "Music") == []
    assert {path.stat().st_mtime_ns for path in visible(room / "Music").values()} == {10**18}
    root = room / "drive" / "MusicVault"
    assert {name: path.read_bytes() for name, path in visible(root / "data" / "music").items()} == RIGHT
    assert len(visible(root / "musicvault" / "quarantine")) == 1
    assert visible(root / "musicvault" / "incoming") == {}
    kept = visible(room / "catalog.sqlite3.quarantine")
    assert {len(path.read_bytes()) for path in kept.values()} == {len(RIGHT["album/damaged.txt"])}
    catalog = Catalog.open(room / "catalog.sqlite3")
    assert intents.pending(catalog) == []
    assert set(catalog.rows("SELECT DISTINCT state FROM replica")) == {("intact",)}
    assert catalog.rows("SELECT * FROM finding") == []
    (vault,) = vaults.every(catalog)
    assert is_valid(vault)
    catalog.close()


@pytest.mark.parametrize(("step", "count"), [("proven", 1), ("flushed", 2), ("placed", 3), ("synced", 4)])
def test_a_killed_restore_leaves_whole_files_and_goes_on(room: Path, step: str, count: int) -> None:
    done = run_child(room, "restore", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    for name, path in visible(room / "back" / "music").items():
        assert path.read_bytes() == RIGHT[name]
    ctx = Context(Catalog.open(room / "catalog.sqlite3"), time.time)
    list(restore(ctx, "", os.fsencode(room / "back")))
    ctx.catalog.close()
    assert {name: path.read_bytes() for name, path in visible(room / "back" / "music").items()} == RIGHT
    assert hidden(room / "back") == []


def visible(folder: Path) -> dict[str, Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): path for path in found}


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]
