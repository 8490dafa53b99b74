"""What repair does on a drive: damaged and missing copies, what was put aside there, and the vault's own files."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

from musicvault.catalog import history, replicas
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.errors import DriveRefused, NoSpace
from musicvault.storage.vault.heads import EVENTS
from tests.corruption.drives import drive
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid, on_two_drives
from tests.sound import retag

ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    return on_two_drives(tmp_path)


def test_a_damaged_copy_is_rebuilt_and_the_bag_is_valid(room: Guarded) -> None:
    copy = room.copy("first", ONE)
    before = copy.stat()
    flip(copy)
    damaged = copy.read_bytes()
    room.scrub()
    assert room.repair().exit_code == 0
    assert copy.read_bytes() == (room.music / ONE).read_bytes()
    assert (copy.stat().st_mtime_ns, copy.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    (aside,) = Path(os.fsdecode(vault.folder), "musicvault", "quarantine").iterdir()
    assert aside.read_bytes() == damaged
    assert is_valid(vault)
    log = history.of_item(room.catalog, room.item(ONE).id)
    assert {"recovery", "quarantine"} <= {record.type for record in log[:3]}
    assert room.scrub().exit_code == 0


def test_where_no_source_is_what_it_was_a_missing_copy_is_put_together(room: Guarded) -> None:
    """Both rotted since they were proven, in different places; whichever is copied from is refused."""
    copy = room.copy("first", ONE)
    right = copy.read_bytes()
    copy.unlink()
    room.scrub()
    flip(room.music / ONE, 20)
    flip(room.copy("second", ONE), len(right) - 20)
    room.repair()
    assert copy.read_bytes() == right
    assert room.copy_state("first", ONE) is ReplicaState.INTACT


def test_a_drive_without_room_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    room = Guarded(tmp_path)
    (room.music / "long.bin").write_bytes(os.urandom(3 << 20))
    with drive("tmpfs", tmp_path / "disk", mib=8) as disk:
        room.drive("small", disk.point)
        room.protect()
        copy = room.copy("small", "long.bin")
        flip(copy)
        damaged = copy.read_bytes()
        room.scrub()
        filler = disk.point / "somebody's own"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(64 << 10))
        os.truncate(filler, filler.stat().st_size - (2 << 20))  # enough for its lists, not for the file
        with pytest.raises(NoSpace):
            room.repair()
        assert copy.read_bytes() == damaged
        filler.unlink()
        assert room.repair().exit_code == 0
        assert copy.read_bytes() == (room.music / "long.bin").read_bytes()


def quarantine(room: Guarded, label: str) -> list[Path]:
    (vault,) = [one for one in room.vaults() if one.label == label]
    return list(Path(os.fsdecode(vault.folder), "musicvault", "quarantine").iterdir())


def test_what_was_put_aside_and_rots_on_leaves_so_that_the_bag_is_valid(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    room.scrub()
    assert room.repair().exit_code == 0
    (aside,) = quarantine(room, "first")
    flip(aside)
    room.scrub()
    assert len(quarantine(room, "first")) == 1
    assert not all(is_valid(vault) for vault in room.vaults())
    assert room.repair(dry_run=True).exit_code == 0, "nothing that anybody expects is damaged"
    finished = room.repair()
    assert (finished.exit_code, finished.counts["expired"]) == (0, 1)
    assert quarantine(room, "first") == []
    assert all(is_valid(vault) for vault in room.vaults())
    assert room.scrub().exit_code == 0


def test_what_was_put_aside_and_could_not_be_read_once_stays(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    room.scrub()
    room.repair()
    (aside,) = (one for one in replicas.of_item(room.catalog, room.item(ONE).id) if one.role == replicas.QUARANTINE)
    with room.catalog.transaction(room.now()) as transaction:
        replicas.set_state(transaction, aside, ReplicaState.UNREADABLE)
    assert "expired" not in room.repair().counts
    assert len(quarantine(room, "first")) == 1
    room.scrub()
    assert replicas.get(room.catalog, aside.id).state is ReplicaState.INTACT


def test_while_the_item_is_whole_nowhere_what_was_put_aside_stays(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    room.scrub()
    room.repair()
    (aside,) = quarantine(room, "first")
    flip(aside)
    for path in (room.copy("first", ONE), room.copy("second", ONE), room.music / ONE):
        flip(path)
    room.scrub()
    assert room.repair().exit_code == 20
    assert len(quarantine(room, "first")) == 1


def test_without_a_fresh_proof_of_the_item_what_was_put_aside_stays(room: Guarded) -> None:
    """What the catalog calls the item's standing is no proof that it is whole anywhere."""
    flip(room.copy("first", ONE))
    room.scrub()
    room.repair()
    (aside,) = quarantine(room, "first")
    flip(aside)
    room.scrub()
    with room.catalog.transaction(room.now()) as transaction:
        transaction.execute("UPDATE replica SET proven_at = NULL, grade = NULL WHERE role = 'current'")
    assert "expired" not in room.repair().counts
    assert len(quarantine(room, "first")) == 1
    room.scrub()
    assert room.repair().counts["expired"] == 1


@pytest.mark.parametrize("lost", ["bagit.txt", "bag-info.txt", "musicvault/volume.json", "musicvault/kept"])
def test_a_vault_that_lost_a_file_of_its_own_is_found_and_mended(room: Guarded, lost: str) -> None:
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    folder = Path(os.fsdecode(vault.folder))
    (folder / lost).unlink()
    assert room.scrub().exit_code == 20
    assert {(finding.where, os.fsdecode(finding.path)) for finding in room.told()} == {("first", lost)}
    assert room.repair().exit_code == 0
    assert is_valid(vault)
    assert f"{EVENTS}: " in (folder / "bag-info.txt").read_text()
    assert room.scrub().exit_code == 0


def test_a_missing_copy_is_rebuilt_always(room: Guarded) -> None:
    copy = room.copy("first", "album/cover.jpg")
    right = copy.read_bytes()
    copy.unlink()
    room.scrub()
    assert room.repair().exit_code == 0
    assert copy.read_bytes() == right
    assert room.copy_state("first", "album/cover.jpg") is ReplicaState.INTACT
    assert all(is_valid(vault) for vault in room.vaults())


def test_one_drive_heals_another_when_the_library_is_away(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    room.scrub()
    room.music.rename(room.tmp / "not connected")
    assert room.repair().exit_code == 0
    assert room.copy("first", ONE).read_bytes() == room.copy("second", ONE).read_bytes()
    (finding,) = room.told()
    assert finding.evidence[-1].values == {"source": "second"}


def test_an_older_copy_on_a_drive_is_healed_as_what_it_was_or_brought_up_to_date(room: Guarded) -> None:
    before = (room.music / ONE).read_bytes()
    retag(room.music / ONE, title="Another title")
    room.scan()
    flip(room.copy("first", ONE))
    room.scrub()
    assert room.repair().exit_code == 0
    assert room.copy("first", ONE).read_bytes() == before  # the second drive still had that version
    for label in ("first", "second"):
        flip(room.copy(label, ONE), 5000)
    room.scrub()
    assert room.repair().exit_code == 0
    assert room.copy("first", ONE).read_bytes() == (room.music / ONE).read_bytes()
    assert all(is_valid(vault) for vault in room.vaults())


def test_a_source_that_rotted_unnoticed_is_not_copied_from(room: Guarded) -> None:
    right = (room.music / ONE).read_bytes()
    flip(room.copy("first", ONE))
    room.scrub(drives=["first"])
    flip(room.music / ONE, 4000)  # nobody knows yet
    finished = room.repair()
    assert finished.exit_code == 0
    assert room.copy("first", ONE).read_bytes() == right
    (finding,) = room.told()
    assert finding.evidence[-1].values == {"source": "second"}
    assert replicas.in_library(room.catalog, room.item(ONE).id).proven_at is None, "the next scrub looks at it first"


def test_a_drive_that_is_away_is_named_and_waits(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    room.scrub()
    (room.tmp / "first").rename(room.tmp / "away")
    assert room.repair().exit_code == 20
    assert room.facts()[-1] == "not-connected"
    (room.tmp / "away").rename(room.tmp / "first")
    assert room.repair().exit_code == 0


# -- a drive's own files


@pytest.mark.parametrize(
    "name",
    [
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "bagit.txt",
        "bag-info.txt",
        "musicvault/volume.json",
        "musicvault/catalog.sqlite3",
        "musicvault/catalog.sqlite3.blake3",
    ],
)
def test_a_drive_s_own_damaged_list_is_found_and_written_anew(room: Guarded, name: str) -> None:
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    path = Path(os.fsdecode(vault.folder), name)
    flip(path, 20)
    assert room.scrub().exit_code == 20
    assert {(finding.where, finding.verdict) for finding in room.told()} == {("first", Verdict.CORRUPT)}
    assert room.repair(dry_run=True).exit_code == 20
    finished = room.repair()
    assert finished.exit_code == 0
    assert {finding.healed for finding in room.told()} == {True}
    assert room.scrub().exit_code == 0
    assert room.told() == []
    assert is_valid(vault)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt", "musicvault/journal"])
def test_a_folder_in_the_place_of_a_list_is_named_and_the_rest_is_mended(room: Guarded, name: str) -> None:
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    path = Path(os.fsdecode(vault.folder), name)
    path.unlink()
    path.mkdir()
    flip(room.copy("second", ONE))
    assert room.scrub().exit_code == 20
    assert ("first", name) in {(finding.where, os.fsdecode(finding.path)) for finding in room.told()}
    with pytest.raises(DriveRefused, match=re.escape(str(path))):
        room.repair()
    assert room.copy("second", ONE).read_bytes() == (room.music / ONE).read_bytes()
    path.rmdir()
    assert room.repair().exit_code == 0
    assert is_valid(vault)


def test_a_link_in_the_place_of_the_tag_manifest_gives_way_to_a_new_one(room: Guarded) -> None:
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    path = Path(os.fsdecode(vault.folder), "tagmanifest-sha256.txt")
    path.rename(room.tmp / "elsewhere")
    path.symlink_to(room.tmp / "elsewhere")
    assert room.scrub().exit_code == 20
    assert room.repair().exit_code == 0
    assert is_valid(vault)
    assert not path.is_symlink()
