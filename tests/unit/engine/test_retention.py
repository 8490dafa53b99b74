"""What was kept leaves when its time is over, and only where its successor is proven elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import replicas, rules
from musicvault.catalog.replicas import Replica
from musicvault.domain.policy import Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine import retention
from musicvault.engine.decide import forget
from musicvault.engine.locating import locate_one
from musicvault.engine.opening import open_for_writing
from musicvault.engine.rebuilding import quarantine_of
from musicvault.engine.repair import repair
from musicvault.engine.restore import restore
from musicvault.engine.sync import sync
from musicvault.engine.versions import give_version
from musicvault.engine.versions import versions as versions_of
from tests.engine_room import flip
from tests.guarded import Guarded, is_valid


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    """A vault that keeps the older version of one file for 90 days."""
    room = Guarded(tmp_path)
    for number in range(8):
        (room.music / f"{number}.txt").write_bytes(b"words %d" % number)
    (room.music / "cover.jpg").write_bytes(b"first")
    room.drive("one")
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, Rule(volumes=1))  # all of this test lies on one volume
    room.protect()
    (room.music / "cover.jpg").write_bytes(b"second one")
    room.protect()
    assert len(versions(room)) == 1
    return room


def versions(room: Guarded) -> list[Path]:
    folder = Path(os.fsdecode(room.vaults()[0].folder), "musicvault", "versions")
    return [path for path in folder.rglob("*") if path.is_file()]


def roles(room: Guarded) -> list[str]:
    return [replica.role for replica in replicas.of_item(room.catalog, room.item("cover.jpg").id)]


def test_kept_until_its_time(room: Guarded) -> None:
    room.later(89)
    room.run(sync(room.ctx))
    assert len(versions(room)) == 1


def test_gone_after_it_with_an_event_and_a_valid_bag(room: Guarded) -> None:
    room.later(91)
    room.scrub()
    finished = room.run(sync(room.ctx))
    assert finished.counts["expired"] == 1
    assert versions(room) == []
    assert roles(room) == ["current", "current"]
    assert is_valid(room.vaults()[0])
    (event,) = room.catalog.rows("SELECT type FROM event WHERE type = 'deletion'")
    assert event == ("deletion",)


def test_damage_set_aside_from_the_library_leaves_like_older_versions(room: Guarded) -> None:
    room.later(1)
    flip(room.music / "cover.jpg")
    room.scrub()
    room.run(repair(room.ctx))
    aside = Path(os.fsdecode(quarantine_of(room.ctx)))

    def kept() -> int:
        return sum(path.is_file() for path in aside.rglob("*"))

    room.run(sync(room.ctx))
    assert kept() == 1
    room.later(91)
    room.run(sync(room.ctx))
    assert kept() == 1, "not while the proofs of what was healed are old"
    room.scrub()
    assert room.run(sync(room.ctx, dry_run=True)).counts["expired"] == 0
    assert kept() == 1
    assert room.run(sync(room.ctx)).counts["expired"] == 2, "the older version's time is over as well"
    assert kept() == 0
    assert (room.music / "cover.jpg").read_bytes() == b"second one"
    assert room.run(sync(room.ctx)).counts["expired"] == 0


def test_not_while_the_proofs_of_its_successor_are_old(room: Guarded) -> None:
    room.later(91)
    finished = room.run(sync(room.ctx))
    assert finished.counts["expired"] == 0
    assert len(versions(room)) == 1


def test_not_while_its_successor_is_damaged(room: Guarded) -> None:
    room.later(91)
    flip(room.copy("one", "cover.jpg"))
    room.scrub()
    assert room.copy_state("one", "cover.jpg") is ReplicaState.CORRUPT
    room.run(sync(room.ctx))
    assert len(versions(room)) == 1


def test_not_while_its_successor_lacks_copies(room: Guarded) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, Rule(copies=3, volumes=1))
    room.later(91)
    room.scrub()
    room.run(sync(room.ctx))
    assert len(versions(room)) == 1


def let_go(room: Guarded, name: str = "3.txt") -> None:
    (room.music / name).unlink()
    room.scan()
    room.run(forget(room.ctx, [room.item(name).id]))


def test_copies_of_what_was_let_go_stay_as_long_and_can_be_given_back(room: Guarded) -> None:
    let_go(room)
    room.later(89)
    room.run(sync(room.ctx))
    assert room.copy("one", "3.txt").exists()
    (version,) = versions_of(room.ctx, [room.item("3.txt").id])
    (place,) = version.places
    assert place.role == "forgotten"
    assert place.until is not None
    assert 0 < place.until - room.now() < 2 * 86400
    assert version.number is not None
    room.run(give_version(room.ctx, [room.item("3.txt").id], version.number, os.fsencode(room.tmp / "given")))
    assert (room.tmp / "given" / "music" / "3.txt").read_bytes() == b"words 3"
    room.run(restore(room.ctx, "", os.fsencode(room.tmp / "back"), forgotten=True))
    assert [path.name for path in (room.tmp / "back").rglob("*") if path.is_file()] == ["3.txt"]
    room.later(3)
    finished = room.run(sync(room.ctx))
    assert finished.counts["expired"] == 1
    assert not room.copy("one", "3.txt").exists()
    assert room.copy("one", "4.txt").exists()
    assert is_valid(room.vaults()[0])
    assert list(versions_of(room.ctx, [room.item("3.txt").id])) == []
    assert room.scrub().exit_code == 0


def test_what_stands_there_again_or_is_needed_elsewhere_stays(room: Guarded) -> None:
    let_go(room, "3.txt")
    let_go(room, "4.txt")
    (room.music / "3.txt").write_bytes(b"words 3")
    (room.music / "twin.txt").write_bytes(b"words 4")
    room.scan()  # 3.txt is expected again, twin.txt is new and has no copy yet
    room.later(100)
    (vault,) = room.vaults()
    with (
        room.ctx.locked("sync", vaults=(vault.id,)),
        open_for_writing(room.ctx, locate_one(room.ctx, vault)) as opened,
    ):
        gone = [one for one in retention.expire(opened) if isinstance(one, Replica)]
        assert [one.path for one in gone if one.role == "current"] == []
    room.scrub()
    room.run(sync(room.ctx))
    room.scrub()
    room.run(sync(room.ctx))
    assert room.copy("one", "3.txt").exists()
    assert not room.copy("one", "4.txt").exists()
    assert room.copy("one", "twin.txt").exists()


def on_volumes(room: Guarded, number: int) -> None:
    with room.catalog.transaction(room.now()) as transaction:
        rules.set_default(transaction, Rule(volumes=number))


def test_while_another_file_of_the_same_bytes_lacks_copies_of_its_own_those_let_go_stay(room: Guarded) -> None:
    (room.music / "twin of 5.txt").write_bytes(b"words 5")
    room.protect()
    let_go(room, "5.txt")
    on_volumes(room, 2)  # and all of this test lies on one
    room.later(100)
    room.scrub()
    room.run(sync(room.ctx))
    assert room.copy("one", "5.txt").exists()
    on_volumes(room, 1)
    room.run(sync(room.ctx))
    assert not room.copy("one", "5.txt").exists()
    assert room.copy("one", "twin of 5.txt").exists()


@pytest.mark.parametrize(("volumes", "proven"), [(2, True), (1, False)], ids=["too few volumes", "old proofs"])
def test_what_the_catalog_thinks_of_an_item_is_no_proof(room: Guarded, volumes: int, proven: bool) -> None:
    on_volumes(room, volumes)
    room.later(91)
    if proven:
        room.scrub()
    with room.catalog.transaction(room.now()) as transaction:  # as if it had not been judged again yet
        transaction.execute("UPDATE item SET standing = 'protected', due_at = ?", (room.now() + 86400,))
    (vault,) = room.vaults()
    with (
        room.ctx.locked("sync", vaults=(vault.id,)),
        open_for_writing(room.ctx, locate_one(room.ctx, vault)) as opened,
    ):
        assert list(retention.expire(opened)) == []
    assert len(versions(room)) == 1


def test_while_the_library_is_away_nothing_of_it_goes(room: Guarded) -> None:
    let_go(room)
    room.later(100)
    room.music.rename(room.tmp / "away")
    room.run(sync(room.ctx))
    assert room.copy("one", "3.txt").exists()
