"""SIGKILL in the middle of a sync, and the computer never comes back: the drive alone gives all that was on it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Finished, Job, never_stops
from musicvault.engine.context import Context
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.rebuild.reading import restore_from
from musicvault.engine.restore import restore
from musicvault.engine.verify import verify
from tests.crash.child import run_child
from tests.crash.rooms import files
from tests.crash.test_kill_sync import AFTER, BEFORE, FILLING, STEPS, protected, room

__all__ = ["protected", "room"]

UNCHANGED = [b"will be called one", b"will be called two", b"will be renamed", *FILLING.values()]


def end(job: Job) -> Finished:
    *_, last = job
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize(
    ("step", "count", "snapshot"),
    [(step, count, number % 2 == 0) for number, (step, count) in enumerate(STEPS)],
    ids=[f"{step}-{count}-{'with' if number % 2 == 0 else 'without'}" for number, (step, count) in enumerate(STEPS)],
)
def test_what_is_on_the_drive_comes_back(room: Path, step: str, count: int, snapshot: bool) -> None:
    done = run_child(room, "sync", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    shutil.rmtree(room / "Music")
    vault = room / "drive" / "MusicVault"
    if not snapshot:
        for path in (vault / "musicvault").glob("catalog.*"):
            path.unlink()
    assert end(verify(os.fsencode(vault))).exit_code == 0, "interrupted work is no damage"
    check(restored_from(room))
    catalog = Catalog.open(room / "new.sqlite3")
    ctx = Context(catalog, time.time)
    end(rebuild(ctx, [os.fsencode(room / "drive")]))
    end(restore(ctx, "", os.fsencode(room / "given")))
    catalog.close()
    check(room / "given")
    assert end(verify(os.fsencode(vault))).exit_code == 0


def restored_from(room: Path) -> Path:
    """Straight from the drive, where nothing may be put in order."""
    before = {path: path.read_bytes() for path in files(room / "drive")}
    end(restore_from([os.fsencode(room / "drive")], "", os.fsencode(room / "straight"), never_stops, time.time))
    assert {path: path.read_bytes() for path in files(room / "drive")} == before
    return room / "straight"


def check(folder: Path) -> None:
    """All that was on the drive before and stands in the library still; of what changed, the old or the new."""
    given = {str(path.relative_to(folder / "music")): path.read_bytes() for path in files(folder)}
    assert sorted(set(given.values()) & set(UNCHANGED)) == sorted(UNCHANGED)
    assert given["changed.txt"] in (BEFORE["changed.txt"], AFTER["changed.txt"])
    assert set(given.values()) <= set(BEFORE.values()) | set(AFTER.values())
