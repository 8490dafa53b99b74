"""Checking one file reads its copies from their media now, and only its copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import history, replicas
from musicvault.domain.notices import Finished
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.checking import check
from musicvault.errors import DriveGone
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.sound import retag

V = Verdict


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in (1, 2, 3):
        made.track(f"album/{number}.flac", number, title=f"Song {number}")
    made.drive("first")
    made.drive("second")
    made.protect()
    return made


def checked(room: Guarded, *names: str) -> Finished:
    return room.run(check(room.ctx, [room.item(name).id for name in names]))


def test_every_copy_of_the_file_is_proven_and_nothing_else_is_read(room: Guarded) -> None:
    flip(room.copy("second", "album/2.flac"))
    size = (room.music / "album/1.flac").stat().st_size
    finished = checked(room, "album/1.flac")
    assert finished.exit_code == 0
    assert (finished.counts["checked"], finished.counts["intact"], finished.counts["bytes"]) == (3, 3, 3 * size)
    assert room.told() == []
    assert room.copy_state("second", "album/2.flac") is ReplicaState.INTACT  # nobody has looked there
    own = replicas.in_library(room.catalog, room.item("album/1.flac").id)
    assert own.proven_at is not None
    event = next(iter(history.of_item(room.catalog, room.item("album/1.flac").id)))
    assert event.detail["intact"] == 3


def test_rot_is_found_in_the_library_and_on_a_drive_and_one_repair_heals_it(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    flip(room.music / "album/2.flac")
    finished = checked(room, "album/1.flac", "album/2.flac")
    assert finished.exit_code == 20
    assert room.verdicts() == {("first", "album/1.flac", V.CORRUPT), ("Music", "album/2.flac", V.CORRUPT)}
    assert (finished.counts["corrupt"], finished.counts["intact"]) == (2, 4)
    assert room.repair().exit_code == 0
    assert checked(room, "album/1.flac", "album/2.flac").exit_code == 0


def test_one_copy_can_be_checked_alone(room: Guarded) -> None:
    flip(room.copy("first", "album/1.flac"))
    item = room.item("album/1.flac")
    job = check(room.ctx, [item.id], replica_ids={room.replica("second", "album/1.flac").id})
    assert room.run(job).counts["checked"] == 1
    assert room.copy_state("first", "album/1.flac") is ReplicaState.INTACT
    job = check(room.ctx, [item.id], replica_ids={room.replica("first", "album/1.flac").id})
    assert room.run(job).exit_code == 20
    assert room.copy_state("first", "album/1.flac") is ReplicaState.CORRUPT


def test_the_users_edit_and_deletion_are_no_damage(room: Guarded) -> None:
    retag(room.music / "album/1.flac", title="Another title", artist="Someone")
    (room.music / "album/2.flac").unlink()
    assert checked(room, "album/1.flac", "album/2.flac").exit_code == 0
    assert room.verdicts() == {("Music", "album/1.flac", V.RETAGGED), ("Music", "album/2.flac", V.MISSING)}


def test_a_drive_that_is_away_is_counted_and_says_nothing_about_the_copy(room: Guarded) -> None:
    vault = next(one for one in room.vaults() if one.label == "first")
    os.rename(vault.folder, vault.folder + b" in the drawer")
    finished = checked(room, "album/1.flac")
    assert finished.exit_code == 0
    assert (finished.counts["checked"], finished.counts["away"]) == (2, 1)
    assert room.copy_state("first", "album/1.flac") is ReplicaState.INTACT


def test_a_drive_that_vanishes_in_the_middle_is_told(room: Guarded) -> None:
    vault = next(one for one in room.vaults() if one.label == "second")
    job = check(room.ctx, [room.item("album/1.flac").id])
    next(job)
    os.rename(vault.folder, vault.folder + b" pulled out")
    with pytest.raises(DriveGone):
        room.run(job)
    assert room.copy_state("second", "album/1.flac") is ReplicaState.INTACT
