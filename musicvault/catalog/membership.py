"""Which rule decides for which item: the first whose scope matches, else the default rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.catalog.selection import condition
from musicvault.domain import scopes

Execute = Callable[..., Iterable[tuple[Any, ...]]]


def of_items(execute: Execute, rules: Sequence[Stored], item_ids: Sequence[int], now: float) -> dict[int, int]:
    """The rule's number for each of these items (a few hundred at most)."""
    found: dict[int, int] = {}
    marks = ",".join("?" * len(item_ids))
    for stored in rules[:-1]:
        where, parameters = condition(scopes.parsed(stored.rule.scope), scopes.day(now), probe=True)
        for (item_id,) in execute(
            f"SELECT i.id FROM item i WHERE i.id IN ({marks}) AND {where}", (*item_ids, *parameters)
        ):
            found.setdefault(item_id, stored.id)
    return {item_id: found.get(item_id, DEFAULT_ID) for item_id in item_ids}


def of_all(execute: Execute, rules: Sequence[Stored], now: float) -> dict[int, int]:
    """The rule's number for every item that another rule than the default one decides for."""
    found: dict[int, int] = {}
    for stored in rules[:-1]:
        where, parameters = condition(scopes.parsed(stored.rule.scope), scopes.day(now))
        for (item_id,) in execute(f"SELECT i.id FROM item i WHERE {where}", parameters):
            found.setdefault(item_id, stored.id)
    return found


def ages(rules: Sequence[Stored]) -> bool:
    """Whether items can change their rule merely because time goes by."""
    return any(scopes.ages(scopes.parsed(stored.rule.scope)) for stored in rules[:-1])
