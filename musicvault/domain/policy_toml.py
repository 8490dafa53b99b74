"""A policy as TOML (1.0): an array of tables `rule`, first to last; what a rule leaves out has its default.

The standard library reads TOML and doesn't write it. These values are names, numbers and lists of names, for which a
JSON string is a TOML string, so a writer is a few lines and no dependency.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, fields

from musicvault.domain.policies import check, checked
from musicvault.domain.policy import DEFAULT_RULE, Rule
from musicvault.domain.query import QueryError
from musicvault.errors import UsageError
from musicvault.language import tr

LARGEST = 1 << 20
_KINDS = {field.name: type(getattr(DEFAULT_RULE, field.name)) for field in fields(Rule)}


def dumps(rules: Sequence[Rule]) -> str:
    """The policy as text, the same for the same policy."""
    return "\n".join(
        "[[rule]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in asdict(rule).items()) for rule in rules
    )


def _value(value: object) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def loads(text: str) -> tuple[Rule, ...]:
    """The policy that the text says. Raises UsageError where it is no TOML, or no policy; QueryError for a scope that
    can't be understood. What is wrong with one rule names it by its number."""
    if len(text) > LARGEST:
        raise UsageError(tr("That is too long for a policy."))
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))  # as editors of Windows begin a text
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(tr("It is no TOML: {problem}", problem=error)) from error
    tables = document.pop("rule", None)
    if document:
        raise UsageError(tr("A policy has only rules ([[rule]]), not {key}.", key=next(iter(document))))
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(tr("There is no rule in it. Each begins with [[rule]]."))
    rules = [_rule(number, table) for number, table in enumerate(tables, 1)]
    for number, rule in enumerate(rules, 1):
        _check(number, rule)
    return checked(rules)


def _check(number: int, rule: Rule) -> None:
    try:
        check(rule)
    except QueryError as error:
        said = tr("Rule {number}: {problem}", number=number, problem=error)
        raise QueryError(said, error.query, error.position) from error
    except UsageError as error:
        raise UsageError(tr("Rule {number}: {problem}", number=number, problem=error)) from error


def _rule(number: int, table: dict[str, object]) -> Rule:
    values: dict[str, object] = {}
    for key, value in table.items():
        kind = _KINDS.get(key)
        if kind is None:
            raise UsageError(
                tr("Rule {number}: there is no {key}. There are: {all}.", number=number, key=key, all=", ".join(_KINDS))
            )
        if kind is tuple:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise UsageError(tr("Rule {number}: {key} is a list of names.", number=number, key=key))
            values[key] = tuple(value)
        elif type(value) is not kind:
            wanted = tr("a whole number") if kind is int else tr("text in quotes")
            raise UsageError(tr("Rule {number}: {key} must be {wanted}.", number=number, key=key, wanted=wanted))
        else:
            values[key] = value
    return Rule(**values)  # type: ignore[arg-type]
