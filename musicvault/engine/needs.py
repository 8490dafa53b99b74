"""What each vault lacks, and where the bytes may be had: the catalog's state turned into the planner's needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import holders, items, lacking, libraries, replicas, rules, standing
from musicvault.catalog.lacking import CODES, Held, Wanting
from musicvault.domain.drives import library_drive
from musicvault.domain.needs import Need, Needs, Promise, Reason, Step, Steps
from musicvault.domain.paths import join
from musicvault.domain.policy import DEFAULT_RULE, Rule
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, sources
from musicvault.engine.context import Context
from musicvault.engine.naming import Naming, stands_for
from musicvault.engine.places import Reach
from musicvault.engine.placing import Source, Wanted


@dataclass(frozen=True, slots=True)
class Lacks:
    """What vaults lack. By vault, `kept_back` counts items that no good copy within reach can provide, or that the
    brake holds (M3), and `renamed` intact copies that only lie under another name."""

    needs: Sequence[Needs]
    kept_back: Mapping[str, int]
    renamed: Mapping[str, int]


def gathered(ctx: Context, reach: Reach, *vaults: Sequence[str]) -> Lacks:
    """The needs of these groups of vaults, unordered, a `Needs` for each group. What a rule doesn't permit on a drive
    it doesn't need, nor anything once it was retired."""
    standing.catch_up(ctx.catalog, ctx.now())
    return _Gathering(ctx, reach, vaults).done()


def already(ctx: Context, vault_id: str, lacks: Lacks) -> int:
    """How many items a vault has as they should be."""
    return lacking.up_to_date(ctx.catalog, vault_id) - lacks.renamed.get(vault_id, 0)


_REASONS = {Step.COPY: Reason.NO_COPY, Step.REPLACE: Reason.NEW_VERSION, Step.RENAME: Reason.RENAMED}
_AT_ONCE = 500


Doing = tuple[str, Step, Reason]


@dataclass(frozen=True, slots=True)
class _Way:
    """What is to be done for all items of one rule whose copies stand alike: `doings` if there is something to copy
    from (`source`: there is; else other items may have the same bytes), renames where the name (`doubtful`) really is
    another. The brake holds `held`. `steps`: the doings as the `Needs` of each group keep them."""

    promise: Promise
    doings: tuple[Doing, ...]
    source: bool
    doubtful: tuple[str, ...]
    held: tuple[str, ...]
    steps: tuple[tuple[Needs, Steps], ...]

    @property
    def rule(self) -> Rule:
        return self.promise.rule

    @property
    def vaults(self) -> list[str]:
        """Those that something would be copied to."""
        return [vault_id for vault_id, _, _ in self.doings]

    @property
    def is_plain(self) -> bool:
        return self.source and not self.doubtful and not self.held


class _Gathering:
    """One pass over what may lack something; what is alike is thought over once."""

    def __init__(self, ctx: Context, reach: Reach, groups: Sequence[Sequence[str]]) -> None:
        self._ctx, self._reach = ctx, reach
        self._needs = [Needs() for _ in groups]
        self._group = {vault_id: needs for needs, group in zip(self._needs, groups, strict=True) for vault_id in group}
        drives = {one.id: one for one in holders.every(ctx.catalog)}
        self._drives = [drives[one] for one in sorted(self._group) if one in drives and not drives[one].retired]
        self._in_service = [one for one in drives.values() if not one.in_library and not one.retired]
        self._policy = {stored.id: stored.rule for stored in rules.numbered(ctx.catalog)}
        self._braked = {library.id: braking.is_on(ctx, library) for library in libraries.every(ctx.catalog)}
        self._survey = lacking.Survey(ctx.catalog)
        self._kept_back: Counter[str] = Counter()
        self._renamed: Counter[str] = Counter()

    def done(self) -> Lacks:
        ways: dict[tuple[int, int, tuple[int, ...]], _Way | None] = {}
        waiting: list[tuple[Wanting, _Way]] = []
        for batch in self._survey.batches([drive.id for drive in self._drives]):
            self._ctx.checkpoint()
            runs: dict[tuple[int, int, tuple[int, ...]], list[Wanting]] = {}
            for item in batch:
                runs.setdefault((item[1], item[6], item[CODES:]), []).append(item)
            for alike, run in runs.items():
                way = ways[alike] if alike in ways else ways.setdefault(alike, self._way(*alike))
                if way is None:
                    continue
                if way.is_plain:
                    self._add(run, way)
                elif way.source:
                    for item in run:
                        self._look_closer(item, way, way.doings)
                else:
                    waiting += ((item, way) for item in run)
            if len(waiting) >= _AT_ONCE:
                self._take_from_elsewhere(waiting)
                waiting.clear()
        self._take_from_elsewhere(waiting)
        return Lacks(self._needs, self._kept_back, self._renamed)

    def _add(self, run: Sequence[Wanting], way: _Way) -> None:
        """Do what is plain to do with items that are alike, and so of one library."""
        items = [(item_id, folder, name, size, good) for item_id, _, folder, name, size, good, *_ in run]
        for needs, steps in way.steps:
            needs.add_alike(items, run[0][1], way.rule.priority, way.rule.copies, steps)

    def _way(self, library_id: int, rule_id: int, codes: tuple[int, ...]) -> _Way | None:
        copies = self._survey.copies(codes)
        rule = self._policy.get(rule_id, DEFAULT_RULE)
        doings, doubtful, held = [], [], []
        for drive in self._drives:
            copy = copies.get(drive.id)
            step = _step(copy) if rule.permits(drive) else None
            if step is Step.REPLACE and self._braked.get(library_id, False):
                held.append(drive.id)
            elif step is not None:
                doings.append((drive.id, step, _REASONS[step]))
            if copy is not None and _may_be_renamed(copy) and rule.permits(drive):
                doubtful.append(drive.id)
        if not (doings or doubtful or held):
            return None
        good = {place for place, copy in copies.items() if copy.current and copy.state is ReplicaState.INTACT}
        source = ("" in good and library_id in self._reach.libraries) or any(one in self._reach.vaults for one in good)
        there = source or not doings
        coming = {one.id for one in self._in_service if rule.permits(one) and _step(copies.get(one.id)) is not None}
        holding = coming | {place or library_drive(library_id) for place in good}
        promise = Promise(rule, tuple(sorted(holding)))
        steps = tuple(self._grouped(doings, promise))
        return _Way(promise, tuple(doings), there, tuple(doubtful), tuple(held), steps)

    def _grouped(self, doings: Sequence[Doing], promise: Promise) -> Iterator[tuple[Needs, Steps]]:
        """The doings by the group of their vault."""
        for needs in self._needs:
            mine = [one for one in doings if self._group[one[0]] is needs]
            if mine:
                yield needs, needs.steps(mine, promise)

    def _take_from_elsewhere(self, waiting: Sequence[tuple[Wanting, _Way]]) -> None:
        """Other items may have the same bytes where no copy of their own is within reach."""
        twins = lacking.with_twins(self._ctx.catalog, [item[0] for item, _ in waiting]) if waiting else ()
        for item, way in waiting:
            if item[0] not in twins and not way.doubtful and not way.held:
                self._kept_back.update(way.vaults)
                continue
            there = item[0] in twins and _elsewhere(self._ctx, self._reach, item[0])
            self._look_closer(item, way, way.doings if there else ())

    def _look_closer(self, item: Wanting, way: _Way, doings: Sequence[Doing]) -> None:
        """Do this with an item, and rename the copies to which nothing else happens."""
        item_id, library_id, folder, name, size, good, _ = item[:CODES]
        found, rule = list(doings), way.rule
        busy = {one[0] for one in found}
        self._kept_back.update(way.held)
        self._kept_back.update(vault_id for vault_id in way.vaults if vault_id not in busy)
        copies, path = self._survey.copies(item[CODES:]), join(folder, name)
        for vault_id in way.doubtful:
            stored = lacking.stored_path(self._ctx.catalog, vault_id, item_id)
            if vault_id not in busy and stored is not None and not stands_for(stored, path):
                found.append((vault_id, Step.RENAME, Reason.RENAMED))
                copy = copies[vault_id]
                self._renamed[vault_id] += copy.current and copy.state is ReplicaState.INTACT
        for needs, steps in self._grouped(sorted(found), way.promise):
            needs.add_all(item_id, library_id, folder, name, size, good, rule.priority, rule.copies, steps)


def _step(copy: Held | None) -> Step | None:
    """What must be copied; a rename comes of the name."""
    if copy is None or copy.state is ReplicaState.MISSING:
        return Step.COPY
    if copy.state is ReplicaState.FOREIGN:
        return None  # written by another computer: the user decides
    return None if copy.current else Step.REPLACE


def _may_be_renamed(copy: Held) -> bool:
    return not copy.named and copy.state not in (ReplicaState.MISSING, ReplicaState.FOREIGN)


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
