"""The closed form of the yearly risk, against a simulation that knows nothing of it, and against what must hold."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.risk import (
    TERABYTE,
    YEAR_DAYS,
    Assumptions,
    Group,
    Holding,
    Outage,
    Risk,
    all_of,
    any_of,
    component,
    share,
    summed,
    yearly_loss,
)

FRAIL = Assumptions(
    media={"": 1.5, "ssd": 0.8}, silent_per_tb=2.0, computer=0.4, site=0.25, repair_days=6.0, replace_days=20.0
)
"""Rates so high that a simulation sees hundreds of losses."""


@dataclass(frozen=True)
class Cause:
    """Strikes at random, is noticed at the next look (every `interval` days), and put right `delay` days later."""

    per_year: float
    interval: float
    delay: float


def simulated(causes: Sequence[Cause], lost: Callable[[list[bool]], bool], years: int, seed: int) -> float:
    """How often in a year out of the lost state the system enters it: every cause plays on one clock (days)."""
    chance = random.Random(seed)
    phases = [chance.uniform(0, cause.interval) if cause.interval else 0.0 for cause in causes]
    ends = years * YEAR_DAYS
    ahead = [(chance.expovariate(cause.per_year / YEAR_DAYS), index) for index, cause in enumerate(causes)]
    heapq.heapify(ahead)
    failed = [False] * len(causes)
    was_lost, times, since, spent = False, 0, 0.0, 0.0
    while ahead[0][0] < ends:
        now, index = heapq.heappop(ahead)
        cause = causes[index]
        failed[index] = not failed[index]
        if failed[index]:
            wait = (phases[index] - now) % cause.interval if cause.interval else 0.0
            heapq.heappush(ahead, (now + wait + cause.delay, index))
        else:
            heapq.heappush(ahead, (now + chance.expovariate(cause.per_year / YEAR_DAYS), index))
        is_lost = lost(failed)
        if is_lost and not was_lost:
            times, spent = times + 1, spent + now - since
        elif was_lost and not is_lost:
            since = now
        was_lost = is_lost
    return times / (spent / YEAR_DAYS)


def causes_of(holdings: Sequence[Holding], assumed: Assumptions) -> tuple[list[Cause], Callable[[list[bool]], bool]]:
    """The causes, and which of them together lose the item (of one TB)."""
    causes: list[Cause] = []
    number = itertools.count()

    def add(cause: Cause) -> int:
        causes.append(cause)
        return next(number)

    sites = {site: add(Cause(assumed.site, 0, assumed.replace_days)) for site in {h.site for h in holdings}}
    computers = {
        site: add(Cause(assumed.computer, 0, assumed.replace_days))
        for site in {h.site for h in holdings if not h.detached}
    }
    rates = {h.disk: assumed.media[h.media] for h in holdings}
    disks = {h.disk: add(Cause(rates[h.disk], h.seen_days, assumed.replace_days)) for h in holdings}
    paths: list[list[int]] = []
    for holding in holdings:
        dead = disks[holding.disk]
        silent = add(Cause(assumed.silent_per_tb, holding.proof_days, assumed.repair_days))
        shared = [] if holding.detached else [computers[holding.site]]
        paths.append([sites[holding.site], *shared, dead, silent])
    return causes, lambda failed: all(any(failed[index] for index in path) for path in paths)


LAYOUTS = {
    "one copy": [Holding("a")],
    "two connected": [Holding("a", proof_days=40), Holding("b", proof_days=90)],
    "one detached": [Holding("a", proof_days=30), Holding("b", detached=True, proof_days=60, seen_days=60)],
    "two on one disk": [
        Holding("a", media="ssd", proof_days=60),
        Holding("b", proof_days=30),
        Holding("b", proof_days=90),
    ],
    "two sites": [Holding("a"), Holding("b", site="away", detached=True, proof_days=90, seen_days=90)],
    "three": [
        Holding("a"),
        Holding("b", detached=True, proof_days=60, seen_days=30),
        Holding("c", site="away", detached=True, proof_days=180, seen_days=180),
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_closed_form_agrees_with_a_simulation(layout: str) -> None:
    holdings = LAYOUTS[layout]
    causes, lost = causes_of(holdings, FRAIL)
    per_year = simulated(causes, lost, years=8_000, seed=4)
    chance = yearly_loss(holdings, TERABYTE, FRAIL)
    closed = -log1p(-chance)
    assert per_year > 0.05, "too few losses to compare"
    assert closed == pytest.approx(per_year, rel=0.06)


def test_it_agrees_where_several_failures_come_between_two_looks() -> None:
    """A failure soon after a look waits for longer than half an interval: that was a tenth too little."""
    restless = Assumptions(media={"": 3.0}, silent_per_tb=1e-9, computer=1e-9, site=1e-9)
    holdings = [Holding("a", detached=True, seen_days=182), Holding("b", detached=True, seen_days=131)]
    causes, lost = causes_of(holdings, restless)
    closed = -log1p(-yearly_loss(holdings, TERABYTE, restless))
    assert closed == pytest.approx(simulated(causes, lost, years=8_000, seed=4), rel=0.02)


@pytest.mark.parametrize("delay", [0.0, 3.0, 14.0, 250.0])
def test_what_is_rare_and_what_is_not_go_over_into_each_other(delay: float) -> None:
    interval = 100.0
    below, above = (component(YEAR_DAYS / interval * many, delay, interval) for many in (0.999e-4, 1.001e-4))
    assert below.share / 0.999 == pytest.approx(above.share / 1.001, rel=1e-6)
    assert component(0.0, delay, interval) == Outage(0.0, 0.0)
    often = component(1e9, delay, interval)  # fails the moment that it is good again, and waits for the next look
    assert often.share == pytest.approx(1.0)
    assert often.per_year == pytest.approx(YEAR_DAYS / (interval - delay % interval + delay))


def test_two_copies_on_one_disk_share_its_death() -> None:
    calm = replace(FRAIL, silent_per_tb=0.0)
    alone = yearly_loss([Holding("a")], TERABYTE, calm)
    assert yearly_loss([Holding("a"), Holding("a")], TERABYTE, calm) == pytest.approx(alone)
    assert yearly_loss([Holding("a"), Holding("b")], TERABYTE, calm) < alone
    for said in (Holding("a", detached=True), Holding("a", site="elsewhere")):
        assert yearly_loss([Holding("a"), said], TERABYTE, calm) == pytest.approx(alone)


def test_without_a_copy_it_is_lost_and_without_causes_it_never_is() -> None:
    nothing = Assumptions(media={"": 0.0}, silent_per_tb=0.0, computer=0.0, site=0.0)
    assert yearly_loss([], 1.0, FRAIL) == 1.0
    assert yearly_loss([Holding("a")], 1.0, nothing) == 0.0


def test_components_combine_as_failures_do() -> None:
    part = component(1.0, YEAR_DAYS)
    assert (part.share, part.per_year) == (0.5, 0.5)
    never, always = Outage(0.0, 0.0), Outage(1.0, 0.0)
    assert (all_of([]), any_of([])) == (always, never)
    assert (all_of([part, always]), any_of([part, never])) == (part, part)


_holding = st.builds(
    Holding,
    disk=st.sampled_from("abc"),
    site=st.sampled_from(["", "away"]),
    detached=st.booleans(),
    media=st.sampled_from(["hdd", "ssd", "flash", "optical", ""]),
    proof_days=st.floats(1, 400),
    seen_days=st.floats(1, 400),
)


@given(st.lists(_holding, min_size=1, max_size=5), _holding, st.floats(1, 1e10))
def test_another_disk_never_makes_it_worse(holdings: list[Holding], more: Holding, size: float) -> None:
    assumed = Assumptions()
    before = yearly_loss(holdings, size, assumed)
    # On a disk of its own, away from all: whatever strikes it leaves the others as they were.
    after = yearly_loss([*holdings, replace(more, disk="new", site="elsewhere")], size, assumed)
    assert after <= before * (1 + 1e-9)


@given(st.lists(_holding, min_size=1, max_size=4), st.floats(1, 1e10))
def test_a_copy_looked_at_more_often_is_no_less_safe(holdings: list[Holding], size: float) -> None:
    assumed = Assumptions()
    often = [replace(holding, proof_days=holding.proof_days / 2) for holding in holdings]
    assert yearly_loss(often, size, assumed) <= yearly_loss(holdings, size, assumed) * (1 + 1e-9)


def risk_of(groups: Sequence[Group], places: dict[str, Holding]) -> Risk:
    return summed(share(group, places, Assumptions()) for group in groups)


def test_expected_losses_add_up_over_groups() -> None:
    places = {"library": Holding("pc"), "A": Holding("a"), "B": Holding("b", site="away", detached=True)}
    groups = [Group("All", ("library", "A"), 1_000, 30_000_000_000), Group("All", ("library", "A", "B"), 10, 300)]
    risk, alone = risk_of(groups, places), risk_of(groups[:1], places)
    assert risk.items == 1_010
    assert alone.lost < risk.lost < alone.lost + 0.01
    assert 0 < alone.chance <= risk.chance < 0.02
    assert risk_of([Group("All", ("gone",), 5, 10)], places) == Risk(5, 5.0, 1.0)
    assert risk_of([Group("All", (), 0, 0)], places) == risk_of([], places) == Risk(0, 0.0, 0.0)


def test_of_one_file_the_expected_loss_is_the_chance_to_lose_it() -> None:
    rough = Assumptions({"": 0.6}, silent_per_tb=1.0, computer=0.3, site=0.2)
    found = summed([share(Group("all", ("a",), 1, 10**12), {"a": Holding("a")}, rough)])
    assert found.lost == pytest.approx(found.chance)
    assert found.lost == pytest.approx(yearly_loss([Holding("a")], TERABYTE, rough))


def test_the_death_of_one_disk_is_counted_once() -> None:
    places = {"library": Holding("pc"), "same": Holding("pc"), "A": Holding("a")}
    one = risk_of([Group("Rips", ("library",), 10, 10)], places)
    two = risk_of([Group("Rips", ("library",), 10, 10), Group("Rest", ("library", "same"), 10, 10)], places)
    three = risk_of([Group("Rips", ("library",), 10, 10), Group("Rest", ("library", "A"), 10, 10)], places)
    apart = risk_of([Group("Rips", ("library",), 10, 10), Group("Rest", ("A",), 10, 10)], places)
    assert two.chance == pytest.approx(one.chance)
    assert three.chance == pytest.approx(one.chance, rel=1e-6)
    assert apart.chance == pytest.approx(2 * one.chance, rel=0.02)
