"""Copies that another computer wrote: looked into, adopted or refused, judged by the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from musicvault.catalog import findings, history, items, replicas
from musicvault.domain import wording
from musicvault.domain.notices import Job, Started
from musicvault.domain.states import ReplicaState
from musicvault.engine import places
from musicvault.engine.foreign.adopting import adopt, undo_adopt
from musicvault.engine.foreign.copies import compared, found
from musicvault.engine.foreign.refusing import refuse, undo_refuse
from musicvault.engine.rebuild.joining import adopt_vault
from musicvault.engine.sync import sync
from musicvault.engine.versions import versions
from musicvault.errors import DriveRefused, UsageError
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.records import Operation, Record
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid
from tests.sound import make, retag

ONE, TWO, COVER = "album/1.flac", "album/2.flac", "album/cover.jpg"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Guarded]:
    made = Guarded(tmp_path)
    for number, name in enumerate((ONE, TWO), 1):
        made.track(name, seed=number, title=f"Song {number}", artist="Someone")
    (made.music / COVER).write_bytes(b"\xff\xd8\xff not much of a picture")
    made.drive("first")
    made.drive("second")
    made.protect()
    yield made
    made.catalog.close()


def written_elsewhere(room: Guarded, drive: str, name: str, *, ahead: int = 0) -> None:
    """Another computer states that what stands there now is what should; `ahead` of this catalog by so many jobs."""
    (vault,) = [one for one in room.vaults() if one.label == drive]
    content = room.copy(drive, name).read_bytes()
    stored = b"data/music/" + os.fsencode(name)
    digests = {"blake3": blake3(content).digest(), "sha256": hashlib.sha256(content).digest()}
    with Journal(VaultLayout(vault.folder).journal) as journal:
        journal.append(Record(Operation.REPLACE, stored, 1, vault.generation + ahead, size=len(content), **digests))  # type: ignore[arg-type]


def foreign(room: Guarded, name: str = ONE, drive: str = "first", **tags: str) -> bytes:
    """A copy that the other computer edited; gives its bytes."""
    path = room.copy(drive, name)
    retag(path, **(tags or {"title": "From the other computer"}))
    written_elsewhere(room, drive, name)
    assert room.scrub(drives=[drive]).exit_code == 22
    return path.read_bytes()


def ids(room: Guarded, *names: str) -> list[int]:
    return [room.item(name).id for name in names]


def test_what_is_inside_is_told_with_the_finding(room: Guarded) -> None:
    foreign(room)
    (told,) = [one for one in room.told() if not one.known]
    facts = [wording.evidence(fact) for fact in told.evidence]
    assert facts[1:] == ["the sound is bit for bit the same", "changed: title"]
    (one,) = found(room.ctx, places.reachable(room.ctx), None)
    differs = compared(room.ctx, places.reachable(room.ctx), one)
    assert differs is not None
    assert [(f.before, f.after) for f in differs.fields] == [(("Song 1",), ("From the other computer",))]
    # Repair finds no damage here, and leaves the copy as it is.
    assert room.repair().exit_code == 22


def test_one_that_was_damaged_until_another_computer_wrote_it_anew_is_not_repaired_away(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    assert room.scrub(drives=["first"]).exit_code == 20
    make(room.copy("first", ONE), seed=55, title="Theirs")
    written_elsewhere(room, "first", ONE)
    theirs = room.copy("first", ONE).read_bytes()
    assert room.repair().exit_code == 22
    assert room.copy("first", ONE).read_bytes() == theirs
    assert room.copy_state("first", ONE) is ReplicaState.FOREIGN


def test_adopting_takes_it_into_the_library_and_is_undone_to_the_byte(room: Guarded) -> None:
    mine, theirs = (room.music / ONE).read_bytes(), foreign(room)
    previewed = room.run(adopt(room.ctx, ids(room, ONE), dry_run=True))
    assert previewed.counts["adopted"] == 1
    assert room.done()[0].details["said"] == "title: Song 1 → From the other computer"
    assert (room.music / ONE).read_bytes() == mine
    assert room.run(adopt(room.ctx, ids(room, ONE))).counts == {"adopted": 1, "in_library": 1}
    assert (room.music / ONE).read_bytes() == theirs == room.copy("first", ONE).read_bytes()
    assert room.copy_state("first", ONE) is ReplicaState.INTACT
    assert room.scan().exit_code == 0
    assert room.run(sync(room.ctx)).counts["replaced"] == 1
    assert room.copy("second", ONE).read_bytes() == theirs
    assert room.scrub().exit_code == 0
    assert room.run(undo_adopt(room.ctx)).counts == {"undone": 1}
    assert (room.music / ONE).read_bytes() == mine
    room.run(sync(room.ctx))
    assert room.copy("first", ONE).read_bytes() == mine
    assert room.scrub().exit_code == 0
    assert all(is_valid(vault) for vault in room.vaults())
    with pytest.raises(UsageError, match="no adoption"):
        room.run(undo_adopt(room.ctx))


def test_other_sound_is_taken_over_too_and_comes_back(room: Guarded) -> None:
    mine = (room.music / ONE).read_bytes()
    make(room.copy("first", ONE), seed=77, title="Another take")
    written_elsewhere(room, "first", ONE)
    room.scrub(drives=["first"])
    theirs = room.copy("first", ONE).read_bytes()
    room.run(adopt(room.ctx, ids(room, ONE)))
    assert (room.music / ONE).read_bytes() == theirs
    room.run(undo_adopt(room.ctx))
    assert (room.music / ONE).read_bytes() == mine


def test_the_very_bytes_of_the_library_count_and_nothing_is_copied(room: Guarded) -> None:
    """A restored catalog: the drive is ahead of it, and of the library's file it has just these bytes."""
    old = room.copy("first", ONE).read_bytes()
    retag(room.music / ONE, title="New")
    room.scan()
    room.copy("first", ONE).write_bytes((room.music / ONE).read_bytes())
    written_elsewhere(room, "first", ONE)
    room.scrub(drives=["first"])
    assert room.told()[0].evidence[-1].code == "is-current"
    events = len(list(history.latest(room.catalog)))
    assert room.run(adopt(room.ctx, ids(room, ONE))).counts == {"adopted": 1, "in_library": 0}
    assert room.done()[0].reason == "counts as a copy"
    assert len(list(history.latest(room.catalog))) == events + 1
    replica = room.replica("first", ONE)
    assert (replica.state, replica.current, replica.proven_at is not None) == (ReplicaState.INTACT, True, True)
    assert room.copy("second", ONE).read_bytes() == old
    with pytest.raises(UsageError, match="no adoption"):
        room.run(undo_adopt(room.ctx))


def test_refusing_sets_it_aside_and_puts_a_proven_copy_there(room: Guarded) -> None:
    mine, theirs = (room.music / ONE).read_bytes(), foreign(room)
    room.run(refuse(room.ctx, ids(room, ONE), dry_run=True))
    assert room.copy("first", ONE).read_bytes() == theirs
    assert room.run(refuse(room.ctx, ids(room, ONE))).counts["refused"] == 1
    assert room.copy("first", ONE).read_bytes() == mine
    (kept,) = [one for one in versions(room.ctx, ids(room, ONE)) if one.places[0].role == replicas.QUARANTINE]
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    assert (Path(os.fsdecode(vault.folder)) / os.fsdecode(kept.places[0].path)).read_bytes() == theirs
    assert kept.differs is not None
    assert kept.differs.fields == ("title",)
    assert room.scrub().exit_code == 0
    assert is_valid(vault)


def test_a_refusal_is_taken_back_to_the_byte(room: Guarded) -> None:
    mine, theirs = (room.music / ONE).read_bytes(), foreign(room)
    told = room.told()[0].evidence
    room.run(refuse(room.ctx, ids(room, ONE)))
    assert room.run(undo_refuse(room.ctx, dry_run=True)).counts["undone"] == 1
    assert room.copy("first", ONE).read_bytes() == mine
    assert room.run(undo_refuse(room.ctx)).counts["undone"] == 1
    assert room.copy("first", ONE).read_bytes() == theirs
    assert room.copy_state("first", ONE) is ReplicaState.FOREIGN
    stored = findings.of(room.catalog, room.replica("first", ONE).id)
    assert stored is not None
    assert stored.evidence == told
    assert room.scrub().exit_code == 22
    assert all(is_valid(vault) for vault in room.vaults())
    with pytest.raises(UsageError, match="no refusal"):
        room.run(undo_refuse(room.ctx))
    # It waits as it did before: now it can be taken over all the same.
    assert room.run(adopt(room.ctx, ids(room, ONE))).counts["in_library"] == 1
    assert (room.music / ONE).read_bytes() == theirs


def test_what_took_a_refused_copys_place_stays_where_it_is_the_last_good_one(room: Guarded) -> None:
    mine, _ = (room.music / ONE).read_bytes(), foreign(room)
    room.run(refuse(room.ctx, ids(room, ONE)))
    flip(room.music / ONE)
    flip(room.copy("second", ONE))
    room.scrub()
    assert room.run(undo_refuse(room.ctx)).exit_code == 3
    assert room.copy("first", ONE).read_bytes() == mine


@pytest.mark.parametrize("job", [adopt, refuse])
def test_what_was_decided_meanwhile_is_left_alone(room: Guarded, job: Callable[..., Job]) -> None:
    """Between the choice and the locks another process had its turn."""
    foreign(room)
    waiting = job(room.ctx, ids(room, ONE))
    assert isinstance(next(waiting), Started)
    assert room.run(refuse(room.ctx, ids(room, ONE))).counts["refused"] == 1
    standing = room.copy("first", ONE).read_bytes(), (room.music / ONE).read_bytes()
    finished = room.run(waiting)
    assert (finished.exit_code, finished.counts.get("failed", 0)) == (0, 0)
    assert {finished.counts.get(key, 0) for key in ("adopted", "refused")} == {0}
    assert (room.copy("first", ONE).read_bytes(), (room.music / ONE).read_bytes()) == standing
    assert room.copy_state("first", ONE) is ReplicaState.INTACT


def test_lists_that_are_written_anew_leave_what_waits_to_the_user(room: Guarded) -> None:
    theirs = foreign(room)
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    (Path(os.fsdecode(vault.folder)) / "manifest-sha256.txt").write_bytes(b"garbage\n")
    assert room.repair().exit_code == 22
    assert room.copy("first", ONE).read_bytes() == theirs
    assert room.copy_state("first", ONE) is ReplicaState.FOREIGN
    assert is_valid(vault)


def test_of_a_drive_that_is_ahead_copies_are_adopted_and_the_rest_with_the_vault(room: Guarded) -> None:
    """It may not be written before it is taken over as a whole; what was not adopted by then is set aside."""
    mine = (room.music / TWO).read_bytes()
    for name in (ONE, TWO):
        retag(room.copy("first", name), title="From the other computer")
        written_elsewhere(room, "first", name, ahead=3)
    room.scrub(drives=["first"])
    theirs = room.copy("first", ONE).read_bytes()
    with pytest.raises(DriveRefused, match="adopt-vault"):
        room.run(refuse(room.ctx, ids(room, TWO)))
    room.run(adopt(room.ctx, ids(room, ONE)))
    room.run(adopt_vault(room.ctx, os.fsencode(room.tmp / "first")))
    room.run(sync(room.ctx))
    for drive in ("first", "second"):
        assert room.copy(drive, ONE).read_bytes() == theirs == (room.music / ONE).read_bytes()
        assert room.copy(drive, TWO).read_bytes() == mine == (room.music / TWO).read_bytes()
    assert room.scrub().exit_code == 0


def test_without_a_good_copy_within_reach_nothing_is_refused(room: Guarded) -> None:
    theirs = foreign(room)
    flip(room.music / ONE)
    flip(room.copy("second", ONE))
    room.scrub()
    assert room.run(refuse(room.ctx, ids(room, ONE))).exit_code == 3
    assert room.copy("first", ONE).read_bytes() == theirs


def test_of_two_versions_on_two_drives_one_must_be_named(room: Guarded) -> None:
    mine = (room.music / ONE).read_bytes()
    foreign(room)
    foreign(room, drive="second", title="From a third computer")
    assert room.run(adopt(room.ctx, ids(room, ONE))).exit_code == 3
    assert (room.music / ONE).read_bytes() == mine
    assert room.run(adopt(room.ctx, ids(room, ONE), drive="second")).counts["adopted"] == 1
    assert (room.music / ONE).read_bytes() == room.copy("second", ONE).read_bytes()
    assert room.copy_state("first", ONE) is ReplicaState.FOREIGN


def changed_since(room: Guarded) -> None:
    retag(room.copy("first", ONE), title="Changed once more")


def rotten(room: Guarded) -> None:
    flip(room.copy("first", ONE))
    written_elsewhere(room, "first", ONE)
    room.scrub(drives=["first"])


def stated_otherwise(room: Guarded) -> None:
    """The drive's list names what we wrote again: that the bytes are others is damage by now."""
    theirs, path = room.copy("first", ONE).read_bytes(), room.copy("first", ONE)
    path.write_bytes((room.music / ONE).read_bytes())
    written_elsewhere(room, "first", ONE)
    path.write_bytes(theirs)


def damaged_here(room: Guarded) -> None:
    flip(room.music / ONE)
    room.scrub()


@pytest.mark.parametrize("what", [changed_since, rotten, stated_otherwise, damaged_here])
def test_only_what_was_judged_and_is_sound_is_taken_over(room: Guarded, what: object) -> None:
    foreign(room)
    what(room)  # type: ignore[operator]
    mine = (room.music / ONE).read_bytes()
    assert room.run(adopt(room.ctx, ids(room, ONE))).exit_code == 3
    assert (room.music / ONE).read_bytes() == mine
    assert room.copy_state("first", ONE) is not ReplicaState.INTACT


def test_a_companion_is_taken_over_as_well(room: Guarded) -> None:
    room.copy("first", COVER).write_bytes(b"\xff\xd8\xff a better scan")
    written_elsewhere(room, "first", COVER)
    room.scrub(drives=["first"])
    room.run(adopt(room.ctx, ids(room, COVER)))
    assert (room.music / COVER).read_bytes() == b"\xff\xd8\xff a better scan"
    assert items.get(room.catalog, room.item(COVER).id).content.digests.size == 17


def test_what_waits_is_no_damage_where_the_path_has_a_past(room: Guarded) -> None:
    """Once something stepped aside from there: in the kept list that is history, and says nothing of what is there."""
    flip(room.copy("first", ONE))
    room.scrub()
    assert room.repair().exit_code == 0
    theirs = foreign(room)
    assert room.repair().exit_code == 22
    assert room.copy("first", ONE).read_bytes() == theirs
