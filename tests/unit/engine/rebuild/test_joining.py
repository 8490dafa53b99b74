"""Vaults of other catalogs, and vaults that are ahead, join by the user's word only."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.catalog import replicas, vaults
from musicvault.catalog.database import Catalog
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.rebuild.joining import adopt_vault
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.engine.unread import repair_all
from musicvault.engine.verify import verify
from musicvault.errors import DriveRefused, VaultError
from tests.engine_room import flip
from tests.unit.engine.rebuild.lost import Lost, everything


@pytest.fixture
def room(tmp_path: Path) -> Lost:
    room = Lost(tmp_path)
    (room.music / "A").mkdir()
    for name in ("one", "two", "three"):
        (room.music / "A" / f"{name}.txt").write_bytes(name.encode())
    return room


def folder(room: Lost, drive: str) -> bytes:
    return os.fsencode(room.tmp / drive)


def test_a_drive_that_was_not_named_at_the_rebuild_joins_later(room: Lost) -> None:
    room.protect("a", "b")
    room.new_computer()
    room.rebuild("a")
    with pytest.raises(DriveRefused, match="--adopt-vault"):
        add_drive(room.ctx, folder(room, "b"))
    with pytest.raises(VaultError):
        room.run(sync(room.ctx))
    finished = room.run(adopt_vault(room.ctx, folder(room, "b")))
    assert finished.exit_code == 0
    room.run(sync(room.ctx))
    assert room.run(scrub(room.ctx)).exit_code == 0
    assert {vault.label for vault in vaults.every(room.catalog)} == {"a", "b"}
    assert room.run(verify(folder(room, "b"))).exit_code == 0


def test_a_drive_of_the_old_catalog_does_not_end_a_repair(room: Lost) -> None:
    room.protect("a", "b", "c")
    (room.music / "A" / "four.txt").write_bytes(b"four")
    room.scan_and_sync()
    room.new_computer()
    room.rebuild("a", "b")
    for drive in ("b", "c"):
        flip(room.vault(drive) / "data" / "music" / "A" / "one.txt")
    room.run(scrub(room.ctx))
    assert room.run(repair(room.ctx)).exit_code == 20
    (note,) = room.notes()
    assert "--adopt-vault" in note
    assert room.run(verify(folder(room, "b"))).exit_code == 0
    room.run(adopt_vault(room.ctx, folder(room, "c")))
    assert room.run(repair(room.ctx)).exit_code == 0
    assert room.run(verify(folder(room, "c"))).exit_code == 0


def test_a_catalog_from_a_backup_goes_on_from_what_the_drive_has(room: Lost) -> None:
    room.protect("a")
    room.catalog.close()
    backup = room.tmp / "backup.sqlite3"
    shutil.copy(room.catalog.path, backup)
    room.catalog = Catalog.open(room.catalog.path)
    room.ctx = Context(room.catalog, room.now)
    (room.music / "A" / "four.txt").write_bytes(b"four")
    (room.music / "A" / "one.txt").write_bytes(b"one, changed")
    room.scan_and_sync()
    room.catalog.close()
    room.catalog = Catalog.open(backup)
    room.ctx = Context(room.catalog, room.now)
    room.scan()
    with pytest.raises(DriveRefused, match="newer changes"):
        room.run(sync(room.ctx))
    room.run(adopt_vault(room.ctx, folder(room, "a")))
    room.scan()
    assert room.run(sync(room.ctx)).exit_code == 0
    assert room.run(scrub(room.ctx)).exit_code == 0
    assert {room.state(f"A/{name}.txt") for name in ("one", "two", "three", "four")} == {ReplicaState.INTACT}
    item = room.item("A/one.txt")
    (current,) = [one for one in replicas.of_item(room.catalog, item.id) if one.vault_id and one.role == "current"]
    assert current.current


def test_repair_reads_first_what_nobody_read_since_it_was_adopted(room: Lost) -> None:
    room.protect("a", "b")
    room.new_computer()
    room.rebuild("a")
    room.run(scrub(room.ctx))
    flip(room.vault("b") / "data" / "music" / "A" / "one.txt")
    room.run(adopt_vault(room.ctx, folder(room, "b")))
    finished = room.run(repair_all(room.ctx))
    assert (finished.counts["repaired"], finished.exit_code) == (1, 0)
    assert [one.where for one in room.done() if one.action == "noted"] == ["b"]
    assert room.run(verify(folder(room, "b"))).exit_code == 0


def test_another_persons_library_of_the_same_name_is_refused(room: Lost) -> None:
    room.protect("a")
    room.new_computer()
    room.music.mkdir()
    (room.music / "mine.txt").write_bytes(b"mine")
    room.protect("mine")
    before = everything(room.tmp / "a")
    with pytest.raises(DriveRefused, match="another library called"):
        room.run(adopt_vault(room.ctx, folder(room, "a")))
    assert everything(room.tmp / "a") == before


def test_a_dry_run_changes_nothing(room: Lost) -> None:
    room.protect("a", "b")
    room.new_computer()
    room.rebuild("a")
    before = everything(room.tmp / "b")
    room.run(adopt_vault(room.ctx, folder(room, "b"), dry_run=True))
    assert everything(room.tmp / "b") == before
