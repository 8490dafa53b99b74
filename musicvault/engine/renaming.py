"""Renames on a vault: the item is called otherwise in the library now, so its copy follows without being copied again.

All lines of a batch are journaled first; then each file moves without clobbering. Where names swap, the first one
waits in `incoming/` meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import intents, items, libraries, replicas
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.paths import RelPath, display
from musicvault.engine.naming import Naming, stands_for
from musicvault.engine.opened import OpenVault
from musicvault.storage import durable
from musicvault.storage.vault.layout import incoming_path, is_incoming
from musicvault.storage.vault.records import Operation, Record

BATCH = 64


@dataclass(frozen=True, slots=True)
class Renaming:
    """A copy and where it should lie."""

    item: Item
    replica: Replica
    slug: str
    target: RelPath


@dataclass(frozen=True, slots=True)
class Hop:
    """One move of a file within the vault."""

    renaming: Renaming
    source: RelPath
    target: RelPath


def rename(vault: OpenVault, item_ids: Sequence[int]) -> Iterator[Item]:
    """Rename the copies of these items to what the items are called now; yields each item when it is done."""
    naming = Naming(vault.ctx.catalog, vault.id)
    wanted = [found for item_id in item_ids if (found := _wanted(vault, naming, item_id))]
    for hops in _batches(_ordered(vault, wanted)):
        vault.ctx.checkpoint()
        _carry_out(vault, hops)
        done = {hop.renaming.item.id: hop.renaming.item for hop in hops}
        vault.changed(len(done))
        yield from done.values()


def _batches(hops: Iterable[Hop]) -> Iterator[list[Hop]]:
    """Some 64 hops each; never cut while a copy waits in `incoming/`."""
    batch: list[Hop] = []
    waiting = 0
    for hop in hops:
        batch.append(hop)
        waiting += is_incoming(hop.target) - is_incoming(hop.source)
        if len(batch) >= BATCH and not waiting:
            yield batch
            batch = []
    if batch:
        yield batch


def _wanted(vault: OpenVault, naming: Naming, item_id: int) -> Renaming | None:
    catalog = vault.ctx.catalog
    item = items.get(catalog, item_id)
    library = libraries.by_id(catalog, item.library_id)
    replica = replicas.in_vault(catalog, vault.id, item_id)
    if library is None or replica is None or stands_for(replica.path, item.path):
        return None
    target = naming.target(library.slug, item.path, replica.path)
    return Renaming(item, replica, library.slug, target)


def _ordered(vault: OpenVault, wanted: Sequence[Renaming]) -> Iterator[Hop]:
    """Hops in an order in which every target is free when its turn comes. Copies that aren't there, and targets that
    something else has, are left out: scrub and the next copy see to them."""
    waiting = [one for one in wanted if vault.layout.has(one.replica.path)]
    taken = {one.replica.path for one in waiting}
    waiting = [one for one in waiting if one.target in taken or not vault.layout.has(one.target)]
    at = {one.replica.id: one.replica.path for one in waiting}
    while waiting:
        occupied = set(at.values())
        free = [one for one in waiting if one.target not in occupied]
        if free:
            for one in free:
                yield Hop(one, at.pop(one.replica.id), one.target)
            waiting = [one for one in waiting if one.replica.id in at]
        else:  # a ring: one steps out of the way
            one = waiting[0]
            aside = incoming_path(f"rename-{secrets.token_hex(6)}")
            yield Hop(one, at[one.replica.id], aside)
            at[one.replica.id] = aside


def _carry_out(vault: OpenVault, hops: Sequence[Hop]) -> None:
    ctx = vault.ctx
    generation = vault.generation
    detail = {
        "generation": generation,
        "hops": [[hop.renaming.replica.id, hop.source.decode("utf-8"), hop.target.decode("utf-8")] for hop in hops],
    }
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intent = intents.begin(transaction, "rename", vault_id=vault.id, detail=detail)
    durable.done("intended")
    for hop in hops:
        vault.layout.ensure_parent(hop.target)
    vault.write([record(vault, hop.renaming.replica.id, hop.source, hop.target) for hop in hops])
    durable.done("journaled")
    touched: list[bytes] = []
    for hop in hops:
        source, target = vault.layout.guarded(hop.source), vault.layout.guarded(hop.target)
        durable.place(source, target)
        touched += (target, source)
    durable.sync_folders(touched)
    commit(vault, [(hop.renaming.replica.id, hop.target) for hop in hops], intent)


def record(vault: OpenVault, replica_id: int, source: RelPath, target: RelPath) -> Record:
    """The journal line of one hop."""
    catalog = vault.ctx.catalog
    replica = replicas.get(catalog, replica_id)
    item, content = items.get(catalog, replica.item_id), items.content(catalog, replica.content_id)
    library = libraries.by_id(catalog, item.library_id)
    assert library is not None
    return Record(
        Operation.RENAME,
        target,
        int(vault.ctx.now()),
        vault.generation,
        source=source,
        blake3=content.digests.blake3,
        sha256=content.digests.sha256,
        size=content.digests.size,
        mtime_ns=content.mtime_ns,
        essence=content.essence,
        library=library.slug,
        original=item.path,
    )


def commit(vault: OpenVault, moved: Sequence[tuple[int, RelPath]], intent: int) -> None:
    """Write down where copies lie now, in one transaction; of several moves of one copy the last counts."""
    ctx = vault.ctx
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for replica_id, target in dict(moved).items():
            replica = replicas.get(ctx.catalog, replica_id)
            item = items.get(ctx.catalog, replica.item_id)
            replicas.set_path(transaction, replica, target)
            transaction.event(
                item.event(
                    EventType.FILENAME_CHANGE,
                    vault_id=vault.id,
                    detail={"drive": vault.label, "from": display(replica.path), "to": display(target)},
                )
            )
        intents.done(transaction, [intent])
    durable.done("committed")
