"""A vault carries the catalog: whole, proven, renewed when much changed or a day went by, the one before kept."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.catalog import snapshot, vaults
from musicvault.domain.verdict import Finding
from musicvault.engine import snapshots
from musicvault.engine.drives import relabel_drive
from musicvault.engine.sync import sync
from musicvault.errors import VaultError
from musicvault.storage.vault import writing
from musicvault.storage.vault.identity import read_identity
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.verify import verify_vault
from tests.corruption.faultfs import faulty_drive
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    room = Guarded(tmp_path)
    for number in range(150):
        (room.music / f"{number}.txt").write_bytes(b"words %d" % number)
    room.drive("one")
    room.protect()
    return room


def inside(room: Guarded) -> Path:
    return Path(os.fsdecode(room.vaults()[0].folder)) / "musicvault"


def items_in(path: Path) -> int:
    stated = path.with_name(path.name + ".blake3").read_text().split()[0]
    assert blake3(path.read_bytes()).hexdigest() == stated
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT count(*) FROM item").fetchone()[0]
    connection.close()
    return int(found)


def test_the_first_sync_leaves_one(room: Guarded) -> None:
    assert items_in(inside(room) / "catalog.sqlite3") == 150
    assert not (inside(room) / "catalog.previous.sqlite3").exists()
    assert list((inside(room) / "incoming").iterdir()) == []


def test_little_change_waits_and_much_does_not(room: Guarded) -> None:
    (room.music / "one more.txt").write_bytes(b"a little")
    room.protect()
    assert items_in(inside(room) / "catalog.sqlite3") == 150
    for number in range(5):
        (room.music / f"more {number}.txt").write_bytes(b"much")
    room.protect()
    assert items_in(inside(room) / "catalog.sqlite3") == 156
    assert items_in(inside(room) / "catalog.previous.sqlite3") == 150


def test_after_a_day_it_is_renewed(room: Guarded) -> None:
    (room.music / "one more.txt").write_bytes(b"a little")
    room.protect()
    room.later(1.1)
    room.run(sync(room.ctx))
    assert items_in(inside(room) / "catalog.sqlite3") == 151


def test_a_folder_whose_name_is_not_text_gets_one_too(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "1.txt").write_bytes(b"words")
    made = room.drive("odd", Path(os.fsdecode(os.fsencode(tmp_path) + b"/dr\xe9")))
    room.protect()
    assert is_valid(made)
    assert items_in(inside(room) / "catalog.sqlite3") == 1


def test_a_drive_that_fails_under_it_is_not_taken_for_the_catalog(tmp_path: Path) -> None:
    with faulty_drive(tmp_path / "drive") as drive:
        room = Guarded(tmp_path)
        (room.music / "one.txt").write_bytes(b"one")
        room.add()
        incoming = drive.point / "incoming"
        incoming.mkdir()
        drive.break_({"op": "write", "name": "catalog.partial", "errno": "EIO"})
        with pytest.raises(VaultError, match="could not be written to") as raised:
            snapshot.write(room.catalog, os.fsencode(incoming / "catalog.partial"))
        assert str(incoming) in str(raised.value)
        assert "--catalog" not in str(raised.value)
        room.catalog.close()


def test_its_size_is_foretold(room: Guarded) -> None:
    target = room.tmp / "snapshot"
    snapshot.write(room.catalog, os.fsencode(target))
    assert target.stat().st_size <= snapshot.size(room.catalog)


def test_a_new_label_reaches_the_drive_with_the_next_sync(room: Guarded) -> None:
    vault = relabel_drive(room.ctx, room.vaults()[0], "Elements", "home")
    room.run(sync(room.ctx))
    there = read_identity(VaultLayout(vault.folder))
    assert (there.label, there.site) == ("Elements", "home")
    assert is_valid(vault)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "musicvault/kept", "musicvault/journal", "bag-info.txt"])
def test_damaged_lists_are_written_anew_from_the_catalog(room: Guarded, name: str) -> None:
    (room.music / "1.txt").write_bytes(b"another version, so that something is kept")
    room.protect()
    vault = room.vaults()[0]
    root = Path(os.fsdecode(vault.folder))
    good = (root / "manifest-sha256.txt").read_bytes()
    path = root / name
    path.write_bytes(path.read_bytes()[:50] + b"\xff damage\n")
    (room.music / "new.txt").write_bytes(b"new")
    room.protect()
    assert set(good.splitlines()) < set((root / "manifest-sha256.txt").read_bytes().splitlines())
    assert is_valid(vault)
    assert b"versions/" in (root / "tagmanifest-sha256.txt").read_bytes()


@pytest.mark.parametrize("which", ["catalog.sqlite3", "catalog.previous.sqlite3", "catalog.sqlite3.blake3"])
def test_a_damaged_one_is_told_and_mended_and_never_kept(room: Guarded, which: str) -> None:
    for number in range(5):
        (room.music / f"more {number}.txt").write_bytes(b"much")
    room.protect()
    folder = inside(room)
    harmed = bytearray((folder / which).read_bytes())
    harmed[len(harmed) // 3] ^= 1
    (folder / which).write_bytes(harmed)
    assert room.scrub().exit_code == 20
    assert room.repair().exit_code == 0
    assert room.scrub().exit_code == 0
    assert items_in(folder / "catalog.sqlite3") == 155
    before = folder / "catalog.previous.sqlite3"
    assert not before.exists() or items_in(before) in (150, 155)
    assert not [one for one in verify_vault(VaultLayout(os.fsencode(folder.parent))) if isinstance(one, Finding)]


def test_what_can_not_be_read_stays_until_the_new_one_stands(room: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = inside(room)
    vault = room.vaults()[0]
    row = vaults.by_id(room.catalog, vault.id)
    assert row is not None
    layout = VaultLayout(vault.folder)
    snapshots.write(room.ctx, row, layout)
    there = []
    monkeypatch.setattr(writing, "on_step", lambda _: there.append(len(list(folder.glob("catalog*.sqlite3")))))
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "recorded_digests", lambda *_args, **_only: frozenset())
        snapshots.write(room.ctx, row, layout)
    assert min(there) > 0
    snapshots.write(room.ctx, row, layout)
    assert is_valid(vault)
    assert len(list(folder.glob("catalog*.sqlite3"))) == 2


def test_one_that_is_gone_comes_back_with_the_next_job(room: Guarded) -> None:
    (inside(room) / "catalog.sqlite3").unlink()
    room.run(sync(room.ctx))
    assert items_in(inside(room) / "catalog.sqlite3") == 150
