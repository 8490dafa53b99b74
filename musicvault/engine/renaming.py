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
from musicvault.domain.paths import RelPath
from musicvault.engine import renamed
from musicvault.engine.naming import Naming, stands_for
from musicvault.engine.opened import OpenVault
from musicvault.engine.reconcile.renames import settle
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.vault.faults import is_protected
from musicvault.storage.vault.layout import incoming_path, is_incoming

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


@dataclass(frozen=True, slots=True)
class Stays:
    """A copy that can't be renamed, because something protects it or a folder."""

    item: Item
    problem: str


def rename(vault: OpenVault, item_ids: Sequence[int]) -> Iterator[Item | Stays]:
    """Rename the copies of these items to what the items are called now; yields each item when it is done."""
    naming = Naming(vault.ctx.catalog, vault.id)
    wanted = []
    for item_id in item_ids:
        found = _wanted(vault, naming, item_id)
        problem = _has_no_folder(vault, found) if found is not None else None
        if problem is not None:
            yield problem
        elif found is not None:
            wanted.append(found)
    for hops in _batches(_ordered(vault, wanted)):
        vault.ctx.checkpoint()
        problems = _carry_out(vault, hops)
        done = {hop.renaming.item.id: hop.renaming.item for hop in hops if hop.renaming.item.id not in problems}
        vault.changed(len(done))
        yield from done.values()
        yield from problems.values()


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


def _has_no_folder(vault: OpenVault, wanted: Renaming) -> Stays | None:
    """Why there can't be the folder that a copy should go to."""
    try:
        vault.layout.ensure_parent(wanted.target)
    except VaultError as error:
        if not is_protected(error):
            raise
        return _protected(wanted, error)
    return None


def _protected(wanted: Renaming, error: VaultError) -> Stays:
    return Stays(wanted.item, tr("its copy could not be renamed: {cause}", cause=str(error)))


def _carry_out(vault: OpenVault, hops: Sequence[Hop]) -> dict[int, Stays]:
    """Move them in this order; gives by item id the copies that stayed where they were."""
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
    vault.write([renamed.record(vault, hop.renaming.replica.id, hop.source, hop.target) for hop in hops])
    durable.done("journaled")
    touched: list[bytes] = []
    problem: VaultError | None = None
    for hop in hops:
        source, target = vault.layout.guarded(hop.source), vault.layout.guarded(hop.target)
        try:
            durable.place(source, target)
        except VaultError as error:
            if not is_protected(error):
                raise
            problem = error
            break
        touched += (target, source)
    durable.sync_folders(touched)
    if problem is None:
        renamed.commit(vault, [(hop.renaming.replica.id, hop.target) for hop in hops], intent)
        return {}
    settle(vault, intents.get(ctx.catalog, intent))  # as after a crash
    ends = {hop.renaming.replica.id: hop for hop in hops}
    stayed = [hop.renaming for number, hop in ends.items() if replicas.get(ctx.catalog, number).path != hop.target]
    return {one.item.id: _protected(one, problem) for one in stayed}
