"""Taking the user's word back: the last one, or that of one event, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicvault.catalog import history
from musicvault.domain.states import ReplicaState
from musicvault.engine.attention import Remedy, attention
from musicvault.engine.decide import accept, forget
from musicvault.engine.undoing import undo_accept, undo_forget
from musicvault.errors import Locked, UsageError
from tests.engine_room import flip
from tests.guarded import Guarded

GONE = ("1.txt", "2.txt")


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in range(8):
        (made.music / f"{number}.txt").write_bytes(b"words %d" % number)
    made.drive("first")
    made.protect()
    return made


def let_go(room: Guarded, *names: str) -> None:
    for name in names:
        (room.music / name).unlink()
    room.scan()
    room.run(forget(room.ctx, [room.item(name).id for name in names]))
    assert attention(room.ctx) == []


def test_the_last_word_is_taken_back_for_all_of_its_files_and_they_can_be_restored(room: Guarded) -> None:
    right = {name: (room.music / name).read_bytes() for name in GONE}
    let_go(room, *GONE)
    preview = room.run(undo_forget(room.ctx, dry_run=True))
    assert preview.counts == {"expected": 2}
    assert room.state(GONE[0]) is ReplicaState.FORGOTTEN, "a preview changes nothing"
    assert room.run(undo_forget(room.ctx)).counts == {"expected": 2}
    assert [(one.remedy, one.item.path) for one in attention(room.ctx)] == [
        (Remedy.RESTORE_OR_FORGET, name.encode()) for name in GONE
    ]
    assert room.scan().exit_code == 0, "what is still gone is no news"
    room.repair(missing=True)
    assert {name: (room.music / name).read_bytes() for name in GONE} == right


def test_one_word_of_the_history_is_taken_back_once(room: Guarded) -> None:
    let_go(room, *GONE)
    (word,) = [one for one in history.of_item(room.catalog, room.item(GONE[1]).id) if one.type == "decision"]
    room.run(undo_forget(room.ctx, word.id))
    assert [room.state(name) for name in GONE] == [ReplicaState.FORGOTTEN, ReplicaState.MISSING]
    with pytest.raises(UsageError, match="undone already"):
        room.run(undo_forget(room.ctx, word.id))


def test_what_was_taken_back_of_a_word_is_passed_over_when_the_rest_is(room: Guarded) -> None:
    right = {name: (room.music / name).read_bytes() for name in GONE}
    for name in GONE:
        flip(room.music / name)
    room.scrub(library=True)
    assert room.run(accept(room.ctx, [room.item(name).id for name in GONE])).counts == {"accepted": 2}
    (word,) = [one for one in history.of_item(room.catalog, room.item(GONE[0]).id) if one.type == "decision"]
    room.run(undo_accept(room.ctx, word.id))
    assert (room.music / GONE[0]).read_bytes() == right[GONE[0]]
    room.run(undo_accept(room.ctx))
    assert {name: (room.music / name).read_bytes() for name in GONE} == right


def test_a_file_that_came_back_by_itself_is_passed_over(room: Guarded) -> None:
    let_go(room, *GONE)
    (room.music / GONE[0]).write_bytes(b"words 1")
    room.scan()
    assert room.run(undo_forget(room.ctx)).counts == {"expected": 1}
    assert [room.state(name) for name in GONE] == [ReplicaState.INTACT, ReplicaState.MISSING]


def test_what_has_left_the_drives_stays_let_go(room: Guarded) -> None:
    let_go(room, *GONE)
    room.later(4000)
    room.protect()
    assert not room.copy("first", GONE[0]).exists()
    outcome = room.run(undo_forget(room.ctx))
    assert (outcome.exit_code, outcome.counts) == (3, {"expected": 0, "failed": 2})
    assert attention(room.ctx) == []


def test_no_word_is_taken_back_while_a_job_may_let_the_copies_go(room: Guarded) -> None:
    let_go(room, *GONE)
    vaults = tuple(vault.id for vault in room.vaults())
    with room.ctx.locked("sync", vaults=vaults), pytest.raises(Locked):
        room.run(undo_forget(room.ctx))
    assert room.state(GONE[0]) is ReplicaState.FORGOTTEN


def test_where_nothing_was_let_go_nothing_is_taken_back(room: Guarded) -> None:
    with pytest.raises(UsageError, match="No file was let go"):
        room.run(undo_forget(room.ctx))
