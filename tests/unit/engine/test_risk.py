"""The estimate of risk on a real catalog: what makes it better makes the figure smaller."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import holders, holdings, rules
from musicvault.domain.risk import Assumptions, Group, Risk
from musicvault.engine import risk
from musicvault.engine.drives import add_drive
from musicvault.engine.forecast import forecast
from musicvault.engine.risk import Change, estimate, say
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.errors import UsageError
from tests.engine_room import Room, flip


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    for number in range(1, 4):
        made.track(f"a/{number}.flac", seed=number)
    made.add()
    made.scan()
    yield made
    made.catalog.close()


def add(room: Room, label: str, site: str = "") -> Path:
    folder = room.tmp / label
    folder.mkdir()
    add_drive(room.ctx, os.fsencode(folder), label, site)
    return folder


def test_one_copy_goes_with_its_disk(room: Room) -> None:
    found = estimate(room.ctx)
    assert found.overall.items == 3
    assert found.overall.lost / 3 > Assumptions().media[""]
    assert [one.rule for one in found.rules] == ["Everything"]


def test_a_copy_on_the_same_disk_adds_little_and_another_disk_much(room: Room) -> None:
    alone = estimate(room.ctx).overall.lost
    add(room, "Same")
    room.run(sync(room.ctx))
    shared = estimate(room.ctx).overall.lost
    assert alone * 0.99 < shared <= alone
    apart = estimate(room.ctx, Change(add="elsewhere")).overall.lost
    assert apart < shared / 20


@pytest.mark.root
def test_nobody_notices_the_death_of_a_drive_kept_elsewhere_before_it_is_plugged_in(room: Room) -> None:
    (room.tmp / "disk").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "musicvault-test", room.tmp / "disk"], check=True)
    try:
        add_drive(room.ctx, os.fsencode(room.tmp / "disk"), "away", "office")
        room.run(sync(room.ctx))
    finally:
        subprocess.run(["umount", "-l", room.tmp / "disk"], check=True)
    assumed = risk.assume(room.ctx, ["site=0", "computer=0", "silent_per_tb=0"])
    beside = estimate(room.ctx, Change(assumed=assumed)).overall.lost
    with room.catalog.transaction(room.now()) as transaction:
        holders.set_home(transaction, "home")
    assert estimate(room.ctx, Change(assumed=assumed)).overall.lost > 1.5 * beside


def test_one_disk_is_at_one_site_whatever_is_said(room: Room) -> None:
    alone = estimate(room.ctx).overall.lost
    add(room, "Same", site="office")
    room.run(sync(room.ctx))
    assert estimate(room.ctx).overall.lost > alone * 0.99


def test_another_policy_is_judged_by_where_its_copies_will_be(room: Room) -> None:
    add(room, "A")
    wanted = [replace(rules.every(room.catalog)[-1], proof_days=30)]
    then_there = forecast(room.ctx, wanted).groups
    assert {group.items for group in then_there} == {3}
    then = risk.would_be(room.ctx, wanted, then_there).overall
    room.run(sync(room.ctx))
    assert then == estimate(room.ctx, Change(proof_days=30)).overall


def test_a_forbidden_drive_takes_no_risk_away(room: Room) -> None:
    add(room, "A")
    room.run(sync(room.ctx))
    wanted = [replace(rules.every(room.catalog)[-1], forbidden=("A",))]
    then = risk.would_be(room.ctx, wanted, forecast(room.ctx, wanted).groups).overall
    assert then.lost > estimate(room.ctx).overall.lost


def test_what_if_is_only_asked(room: Room) -> None:
    add(room, "A")
    room.run(sync(room.ctx))
    before = estimate(room.ctx)
    often = estimate(room.ctx, Change(proof_days=1))
    away = estimate(room.ctx, Change(moved={"A": "office"}))
    assert often.overall.lost <= before.overall.lost
    assert away.overall.lost <= before.overall.lost
    assert estimate(room.ctx) == before
    with pytest.raises(UsageError, match="Nobody"):
        estimate(room.ctx, Change(moved={"Nobody": "office"}))


def test_a_damaged_copy_does_not_count(room: Room) -> None:
    drive = add(room, "A")
    room.run(sync(room.ctx))
    library, vault = holdings.groups(room.catalog)[0].places
    assert holdings.groups(room.catalog) == [Group("Everything", (library, vault), 3, sum_of(room))]
    flip(drive / "MusicVault" / "data" / "music" / "a" / "1.flac")
    room.run(scrub(room.ctx))
    sizes = {group.places: group.items for group in holdings.groups(room.catalog)}
    assert sizes == {(library,): 1, (library, vault): 2}


def sum_of(room: Room) -> int:
    return sum(path.stat().st_size for path in room.music.rglob("*.flac"))


def test_assumptions_are_kept_refused_and_restored(room: Room) -> None:
    default = estimate(room.ctx)
    tried = risk.assume(room.ctx, ["hdd=0.5", "site=0.1"], keep=False)
    then = estimate(room.ctx, Change(assumed=tried)).overall
    assert estimate(room.ctx) == default, "it was only tried"
    worse = risk.assume(room.ctx, ["hdd=0.5", "site=0.1"])
    assert (tried, then) == (worse, estimate(room.ctx).overall)
    assert (worse.media["hdd"], worse.site) == (0.5, 0.1)
    assert estimate(room.ctx).overall.lost > default.overall.lost
    for word in ("hdd", "hdd=2", "site=-1", "site=nan", "moon=0.1", "repair_days=x"):
        with pytest.raises(UsageError):
            risk.assume(room.ctx, [word])
    assert holdings.assumptions(room.catalog) == worse
    risk.assume(room.ctx, ["default"])
    assert estimate(room.ctx) == default


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Risk(0, 0.0, 0.0), "nothing to lose"),
        (Risk(10, 10.0, 1.0), "10 of 10 files .* 100 %, and then it is about 10 files"),
        (Risk(12_480, 0.004, 0.00156), "^On average less than 0.01 of 12,480 .* one in 640, .* about 3 files"),
        (Risk(580, 4.0, 1 / 72), "^On average 4 of 580 files lost in a year. .* one in 72, .* about 290 files"),
        (Risk(5, 1e-12, 1e-11), "less than one in a billion, and then it is about 1 file"),
        (Risk(5, 0.0, 0.0), "^On average 0 of 5 files lost in a year.$"),
        (Risk(5, 0.1, 0.25), "25 %"),
    ],
)
def test_words(found: Risk, words: str) -> None:
    assert re.search(words, say(found))
