"""One time for every process on a catalog; when the believed time leaps, nothing gets younger and nothing expires."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.app import open_app
from musicvault.catalog import libraries, timekeeping
from musicvault.domain.clocks import Doubt
from musicvault.domain.policy import DAY, Standing
from musicvault.engine import braking, decide
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.replacing import expire_kept
from musicvault.engine.scrub import scrub
from musicvault.engine.status import status
from musicvault.engine.sync import sync
from musicvault.engine.timekeeping import TrustedClock
from musicvault.storage import kept, machine
from tests.engine_room import Room

NOON = 1_800_000_000.0
YEAR = 365 * DAY


class Computer:
    """Its clock, its steady seconds and its boots; `begin` is a new process."""

    def __init__(self, room: Room) -> None:
        self.room, self.wall, self.steady, self.boot = room, NOON, 100.0, 1
        self.vouched: float | None = None
        self.begin()

    def begin(self) -> TrustedClock:
        clock = TrustedClock(
            self.room.catalog,
            lambda: self.wall,
            lambda: self.steady,
            lambda: f"boot {self.boot}",
            lambda: self.vouched,
        )
        self.room.ctx = Context(self.room.catalog, clock.now, keep_time=clock.keep)
        return clock

    def pass_by(self, days: float) -> None:
        self.wall += days * DAY
        self.steady += days * DAY

    def start(self) -> None:
        """It is switched off and on."""
        self.boot, self.steady = self.boot + 1, 3.0
        self.begin()

    def protect(self) -> None:
        """Scan, copy and prove, each as a command of its own."""
        self.begin()
        self.room.scan()
        for job in (sync, scrub):
            self.begin()
            self.room.run(job(self.room.ctx))

    def counts(self) -> dict[Standing, int]:
        self.begin()
        return {standing: count for standing, count in status(self.room.ctx).standings.items() if count}


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    room = Room(tmp_path)
    made = Computer(room)
    (tmp_path / "Drive").mkdir()
    room.track("1.flac", 1)
    room.track("2.flac", 2)
    room.add()
    add_drive(room.ctx, os.fsencode(tmp_path / "Drive"))
    with room.catalog.transaction(NOON) as transaction:
        transaction.execute("UPDATE rule SET volumes = 1")
    made.protect()
    return made


def newest(room: Room) -> float:
    return float(room.catalog.value("SELECT max(proven_at) FROM replica") or 0.0)


@pytest.mark.parametrize("years", [-20, 0.3, 5])
def test_a_command_under_a_clock_that_leapt_goes_by_the_right_time(computer: Computer, years: float) -> None:
    computer.pass_by(0.1)
    computer.wall += years * YEAR
    computer.protect()
    assert NOON < newest(computer.room) <= NOON + 0.1 * DAY
    assert computer.counts() == {Standing.PROTECTED: 2}
    detail = status(computer.room.ctx).sentence.detail
    assert ("was set back" if years < 0 else "leapt ahead") in detail


@pytest.mark.parametrize("years", [-20, 5])
def test_a_boot_under_a_wrong_clock_goes_by_what_was_kept(computer: Computer, years: float) -> None:
    computer.wall += years * YEAR
    computer.start()
    computer.protect()
    assert newest(computer.room) == pytest.approx(NOON, abs=DAY)
    assert computer.counts() == {Standing.PROTECTED: 2}


def test_a_proof_from_a_clock_that_was_ahead_is_none_once_the_clock_is_right(computer: Computer) -> None:
    computer.wall += 300 * DAY  # so long a computer may have been off: nobody can tell
    computer.start()
    computer.protect()
    assert newest(computer.room) > NOON + 299 * DAY
    computer.wall -= 299 * DAY
    computer.start()
    assert status(computer.room.ctx).standings[Standing.PROTECTED] == 2, "for a day it goes by what it knew"
    computer.pass_by(1.1)
    assert computer.counts() == {Standing.STALE: 2}
    computer.pass_by(300)
    assert computer.counts() == {Standing.STALE: 2}, "and it doesn't become one when its day comes"
    computer.protect()
    assert computer.counts() == {Standing.PROTECTED: 2}


@pytest.mark.parametrize("years", [-20, 5])
def test_nothing_expires_because_the_time_leapt(computer: Computer, years: float) -> None:
    room = computer.room
    computer.pass_by(1)
    computer.begin()
    (room.music / "2.flac").unlink()
    room.scan()
    room.run(decide.forget(room.ctx, [room.item("2.flac").id]))
    kept = room.catalog.value("SELECT forgotten_at FROM item WHERE forgotten_at IS NOT NULL")
    computer.wall += years * YEAR
    computer.counts()
    computer.pass_by(1.1)
    computer.counts()
    assert timekeeping.recall(room.catalog)[0].doubt is Doubt.NONE  # type: ignore[index]
    forgotten = room.catalog.value("SELECT forgotten_at FROM item WHERE forgotten_at IS NOT NULL")
    assert room.ctx.now() - forgotten == pytest.approx(NOON + 2.1 * DAY - kept, abs=1)


def test_window_and_commands_go_by_it(tmp_path: Path) -> None:
    with closing(open_app(tmp_path / "catalog.sqlite3")) as app:
        status(app.context)
        kept = timekeeping.recall(app.catalog)
        assert kept is not None
        with app.catalog.transaction(0.0) as transaction:  # as if it had been a year ago, in this very boot
            timekeeping.keep(transaction, replace(kept[0], wall=kept[0].wall - YEAR), kept[1])
    with closing(open_app(tmp_path / "catalog.sqlite3")) as app:
        doubted = "leapt ahead" in status(app.context).sentence.detail
        assert doubted is (machine.synchronised() is None), "one that the system vouches for is believed"


def test_a_leap_is_taken_along_once_however_many_processes_saw_it(computer: Computer) -> None:
    room = computer.room
    clocks = [computer.begin() for _ in range(2)]
    computer.wall += 5 * YEAR
    assert [clock.keep() for clock in clocks] == [Doubt.AHEAD] * 2
    computer.pass_by(1.1)
    assert [clock.keep() for clock in clocks] == [Doubt.NONE] * 2
    leaps = room.catalog.value("SELECT count(*) FROM event WHERE detail LIKE '%leapt%'")
    assert leaps == 1


def test_nothing_leaps_twice_where_processes_met_the_wrong_clock_hours_apart(computer: Computer) -> None:
    room = computer.room
    early, late = (computer.begin() for _ in range(2))
    computer.wall -= YEAR
    assert early.keep() is Doubt.BACK
    computer.pass_by(2 / 24)
    assert late.keep() is Doubt.BACK
    computer.pass_by(22.5 / 24)
    assert early.keep() is Doubt.NONE
    assert late.keep() is Doubt.NONE, "what one process believes, all do"
    computer.pass_by(2 / 24)
    assert late.keep() is Doubt.NONE
    assert late.now() == early.now() == computer.wall
    leaps = room.catalog.value("SELECT count(*) FROM event WHERE detail LIKE '%leapt%'")
    assert leaps == 1


def test_what_keeps_its_date_does_not_expire_because_the_time_leapt(computer: Computer) -> None:
    catalog, ctx = computer.room.catalog, computer.room.ctx
    dated = ctx.now()
    computer.pass_by(1)
    ctx.keep_time()
    computer.wall += 5 * YEAR
    ctx.keep_time()
    computer.pass_by(2)
    ctx.keep_time()
    computer.pass_by(6)
    assert ctx.now() - dated > 5 * YEAR
    assert timekeeping.ago(catalog, ctx.now(), 10 * DAY) < dated < timekeeping.ago(catalog, ctx.now(), 8 * DAY)
    assert timekeeping.ago(catalog, ctx.now(), DAY) == ctx.now() - DAY


def test_bytes_from_before_an_edit_stay_although_the_time_leapt(computer: Computer) -> None:
    room = computer.room
    name = f"{'ab' * 32}-{'cd' * 16}{os.fsdecode(kept.SUFFIX)}"
    file = Path(f"{room.catalog.path}.kept") / name
    file.parent.mkdir()
    file.write_bytes(b"old")
    os.utime(file, (room.ctx.now(), room.ctx.now()))
    computer.wall += 5 * YEAR
    room.ctx.keep_time()
    computer.pass_by(2)
    room.ctx.keep_time()
    assert room.ctx.now() > NOON + 5 * YEAR
    expire_kept(room.ctx)
    assert file.exists()
    computer.pass_by(3650)
    expire_kept(room.ctx)
    assert not file.exists()


@pytest.mark.parametrize("years", [-20, 5])
def test_the_brake_counts_on_when_the_time_leapt(computer: Computer, years: float) -> None:
    room = computer.room
    (library,) = libraries.every(room.catalog)
    computer.pass_by(1)
    with room.catalog.transaction(room.ctx.now()) as transaction:
        libraries.confirm(transaction, library.id)
    computer.pass_by(1)
    with room.catalog.transaction(room.ctx.now()) as transaction:
        libraries.add_changes(transaction, library.id, 7)
    computer.wall += years * YEAR
    room.ctx.keep_time()
    computer.pass_by(2)
    room.ctx.keep_time()
    assert timekeeping.recall(room.catalog)[0].doubt is Doubt.NONE  # type: ignore[index]
    assert braking.changes(room.ctx, library) == 7
    computer.pass_by(6)
    assert braking.changes(room.ctx, library) == 0


@pytest.mark.parametrize("days", [-7300, 0.4, 1000])
def test_a_clock_that_a_time_server_set_is_believed_at_once_and_nothing_expires(
    computer: Computer, days: float
) -> None:
    room = computer.room
    clocks = [computer.begin() for _ in range(2)]
    computer.wall += days * DAY
    computer.vouched = computer.wall - 3600
    assert [clock.keep() is Doubt.NONE for clock in clocks] == [False] * 2, "that is another clock than ours"
    computer.vouched = computer.wall
    assert [clock.keep() for clock in clocks] == [Doubt.NONE] * 2
    assert [clock.now() for clock in clocks] == [computer.wall] * 2
    leaps = room.catalog.value("SELECT count(*) FROM event WHERE detail LIKE '%leapt%'")
    assert leaps == 1
    assert newest(room) <= computer.wall


def test_of_a_clock_that_leaps_each_night_all_processes_believe_the_same(computer: Computer) -> None:
    room = computer.room
    early = computer.begin()
    for night in range(12):
        computer.wall += DAY / 3
        if night == 1:
            late = computer.begin()
        for _ in range(16):
            computer.pass_by(1 / 24)
            doubts = [clock.keep() for clock in ((early, late) if night else (early,))]
            assert set(doubts) == {Doubt.AHEAD}
    assert late.now() == pytest.approx(early.now(), abs=1)
    assert 0 < computer.wall - early.now() < 1.5 * DAY
    leaps = room.catalog.rows("SELECT detail FROM event WHERE detail LIKE '%leapt%'")
    leapt = sum(json.loads(detail)["seconds"] for (detail,) in leaps)
    assert leapt == pytest.approx(12 * DAY / 3 - (computer.wall - early.now()), abs=1), "each leap once"


def test_a_doubt_kept_by_an_earlier_version_goes_on(computer: Computer) -> None:
    catalog, off = computer.room.catalog, 5 * YEAR
    computer.wall += off
    with catalog.transaction(NOON) as transaction:
        stored = json.dumps([NOON, 100.0, off, NOON + off, "boot 1"])
        transaction.execute("INSERT OR REPLACE INTO service VALUES('clock', ?)", (stored,))
    computer.pass_by(0.9)
    assert computer.begin().keep() is Doubt.AHEAD
    computer.pass_by(0.2)
    assert computer.begin().keep() is Doubt.NONE
