"""Unreadable is not missing (M2): what a failing disk doesn't say is never taken for absence."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from musicvault.catalog import contents, intents, replicas
from musicvault.domain.notices import never_stops
from musicvault.engine import snapshots
from musicvault.engine.decide import forget
from musicvault.engine.locating import locate
from musicvault.engine.retag import retag, undo
from musicvault.engine.sync import sync
from musicvault.errors import BagRefused, DriveGone, VaultError
from musicvault.storage import durable
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.declaration import read_declaration
from musicvault.storage.bagit.tree import Seen, Sort
from musicvault.storage.stats import is_there, may_be_there
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.snapshots import counts, recorded_digests
from tests.corruption.faultfs import faulty_drive
from tests.engine_room import Room, flip
from tests.guarded import Guarded, is_valid


def test_names_that_the_disk_does_not_tell(tmp_path: Path) -> None:
    with faulty_drive(tmp_path / "disk") as disk:
        path = os.fsencode(disk.point / "track.flac")
        assert not is_there(path)
        assert not may_be_there(path)
        disk.break_({"op": "getattr", "name": "track", "errno": "EIO"})
        with pytest.raises(OSError, match="Input/output"):
            is_there(path)
        assert may_be_there(path)
        with pytest.raises(DriveGone):
            VaultLayout(os.fsencode(disk.point)).has(b"track.flac")
        (disk.backing / "bagit.txt").write_text("BagIt-Version: 1.0\n")
        disk.break_(
            {"op": "getattr", "name": "bagit.txt", "errno": "EIO"}, {"op": "getattr", "name": "data", "errno": "EIO"}
        )
        with pytest.raises(BagRefused, match="can't be read"):
            read_declaration(os.fsencode(disk.point))
        assert list(tree.walk(os.fsencode(disk.point), b"data", never_stops)) == [Seen(b"data", Sort.CLOSED)]
    assert not is_there(b"/" + b"n" * 300)
    assert not VaultLayout(os.fsencode(tmp_path)).has(b"data/x")


def test_a_drive_that_fails_is_not_taken_for_one_that_is_away(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "1.txt").write_bytes(b"words")
    with faulty_drive(tmp_path / "disk") as disk:
        room.drive("good")
        room.drive("bad", disk.point)
        room.protect()
        disk.break_({"op": "any", "errno": "EIO"})
        (presence,) = [one for one in locate(room.ctx) if one.vault.label == "bad"]
        assert presence.failing
        assert "stopped answering" in presence.reason
        job = sync(room.ctx)
        with pytest.raises(DriveGone, match="stopped answering"):
            room.run(job)
        assert room.copy("good", "1.txt").exists()


def test_what_was_let_go_stays_while_nobody_can_say_that_no_file_has_its_name(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    with faulty_drive(tmp_path / "disk") as disk:
        room.music = disk.point / "Music"
        room.music.mkdir()
        for number in range(8):
            (room.music / f"{number}.txt").write_bytes(b"words %d" % number)
        room.drive("one")
        room.protect()
        (room.music / "3.txt").unlink()
        room.scan()
        item = room.item("3.txt")
        room.run(forget(room.ctx, [item.id]))
        room.later(400)
        disk.break_({"op": "getattr", "name": "3.txt", "errno": "EIO"})
        with suppress(VaultError):
            room.run(sync(room.ctx))
        assert room.copy("one", "3.txt").exists()
        disk.heal()
        room.run(sync(room.ctx))
        assert not room.copy("one", "3.txt").exists()
        assert [one for one in replicas.of_item(room.catalog, item.id) if one.vault_id] == []


def test_snapshots_stay_what_they_are_at_whichever_look_the_disk_fails(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "1.txt").write_bytes(b"words")
    with faulty_drive(tmp_path / "disk", remembers=False) as disk:
        room.drive("one", disk.point)
        room.protect()
        (vault,) = room.vaults()
        layout = VaultLayout(vault.folder)
        snapshots.write(room.ctx, vault, layout)
        for looks in count():
            name = "/musicvault/catalog.sqlite3"
            disk.break_({"op": "getattr", "name": name, "after": looks, "times": 1, "errno": "EIO"})
            with suppress(VaultError):
                snapshots.write(room.ctx, vault, layout)
            if not disk.struck():
                break
            disk.heal()
            there = [path for path in (layout.snapshot, layout.previous_snapshot) if is_there(path)]
            assert there
            assert all(counts(path, recorded_digests(layout)) for path in there), looks
        assert looks > 12


OWN = ("manifest-sha256.txt", "tagmanifest-sha256.txt", "musicvault/kept", "musicvault/volume.json", "bag-info.txt")


@pytest.mark.parametrize("name", OWN)
def test_a_list_with_a_bad_sector_is_written_anew(tmp_path: Path, name: str) -> None:
    """One sector must not keep a whole drive from being written, nor its copies from being healed."""
    room = Guarded(tmp_path)
    (room.music / "1.txt").write_bytes(b"words")
    with faulty_drive(tmp_path / "disk", remembers=False) as disk:
        room.drive("good")
        vault = room.drive("bad", disk.point)
        room.protect()
        flip(disk.backing / "MusicVault/data/music/1.txt")
        bad = (disk.backing / "MusicVault" / name).stat().st_ino
        os.link(disk.backing / "MusicVault" / name, tmp_path / "disk" / "so that no other file gets its number")
        disk.break_({"op": "read", "inode": bad, "errno": "EIO"})
        assert room.scrub().exit_code == 20
        assert room.repair().exit_code == 0
        assert is_valid(vault)
        (room.music / "2.txt").write_bytes(b"more words")
        room.protect()
        assert room.scrub().exit_code == 0
        assert is_valid(vault)


def test_an_edit_that_was_cut_off_waits_until_the_file_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty_drive(tmp_path / "disk", remembers=False) as disk:
        room = Room(tmp_path)
        room.music.rmdir()
        room.music = disk.point / "Music"
        path = room.track("a.flac", title="Old")
        room.add()
        room.scan()

        def fail(step: str) -> None:
            if step in ("exchanged", "replaced"):
                disk.break_({"op": "read", "name": "a.flac", "errno": "EIO"})
                raise DriveGone("pulled")

        monkeypatch.setattr(durable, "on_step", fail)
        with pytest.raises(DriveGone):
            room.run(retag(room.ctx, [room.item("a.flac").id], {"title": ("New",)}))
        monkeypatch.setattr(durable, "on_step", None)
        assert len(intents.pending(room.catalog)) == 1
        disk.heal()
        room.scan()
        assert intents.pending(room.catalog) == []
        assert contents.wrapper(room.catalog, room.item("a.flac").content.id).fields["title"] == ("New",)
        assert room.run(undo(room.ctx)).counts["undone"] == 1, "the edit is in the history"
        assert list(path.parent.glob(".musicvault-*")) == []


def test_one_look_that_fails_is_no_damage_to_a_drives_own_file(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "1.txt").write_bytes(b"words")
    with faulty_drive(tmp_path / "disk", remembers=False) as disk:
        room.drive("one", disk.point)
        room.protect()
        for looks in count():
            disk.break_({"op": "getattr", "name": "/bag-info.txt", "after": looks, "times": 1, "errno": "EIO"})
            assert room.scrub().exit_code != 20, looks
            if not disk.struck():
                break
        assert looks > 1
