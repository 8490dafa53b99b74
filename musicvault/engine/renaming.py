"""Renames on a vault: the item is called otherwise in the library now, so its copy follows without being copied again.

All lines of a batch are journaled first; then each file moves without clobbering. Where names swap, the first one
waits in `incoming/` meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import intents, items, libraries, replicas
from musicvault.catalog.database import Catalog
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.needs import Need
from musicvault.domain.paths import RelPath
from musicvault.engine import renamed
from musicvault.engine.locating import Presence
from musicvault.engine.naming import Naming, stands_for
from musicvault.engine.opened import OpenVault
from musicvault.engine.reconcile.renames import settle
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.vault.faults import is_protected
from musicvault.storage.vault.layout import VaultLayout, incoming_path, is_incoming

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
    """A copy that can't be renamed: something protects it or a folder, or has its new name."""

    item: Item
    problem: str


def rename(vault: OpenVault, item_ids: Sequence[int]) -> Iterator[Item | Stays]:
    """Rename the copies of these items to what the items are called now; yields each item when it is done, and those
    that are left out."""
    wanted = _wanted(vault.ctx.catalog, vault.id, item_ids)
    stays = {one.item.id: problem for one in wanted if (problem := _has_no_folder(vault, one)) is not None}
    stays |= _hindered(vault.layout, wanted, stays)
    yield from stays.values()
    for hops in _batches(_ordered([one for one in wanted if one.item.id not in stays])):
        vault.ctx.checkpoint()
        problems = _carry_out(vault, hops)
        done = {hop.renaming.item.id: hop.renaming.item for hop in hops if hop.renaming.item.id not in problems}
        vault.changed(len(done))
        yield from done.values()
        yield from problems.values()


def foreseen(catalog: Catalog, presence: Presence, renames: Iterable[Need]) -> dict[int, Stays]:
    """By item the copies that can't be renamed now on this drive, which is there. Only looks."""
    assert presence.root is not None
    return _hindered(VaultLayout(presence.root), _wanted(catalog, presence.vault.id, [one.item_id for one in renames]))


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


def _wanted(catalog: Catalog, vault_id: str, item_ids: Sequence[int]) -> list[Renaming]:
    naming = Naming(catalog, vault_id)
    found = []
    for item_id in item_ids:
        item = items.get(catalog, item_id)
        library = libraries.by_id(catalog, item.library_id)
        replica = replicas.in_vault(catalog, vault_id, item_id)
        if library is not None and replica is not None and not stands_for(replica.path, item.path):
            found.append(Renaming(item, replica, library.slug, naming.target(library.slug, item.path, replica.path)))
    return found


def _hindered(layout: VaultLayout, wanted: Sequence[Renaming], stays: Container[int] = ()) -> dict[int, Stays]:
    """Copies that aren't there, and those whose new name something has that won't go: a stranger's file, or a copy that
    stays itself (`stays`, by item, for other reasons)."""
    wanted = [one for one in wanted if one.item.id not in stays]
    gone = tr("it can't be renamed: its copy isn't in its place; a scrub says what became of it")
    taken = tr("it can't be renamed: something else has its new name on the drive")
    found = {one.item.id: Stays(one.item, gone) for one in wanted if not layout.has(one.replica.path)}
    occupied = {one.target for one in wanted if layout.has(one.target)}
    while True:
        leaving = {one.replica.path for one in wanted if one.item.id not in found}
        stuck = [one for one in wanted if one.item.id not in found and one.target in occupied - leaving]
        if not stuck:
            return found
        found |= {one.item.id: Stays(one.item, taken) for one in stuck}


def _ordered(waiting: Sequence[Renaming]) -> Iterator[Hop]:
    """Hops in an order in which every target is free when its turn comes."""
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
