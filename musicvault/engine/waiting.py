"""What waits for a drive: copies that it lacks, and copies on it whose proof is overdue. "Plug in B: 312 files"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musicvault.catalog import holders, lacking, leaving, libraries, rules
from musicvault.catalog.database import Catalog
from musicvault.catalog.lacking import Group
from musicvault.catalog.leaving import Places
from musicvault.engine import library as libraries_here
from musicvault.engine import snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence


@dataclass(frozen=True, slots=True)
class Waiting:
    """The to-do list of one drive: `overdue` copies to prove, `lacking` copies (of so many `bytes`) to make. `needed`:
    of how many of them there are too few copies. `at_hand`: what is needed stands in a place that is there, or if not,
    `source` is the name of one that is away and has it. `short_bytes`: how much room is missing for it."""

    vault_id: str
    label: str
    online: bool
    overdue: int
    lacking: int
    bytes: int
    needed: int = 0
    at_hand: bool = True
    source: str = ""
    short_bytes: int = 0

    @property
    def files(self) -> int:
        return self.overdue + self.lacking


def waiting(ctx: Context, presences: Sequence[Presence], lacks: Sequence[Group] | None = None) -> list[Waiting]:
    """What waits for each of these drives; retired ones wait for nothing. Read-only. `lacks`: what some drive may lack,
    where that is known already."""
    policy, known_sources = rules.numbered(ctx.catalog), sources(ctx, presences)
    groups = lacking.Survey(ctx.catalog).groups() if lacks is None else lacks
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    found = []
    for presence in presences:
        vault = presence.vault
        drive = known.get(vault.id)
        if drive is None or vault.retired:
            found.append(Waiting(vault.id, vault.label, presence.online, 0, 0, 0))
            continue
        permitted = {stored.id for stored in policy if stored.rule.permits(drive)}
        missed = [one for one in groups if one.rule_id in permitted and one.lack(vault.id)]
        needed = [one for one in missed if one.short]
        files, room = _sum(needed)
        at_hand, source = known_sources.of(needed) if needed else (True, "")
        short = room - snapshots.free_for(ctx, presence.root, files) if presence.root and needed else 0
        overdue = leaving.overdue(ctx.catalog, vault.id, ctx.now())
        todo = overdue, *_sum(missed), files, at_hand, source, max(0, short)
        found.append(Waiting(vault.id, vault.label, presence.online, *todo))
    return found


def _sum(groups: Iterable[Group]) -> tuple[int, int]:
    """Items and bytes."""
    amounts = [(one.items, one.bytes) for one in groups]
    return sum(items for items, _ in amounts), sum(size for _, size in amounts)


@dataclass(frozen=True, slots=True)
class Sources:
    """The places that are there, and those that are away by name."""

    catalog: Catalog
    here: Places
    away: Sequence[tuple[str, Places]]

    def of(self, needed: Sequence[Group]) -> tuple[bool, str]:
        """Whether something of what is needed is at hand, else the name of a place that has it."""

        def hold(places: Places) -> bool:
            return any(group.are_in(places.libraries, places.vaults) for group in needed)

        if hold(self.here):
            return True, ""
        return False, next((name for name, places in self.away if hold(places)), "")

    def for_repair(self) -> str:
        """The name of a place that is away and has a good copy of something damaged of which none is here; empty where
        there is no such place."""
        has = (name for name, places in self.away if leaving.rebuildable(self.catalog, places, self.here))
        return next(has, "")


def sources(ctx: Context, presences: Sequence[Presence]) -> Sources:
    """Where copies can be had from."""
    known = libraries.every(ctx.catalog)
    here = {library.id for library in known if libraries_here.online(ctx, library)}
    away = [(library.name, Places(libraries=[library.id])) for library in known if library.id not in here]
    away += [(one.vault.label, Places(vaults=[one.vault.id])) for one in presences if not one.online]
    return Sources(ctx.catalog, Places(tuple(here), [one.vault.id for one in presences if one.online]), away)
