"""Where items stand under each rule and what they lack, as it was kept with them when they were last judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import NamedTuple

from musicvault.catalog.database import Catalog
from musicvault.catalog.standing import effective
from musicvault.domain.paths import join
from musicvault.domain.policy import Shortfall, Standing

_LOOKED_AFTER = "forgotten_at IS NULL AND library_id IN (SELECT id FROM library WHERE removed_at IS NULL)"


class Alike(NamedTuple):
    """So many items of one rule that stand alike; `due` of them have proofs that fell due since they were judged."""

    rule_id: int
    standing: Standing
    missing: tuple[Shortfall, ...]
    items: int
    due: int


def by_rule(catalog: Catalog, now: float) -> Iterator[Alike]:
    """All items that are looked after, counted by what they come to."""
    for rule_id, word, missing, items, due in catalog.rows(
        "SELECT rule_id, standing, missing, count(*), sum(due_at <= ?) FROM item NOT INDEXED"
        f" WHERE {_LOOKED_AFTER} GROUP BY 1, 2, 3",
        (now,),
    ):
        yield Alike(rule_id, Standing(word), _lacks(missing), items, due)


def sizes(catalog: Catalog, rule_ids: Collection[int]) -> dict[int, int]:
    """The bytes of all items that each of these rules decides for."""
    if not rule_ids:
        return {}
    rows = catalog.rows(
        "SELECT i.rule_id, sum(c.size) FROM item i JOIN content c ON c.id = i.content_id"
        f" WHERE i.{_LOOKED_AFTER} AND i.rule_id IN (SELECT value FROM json_each(?)) GROUP BY 1",
        (json.dumps(list(rule_ids)),),
    )
    return dict(rows)


class Short(NamedTuple):
    """An item that isn't protected as its rule wants, and what it lacks; `good` copies count."""

    item_id: int
    library_id: int
    path: bytes
    rule_id: int
    standing: Standing
    missing: tuple[Shortfall, ...]
    good: int


def items(catalog: Catalog, now: float) -> Iterator[Short]:
    """Every item that falls short, by library and path; proofs that fell due since it was judged are missing too."""
    known: dict[tuple[str, str, int], tuple[Standing, tuple[Shortfall, ...]]] = {}  # few, for millions of items
    for item_id, library_id, folder, name, rule_id, word, missing, good, due in catalog.stream(
        "SELECT id, library_id, folder, name, rule_id, standing, missing, good, due_at <= ? FROM item"
        f" WHERE {_LOOKED_AFTER} AND (standing <> 'protected' OR due_at <= ?) ORDER BY library_id, folder, name",
        (now, now),
    ):
        key = word, missing, due
        if key not in known:
            known[key] = _amiss(*key)
        yield Short(item_id, library_id, join(folder, name), rule_id, *known[key], good)


def _amiss(word: str, missing: str, due: int) -> tuple[Standing, tuple[Shortfall, ...]]:
    lacks = _lacks(missing)
    if due and Shortfall.PROOF not in lacks:
        lacks = (*lacks, Shortfall.PROOF)
    return effective(Standing(word), bool(due)), lacks


def _lacks(missing: str) -> tuple[Shortfall, ...]:
    return tuple(Shortfall(code) for code in json.loads(missing))
