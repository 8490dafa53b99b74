"""What counts as a copy: failure domains, sites, health, absence, and clocks that were wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain.drives import Drive, Tie, related, sites
from musicvault.domain.policies import TEMPLATES, obstacles
from musicvault.domain.policy import DAY, Copy, Rule, Shortfall, Standing, assess
from musicvault.domain.states import ReplicaState

NOW = 1_000 * DAY
LIBRARY = Drive("library-1", "Music", volume="system", in_library=True)


def drive(label: str, **values: object) -> Drive:
    return replace(Drive(label, label, volume=label, seen_at=NOW - DAY), **values)  # type: ignore[arg-type]


def stands(rule: Rule, *drives: Drive, home: str = "", days_ago: float = 1.0) -> tuple[Standing, set[Shortfall]]:
    copies = [Copy(ReplicaState.INTACT, True, one, NOW - days_ago * DAY) for one in (LIBRARY, *drives)]
    found = assess(copies, rule, NOW, home)
    return found.standing, set(found.missing)


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ({"disk": "wwn-1"}, {"disk": "wwn-1"}, Tie.DISK),
        ({"volume": "x"}, {"volume": "x"}, Tie.DISK),
        ({"enclosure": "case"}, {"enclosure": "case"}, Tie.ENCLOSURE),
        ({"site": "home"}, {"site": "home", "model": "m"}, Tie.SITE),
        ({"site": "Büro  2"}, {"site": "bu\u0308ro 2"}, Tie.SITE),
        ({"model": "WD40"}, {"model": "WD40"}, Tie.MODEL),
        ({"site": ""}, {"site": ""}, None),
        ({"disk": "wwn-1"}, {"disk": "wwn-2"}, None),
    ],
)
def test_drives_that_fail_together_are_told(one: dict[str, str], other: dict[str, str], tie: Tie | None) -> None:
    found = related([drive("a", **one), drive("b", **other)])
    assert [relation.tie for relation in found] == ([] if tie is None else [tie])


def test_one_site_however_it_was_typed_is_one_site() -> None:
    wanted = Rule(copies=2, sites=2, detached=1)
    for typed in ("Home", "home", "HOME ", "\uff28ome"):
        assert stands(wanted, drive("a", site=typed), home="home")[1] == {Shortfall.SITES, Shortfall.DETACHED}
    assert stands(wanted, drive("a", site="parents"), home="home")[0] is Standing.PROTECTED


def test_two_partitions_of_one_disk_are_one_drive() -> None:
    wanted = Rule(copies=3, volumes=3)
    assert stands(wanted, drive("a", disk="d"), drive("b", disk="d"))[1] == {Shortfall.VOLUMES}
    assert stands(wanted, drive("a", disk="d"), drive("b", disk="e"))[0] is Standing.PROTECTED


def test_a_copy_on_a_failing_or_retired_drive_does_not_count_and_is_still_a_source() -> None:
    for state in ({"failing": True}, {"retired": True}):
        copies = [Copy(ReplicaState.INTACT, True, one, NOW) for one in (LIBRARY, drive("a", **state))]
        found = assess(copies, Rule(), NOW)
        assert (found.standing, found.good, found.sources) == (Standing.AT_RISK, 1, 2)


def test_what_a_retired_drive_holds_is_nobodys_worry() -> None:
    copies = [Copy(ReplicaState.INTACT, True, one, NOW) for one in (LIBRARY, drive("a"))]
    for state in ({"failing": True}, {"retired": True}):
        bad = Copy(ReplicaState.CORRUPT, True, drive("b", **state), NOW)
        wanted = Standing.PROTECTED if "retired" in state else Standing.DAMAGED
        assert assess([*copies, bad], Rule(), NOW).standing is wanted


def test_a_site_without_a_name_is_never_another_site() -> None:
    wanted = Rule(copies=2, volumes=2, sites=2)
    bank = drive("a", site="bank")
    assert stands(wanted, bank)[1] == {Shortfall.SITES}
    assert stands(wanted, bank, home="home")[0] is Standing.PROTECTED
    assert stands(wanted, bank, home="bank")[1] == {Shortfall.SITES}
    assert sites([bank, drive("b", site="office"), LIBRARY]) == 2
    assert sites([]) == 0


def test_unplugged_or_elsewhere() -> None:
    wanted = Rule(copies=2, volumes=2, detached=1)
    assert stands(wanted, drive("a"))[1] == {Shortfall.DETACHED}
    assert stands(wanted, drive("a", detached=True))[0] is Standing.PROTECTED
    assert stands(wanted, drive("a", site="bank"), home="home")[0] is Standing.PROTECTED


def test_kinds_of_drive() -> None:
    wanted = Rule(copies=2, volumes=2, kinds=2)
    assert stands(wanted, drive("a", media="hdd"))[1] == {Shortfall.KINDS}  # the library's own may be one too
    assert stands(wanted, drive("a", media="hdd"), drive("b", media="optical"))[0] is Standing.PROTECTED
    named = Rule(copies=2, volumes=2, media=("optical",))
    assert stands(named, drive("a", media="hdd"))[1] == {Shortfall.MEDIA}
    assert stands(named, drive("a", media="optical"))[0] is Standing.PROTECTED


def test_only_drives_that_the_rule_permits_count() -> None:
    assert stands(Rule(forbidden=("a",)), drive("a"))[0] is Standing.AT_RISK
    assert stands(Rule(allowed=("b",)), drive("a"))[0] is Standing.AT_RISK
    assert stands(Rule(allowed=("a",)), drive("a"))[0] is Standing.PROTECTED


def test_a_drive_that_was_away_too_long_has_no_fresh_proof() -> None:
    wanted = Rule(proof_days=90, unseen_days=30)
    assert stands(wanted, drive("a", seen_at=NOW - 29 * DAY), days_ago=29)[0] is Standing.PROTECTED
    assert stands(wanted, drive("a", seen_at=NOW - 31 * DAY), days_ago=31)[0] is Standing.STALE


def test_a_proof_of_the_future_has_no_age() -> None:
    assert stands(Rule(), drive("a"), days_ago=-400)[0] is Standing.STALE
    assert stands(Rule(), drive("a"), days_ago=-0.5)[0] is Standing.PROTECTED  # an hour or a zone, not a jump


def test_all_that_the_rule_asks_for_must_be_fresh() -> None:
    fresh, old = NOW - DAY, NOW - 100 * DAY
    three = [drive("a"), drive("b", detached=True), drive("c")]
    copies = [Copy(ReplicaState.INTACT, True, LIBRARY, fresh)]
    copies += [Copy(ReplicaState.INTACT, True, one, at) for one, at in zip(three, (fresh, old, fresh), strict=True)]
    assert assess(copies, Rule(copies=3, volumes=2), NOW).standing is Standing.PROTECTED
    assert assess(copies, Rule(copies=4, volumes=2), NOW).standing is Standing.STALE
    assert assess(copies, Rule(copies=3, volumes=2, detached=1), NOW).standing is Standing.STALE


_DRIVES = st.builds(
    lambda label, site, media, disk, flags, seen: drive(
        label, site=site, media=media, disk=disk, detached=flags[0], failing=flags[1], retired=flags[2], seen_at=seen
    ),
    st.sampled_from("abcde"),
    st.sampled_from(["", "home", "bank", "office"]),
    st.sampled_from(["", "hdd", "ssd", "optical"]),
    st.sampled_from(["", "d1", "d2"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.floats(NOW - 300 * DAY, NOW),
)
_RULES = st.builds(
    lambda copies, volumes, sites, detached, kinds, days, unseen, forbidden: Rule(
        copies=copies, volumes=min(copies, volumes), sites=min(copies, sites), detached=min(copies, detached),
        kinds=min(copies, kinds), proof_days=days, unseen_days=unseen, forbidden=forbidden,
    ),
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3),
    st.integers(1, 200), st.integers(1, 200), st.sampled_from([(), ("a",)]),
)  # fmt: skip
_COPIES = st.lists(
    st.builds(
        Copy,
        st.sampled_from(list(ReplicaState)),
        st.booleans(),
        _DRIVES,
        st.one_of(st.none(), st.floats(1, NOW + 500 * DAY)),
    ),
    max_size=6,
)


@given(_COPIES, _RULES, _DRIVES, st.sampled_from(["", "home"]))
def test_a_further_good_copy_never_worsens_standing(copies: list[Copy], rule: Rule, new: Drive, home: str) -> None:
    before = assess(copies, rule, NOW, home)
    after = assess([*copies, Copy(ReplicaState.INTACT, True, new, NOW)], rule, NOW, home)
    assert {one for one in after.missing if one is not Shortfall.PROOF} <= set(before.missing)
    assert after.good >= before.good
    if after.missing == before.missing:
        assert after.due_at >= before.due_at or not rule.counts(new)


@given(_COPIES, _RULES, st.floats(0, 400 * DAY))
def test_no_proof_gets_younger_as_time_goes_by(copies: list[Copy], rule: Rule, later: float) -> None:
    past = [replace(one, proven_at=None if one.proven_at is None else min(one.proven_at, NOW)) for one in copies]
    worst = list(Standing)
    before, after = assess(past, rule, NOW), assess(past, rule, NOW + later)
    assert worst.index(after.standing) <= worst.index(before.standing)
    assert after.due_at <= before.due_at


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_can_be_met_and_says_what_it_takes(name: str) -> None:
    rule = TEMPLATES[name]
    alone = obstacles(rule, [LIBRARY])
    assert {one.shortfall for one in alone} >= {Shortfall.COPIES, Shortfall.VOLUMES}
    kinds = ["hdd", "ssd", "optical", "hdd"]
    places = ["bank", "office", "home", "bank"]
    four = [drive(str(n), media=kinds[n], site=places[n], detached=True) for n in range(4)]
    assert obstacles(rule, [LIBRARY, *four], "home") == ()
    assert stands(rule, *four, home="home")[0] is Standing.PROTECTED
