"""The scopes of rules: queries that say which items a rule decides for. Pure.

A scope must not ask for what the rule itself brings about (copies, proofs, standing, drives): an item would leave its
rule by being protected, and come back by being lost. Ages are counted in whole days of UTC, so that a scope like
`added:<30d` gives the same answer all day long and changes at a time that is known beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.domain.policy import DAY
from musicvault.domain.query import All, AnyOf, Everything, Not, Query, Range, parse
from musicvault.language import tr

CIRCULAR = frozenset({"copies", "proof", "state", "standing", "drive", "site"})
"""Fields that follow from what the policy does."""

_AGES = frozenset({"added"})


def parsed(scope: str) -> Query:
    """The scope as a query. Raises QueryError with the position of what can't be understood, or of a field that no
    scope may use."""
    return parse(scope, _refusal)


def _refusal(field: str) -> str:
    if field not in CIRCULAR:
        return ""
    return tr(
        "A rule can't choose by {field}, for that follows from what the rule does. Choose by tags, path, format, "
        "library or date.",
        field=field,
    )


def ages(query: Query) -> bool:
    """Whether an item can enter or leave the scope merely because time goes by."""
    return any(isinstance(term, Range) and term.field in _AGES and not term.dated for term in _terms(query))


def day(now: float) -> float:
    """The start of the day (UTC) at which ages are counted."""
    return now - now % DAY


def _terms(query: Query) -> Iterator[Query]:
    if isinstance(query, Not):
        yield from _terms(query.term)
    elif isinstance(query, All | AnyOf):
        for term in query.terms:
            yield from _terms(term)
    elif not isinstance(query, Everything):
        yield query
