"""What could come next while a query is typed: the names of fields, then what a field can say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicvault.domain.query import fields
from musicvault.domain.query.folding import folded
from musicvault.domain.query.unparsing import quoted

_WORD = re.compile(r'[^\s()"]*("[^"]*)?$')
_MOST = 12


@dataclass(frozen=True, slots=True)
class Completion:
    """Texts that can stand instead of those from `start` to the cursor; the likeliest first."""

    start: int
    offers: tuple[str, ...] = ()


def completions(text: str, cursor: int, known: Mapping[str, Sequence[str]]) -> Completion:
    """For the word in front of the cursor. `known` holds values by field: genres, drives, libraries …"""
    typed = _WORD.search(text[:cursor])
    assert typed is not None
    word = typed[0].lstrip("-")
    start = cursor - len(word)
    name, colon, value = word.partition(":")
    field = fields.OTHER_NAMES.get(name.lower(), name.lower())
    if not colon:
        named = [f"{each}:" for each in fields.ALL if name and each.startswith(name.lower())]
        return Completion(start, tuple(named[:_MOST]))
    choices = known.get(field, ()) or dict.fromkeys(fields.CHOICES.get(field, {}).values())
    wanted = folded(value.removeprefix("=").strip('"'))
    offers = [each for each in choices if folded(each).startswith(wanted) and folded(each) != wanted]
    return Completion(start, tuple(f"{name}:{_written(each)}" for each in offers[:_MOST]))


def _written(value: str) -> str:
    return value if re.fullmatch(r"[\w.-]+", value) else quoted(value)
