"""Work that the old computer left unfinished, where what is on the drive isn't what was to be moved, or may not be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.engine.protect import protect
from musicvault.engine.rebuild.job import rebuild
from musicvault.engine.verify import verify
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout, free_quarantine_path
from musicvault.storage.vault.records import Operation, Record
from tests.corruption.faultfs import FaultyDrive, faulty_drive
from tests.unit.engine.rebuild.lost import Lost
from tests.unit.engine.rebuild.test_unfinished import COVER, STORED, put_on_its_way, replacement_begun
from tests.unit.storage.vault.samples import NOW, record_of


@pytest.fixture
def disk(room: Lost) -> Iterator[FaultyDrive]:
    with faulty_drive(room.tmp / "a", remembers=False) as drive:
        room.run(protect(room.ctx, [os.fsencode(room.music)], [os.fsencode(drive)], fingerprints=False))
        yield drive


def aside(vault: Path, kind: str) -> list[bytes]:
    return sorted(path.read_bytes() for path in (vault / "musicvault" / kind).rglob("*") if path.is_file())


@pytest.mark.parametrize(("files", "lines"), [(2, 1), (1, 2)])
def test_what_cannot_be_read_gets_no_name_that_may_be_another_s(
    room: Lost, disk: FaultyDrive, files: int, lines: int
) -> None:
    """Two of one size may be the one lacking file, or one may be either of two: all of them are kept."""
    vault = disk.backing / "MusicVault"
    for number in range(lines):
        put_on_its_way(
            vault, f"new-{number}", b"data/music/Nina/%d.jpg" % number, b"picture %d" % number, Operation.PUT
        )
    for number in range(2):
        waiting = vault / "musicvault" / "incoming" / f"new-{number}.partial"
        if number < files:
            waiting.write_bytes(b"picture %d" % number)
        else:
            waiting.unlink(missing_ok=True)
    room.new_computer()
    disk.break_({"op": "read", "name": "new-", "errno": "EIO"})
    room.run(rebuild(room.ctx, [os.fsencode(disk)]))
    disk.heal()
    assert aside(vault, "quarantine") == [b"picture %d" % number for number in range(files)]
    assert room.restored() == room.files


def test_what_is_not_the_old_version_does_not_step_aside_as_it(room: Lost) -> None:
    room.protect("a")
    vault = room.vault("a")
    replacement_begun(vault, b"the newer cover")
    (version,) = [path for path in (vault / "musicvault" / "versions").rglob("*") if path.is_file()]
    version.unlink()
    (vault / os.fsdecode(STORED)).write_bytes(b"somebody else's picture")
    room.new_computer()
    room.rebuild("a")
    assert aside(vault, "versions") == []
    assert aside(vault, "quarantine") == [b"the newer cover"]
    foreign = hashlib.sha256(b"somebody else's picture").hexdigest()
    assert foreign not in (vault / "manifest-sha256.txt").read_text("ascii"), "never signed as what was expected"


def test_damage_that_stepped_aside_does_not_go_back(room: Lost) -> None:
    """What was to take its place is lost: the file is missing then, not right."""
    room.protect("a")
    vault = room.vault("a")
    layout = VaultLayout(os.fsencode(vault))
    rotten = (vault / os.fsdecode(STORED)).read_bytes()[:-1] + b"?"
    place = free_quarantine_path(layout, 0, b"", b"cover.jpg")
    line = record_of(place, rotten, operation=Operation.QUARANTINE, source=STORED, generation=9)
    with Journal(layout.journal) as journal:
        journal.append(replace(line, library="music", original=os.fsencode(COVER)))
    put_on_its_way(vault, "new-0", STORED, b"the right cover", Operation.REPLACE)
    (vault / "musicvault" / "incoming" / "new-0.partial").unlink()
    Path(os.fsdecode(layout.ensure_parent(place))).write_bytes(rotten)
    (vault / os.fsdecode(STORED)).unlink()
    room.new_computer()
    room.rebuild("a")
    assert aside(vault, "quarantine") == [rotten]
    assert not (vault / os.fsdecode(STORED)).exists()


def test_a_removal_that_was_spoken_of_and_not_carried_out_is_taken_back(room: Lost) -> None:
    """Nobody knows by now whether it may go."""
    room.protect("a")
    layout = VaultLayout(os.fsencode(room.vault("a")))
    with Journal(layout.journal) as journal:
        journal.append(Record(Operation.REMOVE, STORED, NOW, 9))
    room.new_computer()
    room.rebuild("a")
    assert room.restored() == room.files
    assert room.run(verify(os.fsencode(room.vault("a")))).exit_code == 0
