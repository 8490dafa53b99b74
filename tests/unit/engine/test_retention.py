"""What was kept leaves when its time is over, and only where its successor is proven elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import replicas, rules
from musicvault.domain.policy import Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine.sync import sync
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
