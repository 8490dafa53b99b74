"""From tree to text: what a rule's scope or a button of the window says in the language."""

from __future__ import annotations

from decimal import Decimal

from musicvault.domain.query.parsing import ESCAPE, ESCAPED
from musicvault.domain.query.tree import All, AnyOf, Choice, Everything, Lacking, Name, Not, Query, Range, Words


def unparse(query: Query) -> str:
    """Text that `parse` understands as this query; none means `Nothing`."""
    if isinstance(query, Everything):
        return ""
    if isinstance(query, All):
        return " ".join(_within(term) for term in query.terms)
    if isinstance(query, AnyOf):
        return " or ".join(unparse(term) for term in query.terms)
    if isinstance(query, Not):
        return f"-{_within(query.term, (All, AnyOf))}"
    if isinstance(query, Words):
        return _words(query)
    if isinstance(query, Range):
        return f"{query.field}:{_range(query)}"
    if isinstance(query, Lacking):
        return f'{query.field}:""'
    assert isinstance(query, Choice | Name)
    return f"{query.field}:{query.value if isinstance(query, Choice) else quoted(query.value)}"


def quoted(text: str) -> str:
    """The text in quotes, as a phrase."""
    return '"' + text.replace(ESCAPE, ESCAPE * 2).replace('"', ESCAPE + '"') + '"'


def _within(query: Query, loose: tuple[type, ...] = (AnyOf,)) -> str:
    text = unparse(query)
    return f"({text})" if isinstance(query, loose) else text


def _words(query: Words) -> str:
    field = f"{query.field}:" if query.field else ""
    if query.whole:
        return f"{field}={quoted(query.text)}"
    if not query.prefix:
        return field + quoted(query.text)
    if query.text.lower() in ("or", "and") and not field:
        return f"--{query.text}"  # twice not: behind a minus it is a word
    return field + "".join(ESCAPE + one if one in ESCAPED or one.isspace() else one for one in query.text)


def _range(query: Range) -> str:
    low = None if query.low is None else _amount(query, query.low)
    high = None if query.high is None else _amount(query, query.high)
    if high is None:
        return f"{'>' if query.above else '>='}{low}"
    if low is None:
        return f"{'<' if query.below else '<='}{high}"
    return f"{low}..{'<' if query.below else ''}{high}"


_BASE_UNITS = {"length": "s", "added": "s", "proof": "s", "size": "b"}


def _amount(query: Range, value: float) -> str:
    if query.field == "bitrate":
        value /= 1000
    digits = format(Decimal(repr(value)), "f")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"@{digits}" if query.dated else digits + _BASE_UNITS.get(query.field, "")
