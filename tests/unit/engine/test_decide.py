"""The user's word: accept, reject and forget; previewed, logged, and only where there is something to decide."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.catalog import history, libraries, troubles
from musicvault.domain.notices import Finished
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.attention import Remedy, attention
from musicvault.engine.braking import changes
from musicvault.engine.decide import accept, forget, reject
from musicvault.engine.status import status
from tests.engine_room import flip
from tests.guarded import Guarded
from tests.sound import make, retag

V = Verdict
ONE = "album/1.flac"


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for number in range(1, 6):
        made.track(f"album/{number}.flac", number, title=f"Song {number}")
    made.drive("first")
    made.protect()
    return made


def ids(room: Guarded, *names: str) -> list[int]:
    return [room.item(name).id for name in names]


def snapshot(room: Guarded) -> tuple[object, ...]:
    return (
        room.catalog.value("SELECT count(*) FROM event"),
        room.catalog.rows("SELECT id, content_id, standing, born_damaged, forgotten_at FROM item ORDER BY id"),
        room.catalog.rows("SELECT id, state, content_id FROM replica ORDER BY id"),
        {str(path): path.read_bytes() for path in room.music.rglob("*") if path.is_file()},
    )


def decisions(room: Guarded, name: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in history.of_item(room.catalog, room.item(name).id) if one.type == "decision"]


def re_ripped(room: Guarded, name: str = ONE) -> bytes:
    make(room.music / name, seed=900, seconds=0.5, title="Song 1")
    room.scan()
    assert room.state(name) is ReplicaState.HELD
    return (room.music / name).read_bytes()


def test_a_new_version_is_accepted_by_word_and_then_protected(room: Guarded) -> None:
    old = room.item(ONE).content.digests.blake3
    new = re_ripped(room)
    before = snapshot(room)
    assert room.run(accept(room.ctx, ids(room, ONE), dry_run=True)).counts["accepted"] == 1
    assert room.done()[0].reason == "replaced"
    assert snapshot(room) == before, "a preview changes nothing"
    assert room.run(accept(room.ctx, ids(room, ONE))).exit_code == 0
    item = room.item(ONE)
    assert item.content.digests.size == len(new)
    assert room.state(ONE) is ReplicaState.INTACT
    assert decisions(room, ONE) == [
        {
            "decision": "accept",
            "verdict": "replaced",
            "before": old.hex(),
            "after": item.content.digests.blake3.hex(),
        }
    ]
    assert room.scan().exit_code == 0
    room.protect()
    assert (room.tmp / "first/MusicVault/data/music" / ONE).read_bytes() == new


def test_what_was_judged_is_accepted_and_nothing_else(room: Guarded) -> None:
    re_ripped(room)
    make(room.music / ONE, seed=901, seconds=0.6)
    outcome = room.run(accept(room.ctx, ids(room, ONE)))
    assert (outcome.exit_code, outcome.counts.get("accepted", 0)) == (3, 0)
    assert room.state(ONE) is ReplicaState.HELD


def test_accepting_leaves_alone_what_is_not_in_question(room: Guarded) -> None:
    before = snapshot(room)
    assert room.run(accept(room.ctx, ids(room, *room.names()))).counts.get("accepted", 0) == 0
    assert snapshot(room) == before


def test_damage_that_is_accepted_stays_labelled(room: Guarded) -> None:
    flip(room.music / ONE)
    room.scan()
    room.run(accept(room.ctx, ids(room, ONE)))
    assert room.item(ONE).born_damaged
    assert room.scan().exit_code == 0
    retag(room.music / ONE, title="still damaged")
    room.scan()
    assert room.item(ONE).born_damaged


def test_the_proven_version_is_put_back_by_word(room: Guarded) -> None:
    right, mtime = (room.music / ONE).read_bytes(), (room.music / ONE).stat().st_mtime_ns
    re_ripped(room)
    before = snapshot(room)
    assert room.run(reject(room.ctx, ids(room, *room.names()), dry_run=True)).exit_code == 0
    assert snapshot(room) == before
    room.run(reject(room.ctx, ids(room, *room.names())))
    assert [done.action for done in room.done()] == ["rejected"]
    assert (room.music / ONE).read_bytes() == right
    assert (room.music / ONE).stat().st_mtime_ns == mtime
    assert room.scan().exit_code == 0
    assert room.findings() == []


def test_what_is_gone_is_let_go_by_word_and_its_copies_stay(room: Guarded) -> None:
    (room.music / ONE).unlink()
    room.scan()
    (trouble,) = attention(room.ctx)
    assert trouble.remedy is Remedy.RESTORE_OR_FORGET
    assert status(room.ctx).attention == 1
    before = snapshot(room)
    room.run(forget(room.ctx, ids(room, *room.names()), dry_run=True))
    assert [done.action for done in room.done()] == ["forgotten"]
    assert snapshot(room) == before
    assert room.run(forget(room.ctx, ids(room, ONE, "album/2.flac"))).counts == {"forgotten": 1}
    assert room.run(forget(room.ctx, ids(room, ONE))).counts == {"forgotten": 0}
    assert decisions(room, ONE) == [{"decision": "forget"}]
    assert decisions(room, "album/2.flac") == []
    assert attention(room.ctx) == []
    assert status(room.ctx).totals.items == 4
    room.protect()
    assert (room.tmp / "first/MusicVault/data/music" / ONE).exists()


def test_one_that_is_a_hit_twice_is_decided_once(room: Guarded) -> None:
    re_ripped(room)
    outcome: Finished = room.run(accept(room.ctx, ids(room, ONE) * 2))
    assert outcome.counts == {"accepted": 1}


def test_what_the_brake_holds_can_be_decided_file_by_file(room: Guarded) -> None:
    paths = [room.music / name for name in room.names()]
    for number, path in enumerate(paths[:3]):
        make(path, seed=800 + number, seconds=0.3)
    retag(paths[3], title="in the same breath")
    assert room.scan().counts["braked"] == 1
    assert {trouble.remedy for trouble in attention(room.ctx)} == {Remedy.CONFIRM}
    assert status(room.ctx).libraries[0].brake
    (library,) = libraries.every(room.catalog)
    counted = changes(room.ctx, library)
    room.run(accept(room.ctx, ids(room, "album/4.flac")))
    assert room.state("album/4.flac") is ReplicaState.INTACT
    assert changes(room.ctx, library) == counted, "as long as others wait, nothing is confirmed"
    room.run(reject(room.ctx, ids(room, *room.names())))
    assert all(room.state(name) is ReplicaState.INTACT for name in room.names())
    assert troubles.braked(room.catalog, 1) == []
    assert not status(room.ctx).libraries[0].brake, "everything was decided, nothing is left to confirm"


def test_decisions_about_a_library_that_is_away_change_nothing(room: Guarded) -> None:
    re_ripped(room)
    room.music.rename(room.tmp / "away")
    before = snapshot(room)[:3]
    assert room.run(accept(room.ctx, ids(room, ONE))).exit_code == 3
    assert snapshot(room)[:3] == before
    assert os.listdir(room.tmp / "away") == ["album"]
