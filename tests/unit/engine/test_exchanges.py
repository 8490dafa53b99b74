"""Files that took each other's names are moves: no question to the user, no second copy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.sync import sync
from tests.engine_room import Room
from tests.guarded import Guarded


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    made.drive("A")
    for number in range(1, 5):
        made.track(f"{number}.flac", number, title=f"Song {number}")
    return made


def rename(room: Room, *steps: tuple[str, str]) -> None:
    """Through names in between, so that none is in the way of another."""
    for old, _ in steps:
        os.rename(room.music / old, room.music / f"{old}.moving")
    for old, new in steps:
        os.rename(room.music / f"{old}.moving", room.music / new)


def ids(room: Room, names: Sequence[str] = ("1.flac", "2.flac", "3.flac", "4.flac")) -> list[int]:
    return [room.item(name).id for name in names]


SWAP = (("1.flac", "2.flac"), ("2.flac", "1.flac"))
RING = (("1.flac", "2.flac"), ("2.flac", "3.flac"), ("3.flac", "1.flac"))
CHAIN = (("3.flac", "5.flac"), ("2.flac", "3.flac"), ("1.flac", "2.flac"))


@pytest.mark.parametrize("steps", [SWAP, RING, CHAIN], ids=["swap", "ring", "chain"])
def test_each_keeps_its_item_and_its_copy(room: Guarded, steps: tuple[tuple[str, str], ...]) -> None:
    room.protect()
    before = {new: room.item(old).id for old, new in steps}
    rename(room, *steps)
    finished = room.scan()
    assert finished.exit_code == 0
    assert finished.counts["moved"] == len(steps)
    assert not finished.counts.get("held")
    assert sorted(room.findings()) == sorted((new, Verdict.MOVED) for _, new in steps)
    for new, item_id in before.items():
        assert room.item(new).id == item_id
        assert room.state(new) is ReplicaState.INTACT
    assert room.scan().counts["unchanged"] == 4
    synced = room.run(sync(room.ctx))
    assert (synced.counts.get("copied", 0), synced.counts["renamed"]) == (0, len(steps))
    assert room.scrub().exit_code == 0


def test_a_dry_run_tells_it_and_changes_nothing(room: Guarded) -> None:
    room.protect()
    before = ids(room)
    rename(room, *SWAP)
    assert room.scan(dry_run=True).counts["moved"] == 2
    assert ids(room) == before
    assert room.scan().counts["moved"] == 2


def test_a_copy_over_another_file_is_no_move(room: Guarded) -> None:
    room.protect()
    before = ids(room)
    (room.music / "1.flac").write_bytes((room.music / "2.flac").read_bytes())
    assert room.scan().counts["held"] == 1
    assert ids(room) == before
    assert room.state("1.flac") is ReplicaState.HELD


def test_a_file_moved_over_another_leaves_both_to_the_user(room: Guarded) -> None:
    room.protect()
    os.replace(room.music / "1.flac", room.music / "2.flac")
    finished = room.scan()
    assert (finished.counts["held"], finished.counts["missing"]) == (1, 1)
    assert len(room.names()) == 4


def test_a_ring_with_another_file_in_it_is_judged_file_by_file(room: Guarded) -> None:
    room.protect()
    rename(room, *RING)
    room.track("1.flac", 9)
    counts = room.scan().counts
    assert counts["held"] == 3
    assert not counts.get("moved")
