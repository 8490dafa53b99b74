"""What each vault lacks, and where the bytes may be had: the catalog's state turned into the planner's needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from musicvault.catalog import holders, items, lacking, libraries, replicas, rules, standing
from musicvault.catalog.lacking import Lack
from musicvault.domain.planner import Need, Reason, Step
from musicvault.domain.policy import DEFAULT_RULE, Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, sources
from musicvault.engine.context import Context
from musicvault.engine.naming import Naming, stands_for
from musicvault.engine.places import Reach
from musicvault.engine.placing import Source, Wanted


@dataclass(frozen=True, slots=True)
class Lacks:
    """What one vault lacks. `already` counts items that it has as they should be; `kept_back` those that no good copy
    within reach can provide, or that the brake holds (M3)."""

    needs: tuple[Need, ...]
    already: int
    kept_back: int


def of_vault(ctx: Context, vault_id: str, reach: Reach) -> Lacks:
    """The needs of one vault, unordered. What a rule doesn't permit there it doesn't need, nor anything once it was
    retired."""
    standing.catch_up(ctx.catalog, ctx.now())
    drive = next((one for one in holders.every(ctx.catalog) if one.id == vault_id), None)
    if drive is None or drive.retired:
        return Lacks((), 0, 0)
    policy = {stored.id: stored.rule for stored in rules.numbered(ctx.catalog)}
    needs: list[Need] = []
    kept_back = 0
    already = lacking.up_to_date(ctx.catalog, vault_id)
    gate = _Gate(ctx, reach)
    for lack in lacking.lacks(ctx.catalog, vault_id):
        step = _step(lack)
        rule = policy.get(lack.rule_id, DEFAULT_RULE)
        if step is None or not rule.permits(drive):
            continue
        if step is not Step.RENAME and not gate.open_for(lack, step):
            kept_back += 1
            step = Step.RENAME if _is_renamed(lack) else None
        if step is not None:
            needs.append(_need(vault_id, lack, step, rule))
            already -= lack.held == lack.content_id and lack.state is ReplicaState.INTACT
    return Lacks(tuple(needs), already, kept_back)


_REASONS = {Step.COPY: Reason.NO_COPY, Step.REPLACE: Reason.NEW_VERSION, Step.RENAME: Reason.RENAMED}


def _need(vault_id: str, lack: Lack, step: Step, rule: Rule) -> Need:
    reason = _REASONS[step]
    return Need(lack.item_id, vault_id, lack.path, lack.size, lack.good, step, reason, rule.priority, rule.copies)


def _step(lack: Lack) -> Step | None:
    if lack.replica_id is None or lack.state is ReplicaState.MISSING:
        return Step.COPY
    if lack.state is ReplicaState.FOREIGN:
        return None  # written by another computer: the user decides
    if lack.held != lack.content_id:
        return Step.REPLACE
    return Step.RENAME if _is_renamed(lack) else None


def _is_renamed(lack: Lack) -> bool:
    if lack.stored is None or lack.state in (None, ReplicaState.MISSING):
        return False
    return not stands_for(lack.stored, lack.path)


class _Gate:
    """Whether anything may be copied for an item: a good copy is within reach, and no brake holds the change."""

    def __init__(self, ctx: Context, reach: Reach) -> None:
        self._ctx = ctx
        self._reach = reach
        self._braked = {library.id: braking.is_on(ctx, library) for library in libraries.every(ctx.catalog)}

    def open_for(self, lack: Lack, step: Step) -> bool:
        if step is Step.REPLACE and self._braked.get(lack.library_id, False):
            return False
        if lack.source and lack.library_id in self._reach.libraries:
            return True
        return bool(_elsewhere(self._ctx, self._reach, lack.item_id))


def _elsewhere(ctx: Context, reach: Reach, item_id: int) -> list[Source]:
    """Intact copies of the item's current content on vaults within reach, best proof first."""
    item = items.get(ctx.catalog, item_id)
    return [
        Source(found.path, found.where, found.replica)
        for found in sources.candidates(ctx, reach, item.content.digests.blake3)
        if found.is_intact and found.replica.vault_id is not None and found.replica.role == replicas.CURRENT
    ]


def wanted(ctx: Context, reach: Reach, need: Need, naming: Naming) -> Wanted | None:
    """The need with all that a copy takes; None where the catalog has changed meanwhile and nothing is to be done."""
    item = items.get(ctx.catalog, need.item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    source = _source(ctx, reach, need)
    if library is None or source is None or item.forgotten:
        return None
    old = replicas.in_vault(ctx.catalog, need.vault_id, need.item_id)
    if old is not None and old.current and old.state is not ReplicaState.MISSING:
        return None
    target = naming.target(library.slug, item.path, old.path if old is not None else None)
    return Wanted(item, library.slug, target, source, old)


def _source(ctx: Context, reach: Reach, need: Need) -> Source | None:
    own = replicas.in_library(ctx.catalog, need.item_id)
    place = reach.libraries.get(items.get(ctx.catalog, need.item_id).library_id)
    if place is not None and own.state.is_source and own.current:
        return Source(place.path(own.path), place.name, own)
    elsewhere = _elsewhere(ctx, reach, need.item_id)
    return elsewhere[0] if elsewhere else None


def total_bytes(needs: Iterable[Need]) -> int:
    """Bytes that carrying out these needs copies."""
    return sum(need.size for need in needs if need.step is not Step.RENAME)
