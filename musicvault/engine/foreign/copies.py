"""The copies that wait: which they are, what was seen in them, and how they differ from the library's version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, findings, items, libraries, troubles
from musicvault.catalog.contents import Content
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.catalog.replicas import Replica
from musicvault.domain.comparison import Comparison
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.engine import comparing, sources
from musicvault.engine.context import Context
from musicvault.engine.places import Place, Reach
from musicvault.errors import ItemError
from musicvault.language import tr

ADOPT, REFUSE = "adopt", "refuse"


@dataclass(frozen=True, slots=True)
class Foreign:
    """One such copy, where it lies (None while its drive is away), and the recorded content of what was seen there
    (None: it was judged before anybody looked inside)."""

    replica: Replica
    item: Item
    library: Library
    place: Place | None
    where: str
    seen: Content | None

    @property
    def is_current(self) -> bool:
        """Whether the drive has just what the library should have."""
        return self.seen is not None and self.seen.digests.blake3 == self.item.content.digests.blake3


def found(
    ctx: Context, reach: Reach, item_ids: Collection[int] | None, *, drive: str = "", copies: Collection[int] = ()
) -> list[Foreign]:
    """The copies of these items (None: of all) that another computer wrote; with `drive` (a label) or `copies` (ids of
    replicas) only those."""
    chosen = None if item_ids is None else set(item_ids)
    by_id = libraries.by_ids(ctx.catalog)
    every: list[Foreign] = []
    for replica in troubles.troubled(ctx.catalog):
        if replica.state is not ReplicaState.FOREIGN or replica.vault_id is None:
            continue
        if (chosen is not None and replica.item_id not in chosen) or (copies and replica.id not in copies):
            continue
        where = reach.names.get(replica.vault_id, "")
        item = items.get(ctx.catalog, replica.item_id)
        if (drive and where != drive) or item.library_id not in by_id:
            continue
        stored = findings.of(ctx.catalog, replica.id)
        seen = None
        if stored is not None and stored.observed_id is not None:
            seen = contents.get(ctx.catalog, stored.observed_id)
        place = reach.vaults.get(replica.vault_id)
        every.append(Foreign(replica, item, by_id[item.library_id], place, where, seen))
    return every


def still_waiting(ctx: Context, reach: Reach, chosen: Sequence[Foreign]) -> list[Foreign]:
    """Chosen copies as the catalog has them now: under the locks, where nobody else decides about them. What was
    decided about since is left out."""
    if not chosen:
        return []
    return found(ctx, reach, {one.item.id for one in chosen}, copies={one.replica.id for one in chosen})


def compared(ctx: Context, reach: Reach, one: Foreign, *, listen: bool = True) -> Comparison | None:
    """The library's version ("before") against the drive's ("after"); None where nobody looked inside. With `listen`
    both are read where the sound differs."""
    if one.seen is None:
        return None
    mine = theirs = None
    if listen and one.place is not None:
        theirs = one.place.path(one.replica.path)
        mine = next(
            (s.path for s in sources.candidates(ctx, reach, one.item.content.digests.blake3) if s.is_intact), None
        )
    return comparing.compare(ctx, one.item.content, one.seen, mine, theirs)


def there(one: Foreign) -> Place:
    if one.place is None:
        raise failure(one, tr("its drive is not connected"))
    if one.seen is None:
        raise failure(one, tr("nobody has looked inside yet; verify the drive first"))
    return one.place


def failure(one: Foreign, problem: str) -> ItemError:
    return ItemError(display(one.item.path), "adopt", problem)


def decision(one: Foreign, detail: dict[str, object]) -> Event:
    return one.item.event(EventType.DECISION, vault_id=one.replica.vault_id, detail=detail)


def libraries_of(chosen: Sequence[Foreign]) -> tuple[int, ...]:
    return tuple({one.library.id for one in chosen})


def vaults_of(chosen: Sequence[Foreign]) -> tuple[str, ...]:
    return tuple({one.replica.vault_id for one in chosen if one.replica.vault_id is not None})
