"""A query said in fewer words: what contradicts itself, or says one thing twice, is seen before anything is looked up.

Only what holds for every catalog is used: a field that has one value can't have two, what always has a value has one of
those that there are, and nothing is both so and not so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from musicvault.domain.query.fields import CHOICES, TEXTS
from musicvault.domain.query.folding import folded
from musicvault.domain.query.tree import (
    All,
    AnyOf,
    Choice,
    Everything,
    Lacking,
    Name,
    Not,
    Nothing,
    Query,
    Range,
    Words,
)

_ALWAYS = frozenset(("size", "added", "copies"))
"""Numbers that every item has."""

_ONE_OF = {field: frozenset(CHOICES[field].values()) for field in ("kind", "standing", "lossless", "format")}
"""Choices of which an item has one at most."""

_ALWAYS_ONE_OF = frozenset(("kind", "standing"))

_SOLE_NAMES = frozenset(("library", "codec"))
"""Names of which an item has one at most."""


def simplified(query: Query) -> Query:
    """A query that the same items fulfil, whatever they are."""
    if isinstance(query, Not):
        return _negated(simplified(query.term))
    if isinstance(query, All):
        return _all(_flat(All, map(simplified, query.terms)))
    if isinstance(query, AnyOf):
        return _any(_flat(AnyOf, map(simplified, query.terms)))
    return query


def _flat(kind: type[All | AnyOf], terms: Iterable[Query]) -> Iterator[Query]:
    for term in terms:
        if isinstance(term, kind):
            yield from term.terms
        else:
            yield term


def _negated(term: Query) -> Query:
    if isinstance(term, Everything):
        return Nothing()
    if isinstance(term, Nothing):
        return Everything()
    if isinstance(term, Not):
        return term.term
    if isinstance(term, Range) and term.field in _ALWAYS:
        if term.low is None:
            return Range(term.field, low=term.high, above=not term.below, dated=term.dated)
        if term.high is None:
            return Range(term.field, high=term.low, below=not term.above, dated=term.dated)
    if isinstance(term, Choice) and term.field == "kind":
        (other,) = _ONE_OF["kind"] - {term.value}
        return Choice("kind", other)
    return Not(term)


def _any(found: Iterable[Query]) -> Query:
    terms = [term for term in dict.fromkeys(found) if not isinstance(term, Nothing)]
    if any(isinstance(term, Everything) or _negated(term) in terms for term in terms):
        return Everything()
    if len(terms) < 2:
        return terms[0] if terms else Nothing()
    return AnyOf(tuple(terms))


def _all(found: Iterable[Query]) -> Query:
    terms: list[Query] = [term for term in dict.fromkeys(found) if not isinstance(term, Everything)]
    if any(isinstance(term, Nothing) or _negated(term) in terms for term in terms):
        return Nothing()
    merged = _none_of_both(_one_range_each(terms))
    if merged is None:
        return Nothing()
    terms = [term for term in merged if not any(_follows(term, other) for other in merged if other is not term)]
    for number, one in enumerate(terms):
        if any(_excludes(one, other) for other in terms[number + 1 :]):
            return Nothing()
    if len(terms) < 2:
        return terms[0] if terms else Everything()
    return All(tuple(terms))


# -- what one term says of another


def _excludes(one: Query, other: Query) -> bool:
    """Whether no item can fulfil both."""
    if isinstance(one, Not):
        one, other = other, one
    if isinstance(other, Not):
        inner = other.term
        return isinstance(one, Range) and isinstance(inner, Range) and _met(one, inner) == one
    if isinstance(other, Lacking):
        one, other = other, one
    if isinstance(one, Lacking):
        return one.field == getattr(other, "field", "") and not isinstance(other, Lacking) and _needs_value(other)
    if isinstance(one, Choice) and isinstance(other, Choice):
        return one.field == other.field and one.field in _ONE_OF and one.value != other.value
    if isinstance(one, Name) and isinstance(other, Name) and one.field == other.field and one.field in _SOLE_NAMES:
        mine, theirs = folded(one.value), folded(other.value)
        if one.field == "codec":  # the beginning of a name is enough
            return not (mine.startswith(theirs) or theirs.startswith(mine))
        return mine != theirs
    return False


def _needs_value(term: Query) -> bool:
    """Whether only items fulfil the term whose field says something."""
    if isinstance(term, Words):
        return term.field in TEXTS and not (term.whole and not term.text.strip())
    return isinstance(term, Choice | Name) or (isinstance(term, Range) and term.field != "proof")


def _follows(term: Query, other: Query) -> bool:
    """Whether every item that fulfils the other fulfils this as well, so that it needn't be asked. (Of two that follow
    from each other one is gone already: they are equal.)"""
    if not isinstance(term, Not):
        return False
    if isinstance(term.term, Range) and isinstance(other, Range):
        met = _met(term.term, other)
        return met is not None and _is_empty(met)
    return _excludes(term.term, other)


# -- several terms as one


def _one_range_each(terms: Iterable[Query]) -> list[Query] | None:
    """The ranges of one field as one range; None where nothing lies in all of them. Ages and times stay apart."""
    found: dict[object, Query] = {}
    for term in terms:
        if not isinstance(term, Range):
            found[term] = term
            continue
        key = term.field, term.dated
        before = found.get(key)
        met = _met(before, term) if isinstance(before, Range) else term
        if met is None or _is_empty(met):
            return None
        found[key] = met
    return list(found.values())


def _met(one: Range, other: Range) -> Range | None:
    """Where both hold; None for ranges that can't be compared, which is never said of two with one key."""
    if one.field != other.field or one.dated != other.dated:
        return None
    low, above = max((_least(one), one.above), (_least(other), other.above))
    high, below = min((_most(one), not one.below), (_most(other), not other.below))
    return replace(
        one,
        low=None if low == -math.inf else low,
        high=None if high == math.inf else high,
        above=above,
        below=not below if high != math.inf else False,
    )


def _least(asked: Range) -> float:
    return -math.inf if asked.low is None else asked.low


def _most(asked: Range) -> float:
    return math.inf if asked.high is None else asked.high


def _is_empty(asked: Range) -> bool:
    low, high = _least(asked), _most(asked)
    return low > high or (low == high and (asked.above or asked.below))


def _none_of_both(terms: list[Query] | None) -> list[Query] | None:
    """What is left of a field's choices once some are ruled out: the last one itself, or none."""
    if terms is None:
        return None
    for field, values in _ONE_OF.items():
        out = [term for term in terms if isinstance(term, Not) and _is_choice(term.term, field)]
        left = values - {term.term.value for term in out if isinstance(term.term, Choice)}
        if field in _ALWAYS_ONE_OF and not left:
            return None
        if field in _ALWAYS_ONE_OF and len(left) == 1:
            terms = [term for term in terms if term not in out] + [Choice(field, *left)]
        elif field == "lossless" and not left:
            terms = [term for term in terms if term not in out] + [Lacking(field)]
    return list(dict.fromkeys(terms))


def _is_choice(term: Query, field: str) -> bool:
    return isinstance(term, Choice) and term.field == field
