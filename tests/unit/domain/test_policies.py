"""A whole policy: what is refused, what can't be met, and its TOML."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicvault.domain import policy_toml, scopes
from musicvault.domain.drives import Drive
from musicvault.domain.policies import LIMITS, TEMPLATES, check, checked, obstacles, template
from musicvault.domain.policy import DAY, Rule
from musicvault.domain.query import QueryError, parse
from musicvault.errors import UsageError

MASTERS = Rule("Masters", "path:masters", copies=3)


def with_value(key: str, value: Any) -> Rule:
    return replace(Rule(), **{key: value})


@pytest.mark.parametrize(
    "rule",
    [
        *(with_value(key, low - 1) for key, (low, _) in LIMITS.items()),
        *(with_value(key, high + 1) for key, (_, high) in LIMITS.items()),
        Rule(copies=2, volumes=3),
        Rule(copies=2, sites=3),
        Rule(copies=1, volumes=1, detached=2),
        Rule(media=("vinyl",)),
        Rule(copies=2, kinds=3),
        Rule(allowed=("a",), forbidden=("a",)),
        Rule(name=""),
        Rule(name="a\nb"),
        Rule(scope="year:("),
        Rule(scope="copies:<2"),
        Rule(scope="genre:rock or -(standing:short)"),
    ],
)
def test_what_can_t_be_is_refused(rule: Rule) -> None:
    with pytest.raises(UsageError):
        check(rule)


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [MASTERS],
        [Rule("All"), Rule()],
        [MASTERS, replace(MASTERS, name="masters"), Rule()],
        [*(replace(MASTERS, name=str(number)) for number in range(100)), Rule()],
    ],
)
def test_a_policy_needs_names_scopes_and_a_default_rule(rules: list[Rule]) -> None:
    with pytest.raises(UsageError):
        checked(rules)


def test_a_mistake_in_a_scope_is_placed() -> None:
    with pytest.raises(QueryError) as caught:
        check(replace(MASTERS, scope="artist:x year:nonsense"))
    assert caught.value.position >= len("artist:x ")


@pytest.mark.parametrize(
    "scope",
    [
        "genre:jazz -(rock or COPIES:<2)",
        "genre:jazz -(rock or verified:>3d)",
        "genre:jazz -(rock or proof:nonsense)",
        'genre:jazz -(rock or vault:"")',
        'genre:jazz -(rock or Site:="home")',
        "genre:jazz -(rock or state:corrupt)",
        "genre:jazz -(rock or standing:short)",
    ],
)
def test_a_field_that_follows_from_the_rule_is_refused_where_it_stands(scope: str) -> None:
    with pytest.raises(QueryError, match="A rule can't choose by") as caught:
        check(replace(MASTERS, scope=scope))
    assert caught.value.position == len("genre:jazz -(rock or ")


def test_other_fields_and_quoted_text_may_be_asked_for() -> None:
    check(replace(MASTERS, scope='genre:jazz "copies:<2" added:<30d library:Music copies\\:x'))


def test_scopes_that_grow_old() -> None:
    assert scopes.ages(parse("added:<30d"))
    assert scopes.ages(parse("genre:rock -(added:>1y)"))
    assert not scopes.ages(parse("added:2024 year:<1990"))
    assert scopes.day(5 * DAY + 7) == 5 * DAY


def test_rules_that_name_unknown_drives_are_told() -> None:
    found = obstacles(Rule(allowed=("Gone",)), [Drive("v", "Here"), Drive("library-1", "M", in_library=True)])
    assert found[0].labels == ("Gone",)


def test_templates_keep_what_is_the_users_own() -> None:
    today = Rule("Mine", priority=3, forbidden=("Old",))
    assert template("3-2-1", today) == replace(TEMPLATES["3-2-1"], name="Mine", priority=3, forbidden=("Old",))
    with pytest.raises(UsageError, match="ndsa-4"):
        template("4-3-2-1", today)


_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30).filter(
    lambda text: text.isprintable() and bool(text.strip())
)


@given(
    _TEXT, st.lists(_TEXT, max_size=3, unique=True), st.integers(1, 20), st.sampled_from(["genre:rock", 'artist:"a b"'])
)
def test_toml_gives_back_what_it_took(name: str, labels: list[str], copies: int, scope: str) -> None:
    rules = (Rule(name, scope, copies, 1, allowed=tuple(labels), media=("ssd",)), Rule(name + "."))
    assert policy_toml.loads(policy_toml.dumps(rules)) == rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rule"),
        ("rule = 3", "no rule"),
        ("[[rule]]\nname = 'x", "no TOML"),
        ("[[rule]]\ncopys = 2", "copys"),
        ("[[rule]]\ncopies = '2'", "whole number"),
        ("[[rule]]\ncopies = true", "whole number"),
        ("[[rule]]\nallowed = 'x'", "list of names"),
        ("[[rule]]\nscope = 'genre:rock'", "default rule"),
        ("x = 1\n[[rule]]\n", "only rules"),
        ("[" * 100_000, "TOML"),
        ("[[rule]]\nname = 'M'\nscope = 'genre:a'\n[[rule]]\ncopies = -1", "Rule 2: copies must be from 1 to 20"),
        ("[[rule]]\nname = 'M'\nscope = 'genre:a foo:b'\n[[rule]]\n", "Rule 1: There is no field foo"),
    ],
)
def test_toml_that_is_no_policy_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        policy_toml.loads(text)


def test_toml_may_begin_with_the_mark_that_editors_write() -> None:
    assert policy_toml.loads("\ufeff" + policy_toml.dumps([Rule()])) == (Rule(),)


def test_what_toml_leaves_out_has_its_default() -> None:
    assert asdict(policy_toml.loads("[[rule]]\ncopies = 3")[0]) == asdict(Rule(copies=3))
