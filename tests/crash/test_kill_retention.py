"""SIGKILL of a sync that lets copies go, and the user's word taken back before the next one: what is expected again
stays on the drive, though the journal had said that it is removed (M1)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from musicvault.catalog import intents, items, libraries, rules, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.policy import Rule
from musicvault.engine.context import Context
from musicvault.engine.decide import forget
from musicvault.engine.protect import protect
from musicvault.engine.scan import scan
from musicvault.engine.sync import sync
from musicvault.engine.undoing import undo_forget
from tests.crash.child import run_child
from tests.crash.rooms import write
from tests.guarded import is_valid

FILES = {f"{number}.txt": b"words %d" % number for number in range(8)}
GONE = "3.txt"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """One file was let go long ago; its last copy, on the one drive, is due."""
    write(tmp_path / "Music", FILES, 1_500_000_000)
    (tmp_path / "drive").mkdir()
    catalog = Catalog.open(tmp_path / "catalog.sqlite3")
    ctx = Context(catalog, time.time)
    with catalog.transaction(time.time()) as transaction:
        rules.set_default(transaction, Rule(volumes=1))
    list(protect(ctx, [os.fsencode(tmp_path / "Music")], [os.fsencode(tmp_path / "drive")], fingerprints=False))
    (tmp_path / "Music" / GONE).unlink()
    (library,) = libraries.every(catalog)
    list(scan(ctx, [library.id]))
    item = items.by_path(catalog, library.id, b"", GONE.encode())
    assert item is not None
    list(forget(ctx, [item.id]))
    with catalog.transaction(time.time()) as transaction:
        transaction.execute("UPDATE item SET forgotten_at = 1000 WHERE id = ?", (item.id,))
    catalog.close()
    return tmp_path


@pytest.mark.parametrize(("step", "there"), [("journaled", True), ("synced", False)])
def test_what_is_expected_again_before_its_removal_is_settled_stays(room: Path, step: str, there: bool) -> None:
    done = run_child(room, "sync", step)
    assert done.returncode == -signal.SIGKILL, done.stderr
    copy = room / "drive/MusicVault/data/music" / GONE
    assert '"op":"remove"' in (room / "drive/MusicVault/musicvault/journal").read_text("ascii")
    assert copy.exists() is there
    catalog = Catalog.open(room / "catalog.sqlite3")
    ctx = Context(catalog, time.time)
    list(undo_forget(ctx))
    for _ in range(2):  # once settled it is not to go either
        list(sync(ctx))
        assert (copy.read_bytes() if copy.exists() else None) == (FILES[GONE] if there else None)
        assert intents.pending(catalog) == []
        assert is_valid(vaults.every(catalog)[0]), "what is listed is there"
    catalog.close()
