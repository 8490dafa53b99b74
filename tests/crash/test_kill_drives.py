"""SIGKILL while a vault is made, a backup adopted, or old versions let go; then the next run leaves all of it right."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from musicvault.catalog import intents, items, rules, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.policy import Rule
from musicvault.engine.adoption import adopt
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.locating import locate_one
from musicvault.engine.reconcile.pending import reconcile_vault
from musicvault.engine.sync import sync
from musicvault.storage.vault.layout import CREATING_PREFIX
from tests.crash.child import run_child
from tests.crash.rooms import files, fresh, started_again, write
from tests.guarded import is_valid

FILES = {f"album/{number}.txt": b"track %d" % number for number in range(6)}


# -- a new vault


@pytest.mark.parametrize("step", ["begun", "files", "built", "placed", "synced"])
def test_a_vault_is_whole_or_not_there(tmp_path: Path, step: str) -> None:
    (tmp_path / "drive").mkdir()
    done = run_child(tmp_path, "drive", f"vault: {step}")
    assert done.returncode == -signal.SIGKILL, done.stderr
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    assert vaults.every(catalog) == [], "the drive first, the row last"
    added = add_drive(Context(catalog, time.time), os.fsencode(tmp_path / "drive"))
    assert is_valid(added)
    assert len(vaults.every(catalog)) == 1
    assert [name for name in os.listdir(tmp_path / "drive") if os.fsencode(name).startswith(CREATING_PREFIX)] == []
    catalog.close()


# -- adoption


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is scanned, a new drive, and a backup folder with most of the library and a stranger."""
    room = tmp_path_factory.mktemp("backup") / "room"
    write(room / "Music", FILES, 1_000_000_000)
    (room / "drive").mkdir()
    assert run_child(room, "protect", "never").returncode == 0
    shutil.rmtree(room / "drive")
    (room / "drive").mkdir()
    catalog = Catalog.open(room / "catalog.sqlite3")
    add_drive(Context(catalog, time.time), os.fsencode(room / "drive"), new=True)
    with catalog.transaction(time.time()) as transaction:
        vaults.remove(transaction, vaults.every(catalog)[0])
    catalog.close()
    write(room / "backup", {name: FILES[name] for name in list(FILES)[:4]} | {"mine.txt": b"not yours"}, 1_000_000_000)
    return room


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("intended", 1),
        ("journal flushed", 1),
        ("journaled", 1),
        ("placed", 1),
        ("placed", 3),
        ("placed", 4),
        ("synced", 1),
        ("committed", 1),
        ("fold: marked", 1),
    ],
)
def test_adopted_bytes_are_never_nowhere(backup: Path, step: str, count: int) -> None:
    room = fresh(backup)
    done = run_child(room, "adopt", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    there = {path.read_bytes() for folder in ("backup", "drive") for path in files(room / folder)}
    assert there >= {FILES[name] for name in list(FILES)[:4]}
    assert (room / "backup" / "mine.txt").read_bytes() == b"not yours"
    ctx, vault = started_again(room)
    reconcile_vault(ctx, locate_one(ctx, vault))
    assert is_valid(vault)
    list(adopt(ctx, vault, os.fsencode(room / "backup")))
    list(sync(ctx))
    data = room / "drive" / "MusicVault" / "data" / "music"
    assert {str(path.relative_to(data)): path.read_bytes() for path in files(data)} == FILES
    assert {path.stat().st_mtime for path in files(data)} == {1_000_000_000}
    assert [path.name for path in files(room / "backup")] == ["mine.txt"]
    assert is_valid(vault)
    assert intents.pending(ctx.catalog) == []
    ctx.catalog.close()


# -- retention


@pytest.fixture(scope="module")
def outdated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault with two older versions whose time is over."""
    room = tmp_path_factory.mktemp("outdated") / "room"
    write(room / "Music", FILES, 1_000_000_000)
    (room / "drive").mkdir()
    assert run_child(room, "protect", "never").returncode == 0
    catalog = Catalog.open(room / "catalog.sqlite3")
    with catalog.transaction(time.time()) as transaction:
        rules.set_default(transaction, Rule(volumes=1, version_days=0))
    catalog.close()
    write(room / "Music", {"album/0.txt": b"another", "album/1.txt": b"another one"}, 1_100_000_000)
    assert run_child(room, "sync", "committed").returncode == -signal.SIGKILL, "before they go, too"
    assert len(files(room / "drive" / "MusicVault" / "musicvault" / "versions")) == 2
    return room


@pytest.mark.parametrize(
    ("step", "count"), [("intended", 1), ("journal flushed", 1), ("journaled", 1), ("synced", 1), ("committed", 1)]
)
def test_what_goes_is_gone_in_the_end(outdated: Path, step: str, count: int) -> None:
    room = fresh(outdated)
    done = run_child(room, "sync", step, count)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ctx, vault = started_again(room)
    reconcile_vault(ctx, locate_one(ctx, vault))
    assert is_valid(vault)
    list(sync(ctx))
    assert files(room / "drive" / "MusicVault" / "musicvault" / "versions") == []
    assert ctx.catalog.rows("SELECT * FROM replica WHERE role <> 'current'") == []
    assert is_valid(vault)
    assert intents.pending(ctx.catalog) == []
    assert items.count(ctx.catalog, 1) == 6
    ctx.catalog.close()
