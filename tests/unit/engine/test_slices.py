"""A slice reads the oldest proofs first, stops when it has read enough, and its cycle becomes one event."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import drive_health, history, proofs, remembered, rules
from musicvault.catalog.passes import Place as Key
from musicvault.domain.policy import DAY, Rule
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import places
from musicvault.engine.drives import add_drive
from musicvault.engine.places import Place
from musicvault.engine.slices import Amount, Slice
from musicvault.engine.sync import sync
from musicvault.errors import DriveGone, Locked
from tests.engine_room import Room, flip


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    (tmp_path / "Drive").mkdir()
    for number in range(4):
        made.track(f"{number}.flac", number)
    made.add()
    made.scan()
    add_drive(made.ctx, os.fsencode(tmp_path / "Drive"))
    made.run(sync(made.ctx))
    made.later(50)
    return made


def drive(room: Room) -> Place:
    return next(iter(places.reachable(room.ctx).vaults.values()))


def ages(room: Room) -> list[float]:
    """Of the drive's proofs, in days, the oldest first."""
    rows = room.catalog.rows("SELECT proven_at FROM replica WHERE vault_id IS NOT NULL ORDER BY 1")
    return [round((room.time - row[0]) / DAY) for row in rows]


def read(room: Room, amount: Amount) -> Slice:
    slice_ = Slice(room.ctx, drive(room), amount)
    room.run(slice_.run())
    return slice_


def test_the_oldest_come_first_until_it_is_enough(room: Room) -> None:
    assert ages(room) == [50, 50, 50, 50]
    assert read(room, Amount(1)).counts["checked"] == 1
    assert ages(room) == [50, 50, 50, 0]
    room.later(1)
    assert read(room, Amount(1, 2)).counts["checked"] == 2
    assert ages(room) == [51, 1, 0, 0]


def test_a_cycle_is_one_event(room: Room) -> None:
    before = len(list(history.latest(room.catalog)))
    key = f"cycle {drive(room).key.key}"
    assert not read(room, Amount(1, 2)).complete
    assert remembered.recall(room.catalog, key)["slices"] == 1
    room.later(1)
    assert read(room, Amount(1, 2)).complete
    assert remembered.recall(room.catalog, key) is None
    events = list(history.latest(room.catalog))
    assert len(events) - before == 1


def test_damage_is_found_and_waits_for_a_repair_not_for_another_read(room: Room) -> None:
    flip(room.tmp / "Drive/MusicVault/data/music/2.flac")
    done = read(room, Amount(1 << 40))
    assert done.counts["corrupt"] == 1
    assert [verdict for _, verdict in room.findings()] == [Verdict.CORRUPT]
    room.later(1)
    assert read(room, Amount(1 << 40)).counts["checked"] == 3


def test_what_could_not_be_proven_is_left_out_when_asked(room: Room) -> None:
    (first, *_) = proofs.most_urgent_first(room.catalog, drive(room).key, room.time)
    done = read(room, Amount(1 << 40, skip=[first]))
    assert done.counts["checked"] == 3
    assert ages(room)[0] == 50


def test_a_drive_that_vanishes_is_no_damage(room: Room) -> None:
    place = drive(room)
    (room.tmp / "Drive").rename(room.tmp / "Away")
    slice_ = Slice(room.ctx, place, Amount(1 << 40))
    with pytest.raises(DriveGone):
        list(slice_.run())
    states = {row[0] for row in room.catalog.rows("SELECT state FROM replica")}
    assert states == {ReplicaState.INTACT.value}


def test_two_scrubs_of_one_place_do_not_meet(room: Room) -> None:
    first = Slice(room.ctx, drive(room), Amount(1)).run()
    next(first)
    with pytest.raises(Locked):
        next(Slice(room.ctx, drive(room), Amount(1)).run())


def test_proofs_of_the_future_are_none(room: Room) -> None:
    with room.catalog.transaction(room.time) as transaction:
        transaction.execute("UPDATE replica SET proven_at = 9e12")
    owed = proofs.owed(room.catalog, room.time)
    assert {entry.due_at for entries in owed.values() for entry in entries} == {0.0}
    assert sum(entry.files for entry in owed[Key(None, drive(room).key.vault_id)]) == 4


def test_the_slices_of_a_cycle_are_one_pass_over_the_device(room: Room) -> None:
    volume = drive(room).volume.id
    for _ in range(3):
        assert not read(room, Amount(1)).complete
        (one,) = drive_health.passes(room.catalog, volume)
        assert not one.complete
        room.later(1)
    assert read(room, Amount(1)).complete
    (whole,) = drive_health.passes(room.catalog, volume)
    assert (whole.complete, whole.files, whole.errors) == (True, 4, 0)
    assert whole.bytes == room.catalog.rows("SELECT sum(size) FROM replica WHERE vault_id IS NOT NULL")[0][0]
    room.later(50)
    read(room, Amount(1))
    assert [one.complete for one in drive_health.passes(room.catalog, volume)] == [False, True]


def test_each_copy_is_wanted_by_the_interval_of_its_own_rule(room: Room) -> None:
    with room.catalog.transaction(room.time) as transaction:
        rules.put(transaction, [Rule(name="Often", scope="path:2", proof_days=30), Rule(proof_days=90)], "added")
    owed = proofs.owed(room.catalog, room.time)[drive(room).key]
    assert [(round((one.due_at - room.time) / DAY), one.files) for one in sorted(owed, key=lambda one: one.due_at)] == [
        (-20, 1),
        (40, 3),
    ]
    (first, *_) = proofs.most_urgent_first(room.catalog, drive(room).key, room.time)
    assert room.catalog.value("SELECT path FROM replica WHERE id = ?", (first,)).endswith(b"2.flac")
