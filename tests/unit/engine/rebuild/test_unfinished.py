"""Work that the old computer left unfinished, where the drive doesn't show or doesn't take what is needed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import replicas, vaults
from musicvault.domain.notices import Finished
from musicvault.domain.states import ReplicaState
from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.rebuild.joining import adopt_vault
from musicvault.engine.repair import repair
from musicvault.engine.verify import verify
from musicvault.errors import VaultError
from musicvault.storage.vault.identity import read_identity
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout, free_version_path
from musicvault.storage.vault.records import Operation, Record
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.unit.engine.rebuild.lost import Lost
from tests.unit.storage.vault.samples import record_of

COVER = "Nina/cover.jpg"
STORED = b"data/music/Nina/cover.jpg"


def put_on_its_way(vault: Path, name: str, stored: bytes, content: bytes, operation: Operation) -> None:
    """Journaled, and whole in `incoming/`."""
    record = record_of(stored, content, operation=operation, generation=9, original=stored.split(b"/", 2)[2])
    with Journal(VaultLayout(os.fsencode(vault)).journal) as journal:
        journal.append(replace(record, library="music"))
    (vault / "musicvault" / "incoming" / f"{name}.partial").write_bytes(content)


def replacement_begun(vault: Path, content: bytes) -> None:
    """The cover's old version has stepped aside; the new one is whole in `incoming/`."""
    layout = VaultLayout(os.fsencode(vault))
    old = Path(os.fsdecode(layout.path(STORED))).read_bytes()
    aside = free_version_path(layout, b"\1" * 32, b"cover.jpg")
    line: Record = record_of(
        aside, old, operation=Operation.VERSION, source=STORED, generation=9, original=os.fsencode(COVER)
    )
    with Journal(layout.journal) as journal:
        journal.append(replace(line, library="music"))
    put_on_its_way(vault, "new-0", STORED, content, Operation.REPLACE)
    os.rename(layout.path(STORED), layout.ensure_parent(aside))


@pytest.fixture
def disk(room: Lost) -> Iterator[FaultyDrive]:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)], fingerprints=False))
        yield drive


def rebuilt(room: Lost, drive: os.PathLike[str]) -> Finished:
    return room.run(rebuild(room.ctx, [os.fsencode(drive)]))


def test_twins_on_their_way_are_both_brought_home(room: Lost) -> None:
    """The same bytes under two names of one batch (a picture in two folders)."""
    room.protect("a")
    names = [f"Nina/{number}.jpg" for number in range(2)]
    for number, name in enumerate(names):
        put_on_its_way(
            room.vault("a"), f"abc-{number}", b"data/music/" + os.fsencode(name), b"a picture", Operation.PUT
        )
    room.new_computer()
    assert room.rebuild("a").counts["recovered"] == 2
    assert room.restored() == room.files | dict.fromkeys(names, b"a picture")
    assert room.run(verify(os.fsencode(room.vault("a")))).exit_code == 0


def test_a_move_that_was_cut_between_link_and_unlink_is_finished(room: Lost) -> None:
    """As on drives that can't rename without clobbering: the old version has both names."""
    room.protect("a")
    replacement_begun(room.vault("a"), b"the newer cover")
    (aside,) = [path for path in (room.vault("a") / "musicvault" / "versions").rglob("*") if path.is_file()]
    os.link(aside, room.vault("a") / os.fsdecode(STORED))
    room.new_computer()
    assert room.rebuild("a").counts["recovered"] == 1
    assert room.restored() == room.files | {COVER: b"the newer cover"}
    assert aside.read_bytes() == room.files[COVER]
    assert room.run(verify(os.fsencode(room.vault("a")))).exit_code == 0


def test_what_cannot_be_read_now_takes_its_place_and_no_older_version_does(room: Lost, disk: FaultyDrive) -> None:
    """It may be the only copy of that music but for a sector. Nobody need remove it by hand."""
    vault = disk.backing / "MusicVault"
    replacement_begun(vault, b"the newer cover")
    room.new_computer()
    disk.break_(*({"op": "read", "name": name, "errno": "EIO"} for name in ("Nina/cover.jpg", "new-0")))
    finished = rebuilt(room, disk)
    assert (finished.exit_code, finished.counts["unfinished"], finished.counts["recovered"]) == (3, 0, 1)
    assert (vault / os.fsdecode(STORED)).read_bytes() == b"the newer cover"
    assert not any((vault / "musicvault" / "incoming").iterdir())
    assert room.run(repair(room.ctx)).exit_code == 20
    disk.heal()
    assert room.run(repair(room.ctx)).exit_code == 0
    assert room.restored() == room.files | {COVER: b"the newer cover"}
    assert room.run(verify(os.fsencode(disk))).exit_code == 0


def test_what_cannot_be_read_and_may_be_one_of_several_is_set_aside(room: Lost, disk: FaultyDrive) -> None:
    vault = disk.backing / "MusicVault"
    for number in range(2):
        stored = f"data/music/Nina/{number}.jpg".encode()
        put_on_its_way(vault, f"new-{number}", stored, b"picture %d" % number, Operation.PUT)
    room.new_computer()
    disk.break_({"op": "read", "name": "new-", "errno": "EIO"})
    assert rebuilt(room, disk).counts["unfinished"] == 0
    disk.heal()
    aside = {path.read_bytes() for path in (vault / "musicvault" / "quarantine").iterdir()}
    assert aside == {b"picture 0", b"picture 1"}
    assert room.restored() == room.files
    assert room.run(verify(os.fsencode(disk))).exit_code == 0


def test_what_arrived_and_finds_its_name_taken_is_set_aside(room: Lost) -> None:
    """Of the computer's music nothing is left: what is whole in `incoming/` may be the only copy of it."""
    room.protect("a")
    vault = room.vault("a")
    replacement_begun(vault, b"the new cover")
    (vault / "data/music/Nina/cover.jpg").write_bytes(b"somebody else's picture")
    room.new_computer()
    room.rebuild("a")
    kept = [path for path in vault.rglob("*") if path.is_file() and path.read_bytes() == b"the new cover"]
    assert [path.parent.name for path in kept] == ["quarantine"]
    assert (vault / "data/music/Nina/cover.jpg").read_bytes() == b"somebody else's picture"


def with_a_damaged_line(vault: Path) -> None:
    """A statement of the last batch that a bad sector has taken."""
    journal = vault / "musicvault" / "journal"
    with Journal(os.fsencode(journal)) as opened:
        opened.append(record_of(b"data/music/Nina/lost.jpg", b"lost", operation=Operation.PUT, generation=9))
    written = bytearray(journal.read_bytes())
    written[-40:-30] = bytes(10)
    journal.write_bytes(written)


def test_a_copy_whose_rename_the_journal_has_lost_goes_back_to_its_name(room: Lost) -> None:
    """A chain of renames passes through `incoming/`: there lies the only copy."""
    room.protect("a")
    vault = room.vault("a")
    with_a_damaged_line(vault)
    (vault / os.fsdecode(STORED)).rename(vault / "musicvault/incoming/rename-0123456789ab.partial")
    room.new_computer()
    assert room.rebuild("a").counts["recovered"] == 1
    assert room.restored() == room.files
    assert room.run(verify(os.fsencode(vault))).exit_code == 0


@pytest.mark.parametrize("readable", [True, False])
def test_a_copy_of_which_the_journal_has_lost_its_line_is_set_aside(
    room: Lost, disk: FaultyDrive, readable: bool
) -> None:
    vault = disk.backing / "MusicVault"
    with_a_damaged_line(vault)
    (vault / "musicvault/incoming/0123456789ab-3.partial").write_bytes(b"a song that arrived")
    room.new_computer()
    if not readable:
        disk.break_({"op": "read", "name": "0123456789ab-3", "errno": "EIO"})
    assert rebuilt(room, disk).counts["unfinished"] == 0
    disk.heal()
    (aside,) = (vault / "musicvault" / "quarantine").iterdir()
    assert aside.read_bytes() == b"a song that arrived"
    assert not any((vault / "musicvault" / "incoming").iterdir())
    skipped = [one.path for one in room.done() if one.action == "skipped"]
    assert skipped == [os.fsencode(f"musicvault/quarantine/{aside.name}")]
    room.later(400)
    assert room.run(repair(room.ctx)).exit_code == 0
    assert aside.exists()


def test_what_was_never_whole_is_cleared_away(room: Lost, disk: FaultyDrive) -> None:
    vault = disk.backing / "MusicVault"
    (vault / "musicvault" / "incoming" / "abc-0.partial").write_bytes(b"half a co")
    put_on_its_way(vault, "new-0", b"data/music/Nina/0.jpg", b"a picture that arrived", Operation.PUT)
    room.new_computer()
    disk.break_({"op": "read", "name": "abc-0", "errno": "EIO"})
    assert rebuilt(room, disk).counts["recovered"] == 1
    assert not any((vault / "musicvault" / "incoming").iterdir())
    assert room.run(verify(os.fsencode(disk))).exit_code == 0


def test_a_snapshot_that_cannot_be_read_back_ends_no_rebuild(room: Lost, disk: FaultyDrive) -> None:
    room.new_computer()
    disk.break_({"op": "read", "name": "incoming/catalog.partial", "errno": "EIO"})
    finished = rebuilt(room, disk)
    assert (finished.exit_code, finished.counts["unfinished"], finished.counts["items"]) == (3, 1, 3)
    assert any("no snapshot" in note for note in room.notes())
    disk.heal()
    vault = VaultLayout(os.fsencode(disk.backing / "MusicVault"))
    assert read_identity(vault).owner == room.catalog.catalog_id
    before = os.stat(vault.snapshot).st_ino
    room.later(2)
    room.run(adopt_vault(room.ctx, os.fsencode(disk)))
    assert os.stat(vault.snapshot).st_ino != before
    assert room.run(verify(os.fsencode(disk))).exit_code == 0


def test_one_read_error_is_no_word_on_what_is_on_its_way(room: Lost, disk: FaultyDrive) -> None:
    replacement_begun(disk.backing / "MusicVault", b"the newer cover")
    room.new_computer()
    disk.break_({"op": "read", "name": "new-0", "errno": "EIO", "times": 1})
    finished = rebuilt(room, disk)
    assert (finished.exit_code, finished.counts["recovered"]) == (0, 1)
    assert room.restored() == room.files | {COVER: b"the newer cover"}


def test_a_copy_with_a_bad_sector_does_not_hold_up_the_rest(room: Lost, disk: FaultyDrive) -> None:
    """It stands where the journal says that it does; that it can't be read is damage, not work."""
    vault = disk.backing / "MusicVault"
    stood = room.music / "Nina" / "01 One.flac"
    record = record_of(b"data/music/Nina/01 One.flac", stood.read_bytes(), generation=9, original=b"Nina/01 One.flac")
    with Journal(VaultLayout(os.fsencode(vault)).journal) as journal:
        journal.append(replace(record, library="music"))
    replacement_begun(vault, b"the newer cover")
    room.new_computer()
    disk.break_({"op": "read", "name": "01 One.flac", "errno": "EIO"})
    assert rebuilt(room, disk).counts["recovered"] == 1
    assert (vault / os.fsdecode(STORED)).read_bytes() == b"the newer cover"


def test_an_old_version_that_cannot_be_read_steps_aside_all_the_same(room: Lost, disk: FaultyDrive) -> None:
    """The journal said that it would; the whole new one, perhaps the only copy, must not wait for it."""
    vault = disk.backing / "MusicVault"
    layout = VaultLayout(os.fsencode(vault))
    replacement_begun(vault, b"the newer cover")
    (aside,) = [path for path in (vault / "musicvault" / "versions").rglob("*") if path.is_file()]
    os.rename(aside, layout.path(STORED))
    room.new_computer()
    disk.break_({"op": "read", "name": "data/music/Nina/cover.jpg", "errno": "EIO"})
    assert rebuilt(room, disk).counts["recovered"] == 2
    disk.heal()
    assert (vault / os.fsdecode(STORED)).read_bytes() == b"the newer cover"
    assert aside.read_bytes() == room.files[COVER]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to mount")
@pytest.mark.parametrize("begun", ["", "arriving", "lost"])
def test_a_drive_that_cannot_be_written_says_what_remains(room: Lost, begun: str) -> None:
    room.protect("a")
    drive = room.tmp / "a"
    if begun:
        replacement_begun(room.vault("a"), b"the newer cover")
    if begun == "lost":
        (room.vault("a") / "musicvault" / "incoming" / "new-0.partial").unlink()
    room.new_computer()
    subprocess.run(["mount", "--bind", drive, drive], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", drive], check=True)
        finished = room.rebuild("a")
    finally:
        subprocess.run(["umount", "-l", drive], check=True)
    assert (finished.exit_code, finished.counts["unfinished"]) == ((3, 1) if begun else (0, 0))
    assert any("--adopt-vault" in note for note in room.notes())
    assert room.run(adopt_vault(room.ctx, os.fsencode(drive))).counts["recovered"] == bool(begun)
    assert room.restored() == room.files | ({COVER: b"the newer cover"} if begun == "arriving" else {})
    assert {copy.state for copy in replicas.of_item(room.catalog, room.item(COVER).id) if copy.vault_id} == {
        ReplicaState.INTACT
    }
    assert room.run(verify(os.fsencode(drive))).exit_code == 0


def test_a_drive_that_goes_away_leaves_a_rebuild_to_be_run_again(room: Lost, disk: FaultyDrive) -> None:
    room.new_computer()
    disk.break_({"op": "any", "after": 150, "errno": "ENODEV"})
    with pytest.raises(VaultError):
        rebuilt(room, disk)
    disk.heal()
    assert rebuilt(room, disk).exit_code == 0
    assert room.restored() == room.files


def test_a_drive_that_goes_away_as_it_is_asked_who_it_is_gets_no_other_name(room: Lost, disk: FaultyDrive) -> None:
    room.new_computer()
    disk.break_({"op": "any", "name": "volume.json", "errno": "ENODEV"})
    with pytest.raises(VaultError):
        rebuilt(room, disk)
    disk.heal()
    assert rebuilt(room, disk).exit_code == 0
    assert len(vaults.every(room.catalog)) == 1
