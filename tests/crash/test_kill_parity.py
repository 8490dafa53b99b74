"""SIGKILL of a real process after every named step of making, replacing and removing parity: the copies are never
touched, the set before or the one after counts, and the next run ends with exactly the files that the catalog names."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from musicvault.catalog import parity, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.notices import Finished
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.library import add_library
from musicvault.engine.parity.choosing import set_parity
from musicvault.engine.scan import scan
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from tests.crash.child import run_child
from tests.crash.rooms import settle, started_again
from tests.guarded import is_valid
from tests.parity_tool import needs_par2, noise

pytestmark = needs_par2

FILES = {f"album/{number}.bin": noise(number, 30_000) for number in range(5)}
STEPS = ("intended", "staged", "flushed", "proven", "named", "placed", "synced", "committed", "dropped")
"""Of one set; the others of the crash table are those of a sync."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected room whose parity is about to be made (`first`), made anew (`again`) or removed (`none`)."""
    room = tmp_path_factory.mktemp("parity")
    for name, content in FILES.items():
        (room / "Music" / name).parent.mkdir(parents=True, exist_ok=True)
        (room / "Music" / name).write_bytes(content)
    (room / "drive").mkdir()
    catalog = Catalog.open(room / "catalog.sqlite3")
    ctx = Context(catalog, time.time)
    library = add_library(ctx, os.fsencode(room / "Music"))
    vault = add_drive(ctx, os.fsencode(room / "drive"), "drive")
    list(scan(ctx, [library.id]))
    list(sync(ctx))
    _keep(room, "first", ctx, vault, 5)
    list(sync(ctx))
    _keep(room, "again", ctx, vault, 20)
    _keep(room, "none", ctx, vault, 0)
    catalog.close()
    return room


def _keep(room: Path, name: str, ctx: Context, vault: vaults.Vault, percent: int) -> None:
    set_parity(ctx, vaults.by_id(ctx.catalog, vault.id) or vault, percent)
    subprocess.run(["cp", "-a", room, room.with_name(f"{room.name}-{name}")], check=True)


def _as(room: Path, name: str) -> Path:
    """The room as it was; the catalog knows absolute paths, so it is always in the same place."""
    shutil.rmtree(room, ignore_errors=True)
    subprocess.run(["cp", "-a", room.with_name(f"{room.name}-{name}"), room], check=True)
    return room


def test_the_steps_are_all_there(prepared: Path) -> None:
    room = _as(prepared, "again")
    done = run_child(room, "sync", "")
    assert done.returncode == 0, done.stderr
    assert Counter(done.stdout.split("\n")[:-1]) >= Counter(STEPS)
    check(room, 20)


@pytest.mark.parametrize(
    ("state", "percent", "step"),
    [
        *(("first", 5, step) for step in STEPS),
        *(("again", 20, step) for step in STEPS),
        *(("none", 0, step) for step in ("intended", "committed", "synced", "dropped")),
    ],
)
def test_killed_there_the_next_run_goes_on(prepared: Path, state: str, percent: int, step: str) -> None:
    room = _as(prepared, state)
    done = run_child(room, "sync", step)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ctx, vault = started_again(room)
    for _ in range(2):
        settle(ctx, vault)
        assert list((room / "drive/MusicVault/musicvault/incoming").iterdir()) == []
        assert _files(room) == {os.fsdecode(one.path) for one in parity.of_vault(ctx.catalog, vault.id)}
    list(sync(ctx))
    ctx.catalog.close()
    check(room, percent)


def check(room: Path, percent: int) -> None:
    catalog = Catalog.open(room / "catalog.sqlite3")
    (vault,) = vaults.every(catalog)
    ctx = Context(catalog, time.time)
    assert {one.percent for one in parity.of_vault(catalog, vault.id)} == ({percent} if percent else set())
    assert _files(room) == {os.fsdecode(one.path) for one in parity.of_vault(catalog, vault.id)}
    finished = list(scrub(ctx))[-1]
    assert isinstance(finished, Finished)
    assert finished.exit_code == 0
    catalog.close()
    assert is_valid(vault)
    data = room / "drive/MusicVault/data/music"
    assert {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*.bin")} == FILES


def _files(room: Path) -> set[str]:
    folder = room / "drive/MusicVault/musicvault/parity"
    return {f"musicvault/parity/{path.name}" for path in folder.iterdir()}
