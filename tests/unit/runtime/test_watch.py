"""Watching: what settles is scanned and copied, what goes away is waited for, what fails is said once."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault import settings
from musicvault.catalog import libraries, replicas, vaults
from musicvault.domain.notices import Finished, ItemDone, Notice
from musicvault.engine.drives import add_drive
from musicvault.errors import Cancelled, VaultError
from musicvault.runtime import state
from musicvault.runtime.state import State
from musicvault.runtime.watch import LOOK_S, POLL_S, RETRY_S, watch
from tests.engine_room import Room

LONGEST = 2000
"""Turns of the loop, a second of its clock each, after which a test gives up."""


class Watched:
    """A watch that is left to run until something holds. Its clock goes a second with every turn of its loop."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.seconds = 0.0
        self.turns = 0
        self.notices: list[Notice] = []
        self.mounted = False
        """Whether something is mounted with every turn."""

    def run(self, *steps: tuple[Callable[[], object], Callable[[], bool]]) -> Finished:
        """Do each first thing, and go on until each second one holds; then stop the watch."""
        pending = list(steps)
        started = False

        def checkpoint() -> None:
            nonlocal started
            self.turns += 1
            assert self.turns < LONGEST, (self.notices, pending)
            while pending and (not started or pending[0][1]()):
                if started:
                    pending.pop(0)
                    started = False
                if pending:
                    pending[0][0]()
                    started = True
            if not pending:
                raise Cancelled

        context = self.room.ctx.with_checkpoint(checkpoint)
        job = watch(context, fingerprints=False, clock=lambda: self.seconds, sleep=self._sleep)
        with pytest.raises(Cancelled):
            self.notices.extend(job)
        finished = self.notices[-1]
        assert isinstance(finished, Finished)
        return finished

    def _sleep(self, seconds: float) -> bool:
        self.seconds += seconds
        time.sleep(0.005)  # the kernel's events come from another thread
        return self.mounted

    def said(self) -> list[str]:
        return [note.reason or note.problem for note in self.notices if isinstance(note, ItemDone) and note.path == b""]


def aged(path: Path) -> None:
    """What is younger than ten seconds by the computer's clock is taken for a rip in progress."""
    before = path.stat().st_mtime - 60
    os.utime(path, (before, before))


def written(path: Path) -> Path:
    path.write_text(path.stem)
    return path


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    (tmp_path / "Drive").mkdir()
    aged(made.track("a.flac", 1))
    made.add()
    add_drive(made.ctx, os.fsencode(tmp_path / "Drive"))
    return made


def copied(room: Room, name: str, drive: str = "Drive") -> bool:
    return (room.tmp / drive / "MusicVault" / "data" / "music" / name).exists()


def nothing() -> None:
    """Only wait."""


def test_one_round(room: Room) -> None:
    done = room.run(watch(room.ctx, once=True, fingerprints=False))
    assert (done.job, done.exit_code) == ("watch", 0)
    assert (done.counts["added"], done.counts["copied"]) == (1, 1)


def test_one_round_takes_what_came_just_now(room: Room) -> None:
    room.time = time.time()
    assert room.run(watch(room.ctx, once=True, fingerprints=False)).counts["added"] == 1


def test_what_settles_is_copied(room: Room) -> None:
    watched = Watched(room)
    done = watched.run(
        (nothing, lambda: copied(room, "a.flac")),
        (lambda: aged(room.track("new/b.flac", 2)), lambda: copied(room, "new/b.flac")),
        (lambda: (room.music / "new/b.flac").rename(room.music / "c.flac"), lambda: copied(room, "c.flac")),
    )
    assert done.counts["copied"] == 2
    assert done.counts["moved"] == 1


def test_a_drive_that_comes_back_is_brought_up_to_date(room: Room) -> None:
    watched = Watched(room)
    drive, away = room.tmp / "Drive", room.tmp / "Away"

    def unplugged_for(name: str) -> None:
        drive.rename(away)
        aged(room.track(name, 2))

    watched.run(
        (nothing, lambda: copied(room, "a.flac")),
        (lambda: unplugged_for("b.flac"), lambda: "b.flac" in room.names()),
        (lambda: away.rename(drive), lambda: copied(room, "b.flac")),
    )
    assert watched.seconds >= LOOK_S


def test_a_library_added_meanwhile_is_watched_too(room: Room) -> None:
    other = room.tmp / "Other"
    other.mkdir()
    aged(written(other / "one.txt"))

    def add() -> None:
        from musicvault.engine.library import add_library

        add_library(room.ctx, os.fsencode(other))

    there = room.tmp / "Drive" / "MusicVault" / "data" / "other"
    Watched(room).run(
        (add, (there / "one.txt").exists),
        (lambda: aged(written(other / "two.txt")), (there / "two.txt").exists),
    )


def test_what_has_not_settled_when_a_library_is_added_is_copied_all_the_same(room: Room) -> None:
    from musicvault.engine.library import add_library

    other = room.tmp / "Other"
    other.mkdir()

    def add() -> None:
        aged(room.track("b.flac", 2))
        time.sleep(0.2)  # heard by now, and not settled with the next look
        add_library(room.ctx, os.fsencode(other))

    watched = Watched(room)
    watched.run(
        (nothing, lambda: copied(room, "a.flac") and watched.seconds % LOOK_S == LOOK_S - 3),
        (add, lambda: copied(room, "b.flac")),
    )


def test_another_process_at_work_is_said_once_and_tried_again(room: Room) -> None:
    watched = Watched(room)
    library = libraries.every(room.catalog)[0]
    lock = room.ctx.locked("test", libraries=(library.id,))
    began: list[float] = []

    def let_go() -> None:
        lock.__exit__(None, None, None)
        began.append(watched.seconds)

    watched.run(
        (lock.__enter__, lambda: watched.seconds > 2 * RETRY_S + LOOK_S),
        (let_go, lambda: copied(room, "a.flac")),
    )
    assert sum("is at work there" in text for text in watched.said()) == 1
    assert watched.seconds - began[0] <= RETRY_S + LOOK_S


def test_a_library_that_is_away_is_left_out_and_nothing_is_lost(room: Room) -> None:
    room.run(watch(room.ctx, once=True, fingerprints=False))
    room.music.rename(room.tmp / "Unplugged")
    done = room.run(watch(room.ctx, once=True, fingerprints=False))
    assert done.exit_code == 0
    assert room.names() == ["a.flac"]
    assert replicas.in_library(room.catalog, room.item("a.flac").id).state == "intact"


def test_other_settings_are_followed_in_the_middle_of_a_slice(room: Room) -> None:
    for number in range(4):
        aged(room.track(f"{number}.flac", number))
    room.run(watch(room.ctx, once=True, fingerprints=False))
    with room.catalog.transaction(1.0) as transaction:
        transaction.execute("UPDATE replica SET proven_at = 0")
    settings.save(replace(settings.load(), mains_only=False, pause_when_busy=False))
    watched, seen = Watched(room), list[State]()

    def proving() -> bool:
        seen.append(state.read(room.catalog.path))
        return seen[-1].doing == "scrub"

    def switch_off() -> None:
        settings.save(replace(settings.load(), prove=False))
        watched.seconds += 2

    watched.run((nothing, proving), (switch_off, lambda: state.read(room.catalog.path).waits == "off"))
    assert (seen[-1].waits, seen[-1].next_at) == ("", 0), "while it proves it doesn't wait"
    assert room.catalog.value("SELECT count(*) FROM replica WHERE proven_at = 0") > 1


def test_what_can_not_be_watched_is_shown_as_long_as_it_is_so(room: Room) -> None:
    away = room.tmp / "Unplugged"

    def limits() -> tuple[str, ...]:
        return state.read(room.catalog.path).limits

    def come_back() -> None:
        away.rename(room.music)
        watched.mounted = True
        came.append(watched.seconds)

    watched, came = Watched(room), list[float]()
    watched.run(
        (nothing, lambda: copied(room, "a.flac")),
        (lambda: room.music.rename(away), lambda: "isn't there now" in "".join(limits())),
        (come_back, lambda: not limits()),
    )
    assert watched.seconds - came[0] <= 2 * POLL_S, "what was mounted is looked at once"


def test_one_round_leaves_the_state_of_a_service_alone(room: Room) -> None:
    state.write(room.catalog.path, State(4242))
    room.run(watch(room.ctx, once=True, fingerprints=False))
    assert state.read(room.catalog.path) == State(4242)


def test_it_shows_that_it_runs_before_its_first_round_is_through(room: Room) -> None:
    state.write(room.catalog.path, State(4242, doing="scrub", waits="off"))
    Watched(room).run((nothing, lambda: True))
    assert state.read(room.catalog.path).pid == os.getpid()


def test_a_catalog_that_is_put_back_from_a_backup_is_not_worked_past(room: Room) -> None:
    path = room.catalog.path

    def put_back() -> None:
        backup = path.with_name("backup")
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        backup.replace(path)
        aged(room.track("b.flac", 2))

    with pytest.raises(VaultError, match="taken away or replaced"):
        Watched(room).run((nothing, lambda: copied(room, "a.flac")), (put_back, lambda: copied(room, "b.flac")))
    assert not copied(room, "b.flac")


def test_without_drives_it_only_scans(room: Room) -> None:
    with room.catalog.transaction(1.0) as transaction:
        vaults.remove(transaction, vaults.every(room.catalog)[0])
    done = room.run(watch(room.ctx, once=True, fingerprints=False))
    assert done.counts["added"] == 1
    assert "copied" not in done.counts
