"""Standing: what the policy makes of an item's copies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.drives import Drive
from musicvault.domain.policy import DAY, Copy, Rule, Shortfall, Standing, assess
from musicvault.domain.states import ReplicaState

NOW = 1_000 * DAY
RULE = Rule(copies=2, volumes=2, proof_days=90)


def drive(volume: str) -> Drive:
    return Drive(volume, volume, volume=volume, seen_at=NOW)


def copy(
    volume: str = "a", days_ago: float | None = 1, state: ReplicaState = ReplicaState.INTACT, current: bool = True
) -> Copy:
    return Copy(state, current, drive(volume), None if days_ago is None else NOW - days_ago * DAY)


@pytest.mark.parametrize(
    ("copies", "standing"),
    [
        ([], Standing.AT_RISK),
        ([copy()], Standing.AT_RISK),
        ([copy(), copy("b")], Standing.PROTECTED),
        ([copy(), copy("a")], Standing.SHORT),
        ([copy(), copy("b", 91)], Standing.STALE),
        ([copy(), copy("b", None)], Standing.STALE),
        ([copy(), copy("b"), copy("c", 400)], Standing.PROTECTED),
        ([copy(), copy("b"), copy("c", state=ReplicaState.CORRUPT)], Standing.DAMAGED),
        ([copy(), copy("b"), copy("c", state=ReplicaState.HELD)], Standing.HELD),
        ([copy(), copy("b", current=False)], Standing.AT_RISK),
        ([copy(), copy("b", state=ReplicaState.MISSING)], Standing.AT_RISK),
        ([copy(), copy("b"), copy("c", state=ReplicaState.FORGOTTEN)], Standing.PROTECTED),
    ],
)
def test_standing(copies: list[Copy], standing: Standing) -> None:
    assert assess(copies, RULE, NOW).standing is standing


def test_copies_that_do_not_count_are_neither_old_nor_at_the_wrong_place() -> None:
    failing = Copy(ReplicaState.INTACT, True, replace(drive("a"), failing=True), NOW)
    found = assess([failing], RULE, NOW)
    assert (found.standing, found.sources) == (Standing.AT_RISK, 1)
    assert found.missing == (Shortfall.ONLY_COPY, Shortfall.COPIES, Shortfall.VOLUMES)


def test_due_time_is_when_it_becomes_stale() -> None:
    copies = [copy("a", 10), copy("b", 40), copy("c", 80)]
    due = assess(copies, RULE, NOW).due_at
    assert due == NOW + 50 * DAY
    assert assess(copies, RULE, due - 1).standing is Standing.PROTECTED
    assert assess(copies, RULE, due).standing is Standing.STALE


def test_two_vaults_on_one_disk_are_one_volume() -> None:
    outcome = assess([copy("disk"), copy("disk")], RULE, NOW)
    assert (outcome.good, outcome.volumes) == (2, 1)
    assert Shortfall.VOLUMES in outcome.missing


_COPIES = st.lists(
    st.builds(
        Copy,
        st.sampled_from(list(ReplicaState)),
        st.booleans(),
        st.sampled_from("abc").map(drive),
        st.one_of(st.none(), st.floats(0, NOW)),
    ),
    max_size=6,
)
_RULES = st.builds(
    lambda copies, volumes, days: Rule(copies=copies, volumes=min(copies, volumes), proof_days=days),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 200),
)


@given(_COPIES, _RULES)
def test_a_further_good_copy_never_takes_anything_away(copies: list[Copy], rule: Rule) -> None:
    before = assess(copies, rule, NOW)
    after = assess([*copies, Copy(ReplicaState.INTACT, True, drive("new"), NOW)], rule, NOW)
    assert set(after.missing) <= set(before.missing)
    assert after.good == before.good + 1
    assert list(Standing).index(after.standing) >= list(Standing).index(before.standing)
