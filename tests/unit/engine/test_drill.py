"""A drill tries what the drives hold, says what doesn't come back right, and leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from musicvault.catalog import drills, history
from musicvault.domain.notices import Advanced, Finished, ItemDone
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine.drill import Sample, drill, sample_of
from musicvault.errors import DriveGone, UsageError
from tests.engine_room import flip
from tests.guarded import Guarded

NAMES = ["album/1.flac", "album/2.mp3", "album/3.ogg", "cover.jpg"]


@pytest.fixture
def room(tmp_path: Path) -> Guarded:
    made = Guarded(tmp_path)
    for seed, name in enumerate(NAMES[:3]):
        made.track(name, seed, title=name)
    (made.music / "cover.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)))
    made.drive("first")
    made.drive("second")
    made.protect()
    (tmp_path / "scratch").mkdir()
    return made


def run(room: Guarded, sample: str = "all", **options: object) -> Finished:
    return room.run(drill(room.ctx, sample_of(sample), scratch=os.fsencode(room.tmp / "scratch"), **options))  # type: ignore[arg-type]


def tried(room: Guarded) -> list[tuple[str, str]]:
    return [(one.where, os.fsdecode(one.path)) for one in room.done() if one.action == "tried"]


def test_all_of_all_drives(room: Guarded) -> None:
    finished = run(room)
    assert (finished.counts["sampled"], finished.counts["right"], finished.exit_code) == (8, 8, 0)
    assert sorted(tried(room)) == sorted((drive, name) for drive in ("first", "second") for name in NAMES)
    assert list((room.tmp / "scratch").iterdir()) == []


def test_the_copy_is_tried_and_not_the_library(room: Guarded) -> None:
    room.music.rename(room.tmp / "burnt")
    assert run(room).counts["right"] == 8


def test_the_result_is_an_event_for_each_drive_and_the_last_is_known(room: Guarded) -> None:
    assert drills.last(room.catalog) is None
    run(room, "3", seed=7)
    events = [event for event in history.latest(room.catalog, 10) if "restore drill" in event.detail]
    assert [(event.outcome, event.detail["seed"], event.detail["sampled"], event.detail["right"]) for event in events]
    assert {event.vault_id for event in events} == {vault.id for vault in room.vaults()}
    last = drills.last(room.catalog)
    assert last is not None
    assert (last.seed, last.sampled, last.right) == (7, 6, 6)
    room.later(12)
    run(room, "1", seed=8, vault_ids=[room.vaults()[0].id])
    newer = drills.last(room.catalog)
    assert newer is not None
    assert (newer.seed, newer.sampled) == (8, 1)
    assert newer.at > last.at + 12 * 86400


def test_a_seed_draws_the_same_sample(room: Guarded) -> None:
    draws = []
    for seed in (1, 1, 2, 3, 4):
        run(room, "2", seed=seed)
        draws.append(tried(room))
    assert draws[0] == draws[1]
    assert len({tuple(draw) for draw in draws}) > 1
    # What one drive is asked doesn't depend on the others.
    run(room, "2", seed=1, vault_ids=[room.vaults()[1].id])
    assert tried(room) == [one for one in draws[0] if one[0] == "second"]


def test_a_dry_run_names_the_sample_and_tries_nothing(room: Guarded) -> None:
    drawn = run(room, "2", seed=1, dry_run=True)
    named = tried(room)
    assert (drawn.counts["sampled"], drawn.counts["right"], drawn.exit_code) == (4, 0, 0)
    assert drills.last(room.catalog) is None
    assert run(room, "2", seed=1).counts["bytes"] == drawn.counts["bytes"]
    assert tried(room) == named


@pytest.mark.parametrize(
    ("text", "total", "count"),
    [("2%", 100, 2), ("2%", 1, 1), ("0.5%", 1000, 5), ("100%", 7, 7), ("all", 9, 9), ("5", 3, 3), ("5", 30, 5)],
)
def test_samples(text: str, total: int, count: int) -> None:
    assert sample_of(text).of(total) == count


@pytest.mark.parametrize("text", ["", "0", "-1", "0%", "101%", "some", "2.5", "1e3%"])
def test_what_is_no_sample(text: str) -> None:
    with pytest.raises(UsageError):
        sample_of(text)


def test_damage_is_found_judged_and_counted(room: Guarded) -> None:
    flip(room.copy("first", NAMES[0]))
    room.copy("second", NAMES[1]).unlink()
    finished = run(room)
    assert (finished.counts["sampled"], finished.counts["right"], finished.exit_code) == (8, 6, 20)
    assert room.verdicts() == {("first", NAMES[0], Verdict.CORRUPT), ("second", NAMES[1], Verdict.MISSING)}
    assert room.copy_state("first", NAMES[0]) is ReplicaState.CORRUPT
    # Known damage is scrub's and repair's business; a drill tries what is held to be good.
    assert run(room).counts["sampled"] == 6
    room.repair()
    assert run(room).counts["right"] == 8


def test_sound_that_was_broken_when_it_came_is_said_but_came_back_right(room: Guarded) -> None:
    path = room.track("album/4.flac", 9, seconds=1.0)
    flip(path)
    room.protect()
    finished = run(room)
    assert (finished.counts["right"], finished.counts["undecodable"], finished.exit_code) == (10, 2, 0)
    assert {verdict for _, name, verdict in room.verdicts() if name == "album/4.flac"} == {Verdict.BORN_DAMAGED}


def test_a_drive_that_is_away(room: Guarded) -> None:
    (room.tmp / "first").rename(room.tmp / "away")
    assert run(room).counts["sampled"] == 4
    with pytest.raises(DriveGone):
        run(room, vault_ids=[room.vaults()[0].id])
    (room.tmp / "second").rename(room.tmp / "away too")
    with pytest.raises(DriveGone):
        run(room)


def test_a_drive_that_vanishes_in_the_middle(room: Guarded) -> None:
    job = drill(room.ctx, Sample(share=1.0), scratch=os.fsencode(room.tmp / "scratch"))
    notices = []
    for notice in job:
        notices.append(notice)
        if isinstance(notice, Advanced):
            break
    (room.tmp / "first").rename(room.tmp / "gone")
    with pytest.raises(DriveGone):
        notices += job
    assert [one.action for one in notices if isinstance(one, ItemDone)] == ["tried"] * 5
    last = drills.last(room.catalog)
    assert last is not None
    assert (last.sampled, last.right) == (5, 5)
    assert all(state is ReplicaState.INTACT for state in (room.copy_state("first", name) for name in NAMES))


def test_a_stopped_drill_records_what_it_did_and_clears_up(room: Guarded) -> None:
    job = drill(room.ctx, Sample(share=1.0), scratch=os.fsencode(room.tmp / "scratch"))
    assert isinstance(job, Generator)
    for notice in job:
        if isinstance(notice, ItemDone):
            break
    job.close()
    last = drills.last(room.catalog)
    assert last is not None
    assert (last.sampled, last.right) == (1, 1)
    assert list((room.tmp / "scratch").iterdir()) == []


def test_damage_is_told_even_while_another_job_works_there(room: Guarded) -> None:
    flip(room.copy("first", NAMES[0]))
    (vault,) = [one for one in room.vaults() if one.label == "first"]
    with room.ctx.locked("sync", vaults=(vault.id,)):
        finished = run(room)
    assert (finished.counts["right"], finished.counts["failed"], finished.exit_code) == (7, 1, 3)
    assert [os.fsdecode(one.path) for one in room.done() if one.action == "failed"] == [NAMES[0]]
    assert room.copy_state("first", NAMES[0]) is ReplicaState.INTACT


def test_a_copy_that_another_job_replaces_meanwhile_is_tried_where_it_lies_now(room: Guarded) -> None:
    job = drill(room.ctx, Sample(share=1.0), scratch=os.fsencode(room.tmp / "scratch"))
    notices = [next(job)]
    (room.music / "cover.jpg").write_bytes(b"another cover")
    room.protect()
    finished = room.run([*notices, *job])
    assert (finished.counts["sampled"], finished.counts["right"], finished.counts["failed"]) == (8, 8, 0)


@pytest.mark.parametrize("place", ["Music", "first/MusicVault/data", "nowhere"])
def test_not_every_folder_will_do_for_scratch(room: Guarded, place: str) -> None:
    with pytest.raises(UsageError):
        room.run(drill(room.ctx, Sample(count=1), scratch=os.fsencode(room.tmp / place)))
