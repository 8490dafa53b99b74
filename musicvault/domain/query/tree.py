"""What a query is made of, once it was understood."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """All items: the empty query."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No item: what contradicts itself. No text means it, only `simplified` gives it."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of `text` stand next to each other in a field, or in any text of the item where `field` is empty.
    `prefix`: of the last one its start is enough. `whole`: they are all that the field (or one of its values) says."""

    text: str
    field: str = ""
    prefix: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Lacking:
    """The field says nothing: no genre, no rating."""

    field: str


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two bounds (None: no bound); `below` and `above` leave the bound itself out. Units are those of
    `fields.Number`. `dated`: the bounds are times (seconds since the epoch), not ages."""

    field: str
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words that a field can say."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a drive, library, site or codec; accents and case don't matter."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What the term doesn't match."""

    term: Query


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the terms (two or more)."""

    terms: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the terms (two or more)."""

    terms: tuple[Query, ...]


Query = Everything | Nothing | Words | Lacking | Range | Choice | Name | Not | All | AnyOf
