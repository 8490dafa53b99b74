"""Making a vault this catalog's own, by the user's word: work that the old computer left is rolled forward first, then
a fold writes the new owner."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from musicvault.catalog import vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.paths import RelPath
from musicvault.engine import audit, listing, snapshots
from musicvault.engine.context import Context
from musicvault.engine.rebuild.sources import Source
from musicvault.errors import ItemError
from musicvault.storage import durable
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import read_file
from musicvault.storage.vault import bag, journal
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import INCOMING, VaultLayout, is_incoming
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.records import Operation, Record

_MOVES = frozenset({Operation.VERSION, Operation.QUARANTINE, Operation.RENAME})


def roll_forward(ctx: Context, source: Source) -> int:
    """Carry out the moves that the journal states and a crash kept from happening, where the bytes are whole; gives how
    many. The copy that was on its way may be the only one of that music. Raises VaultError, Locked."""
    layout = source.layout
    statements = journal.replay(layout.journal).records
    if not statements:
        return 0
    newest = {path: number for number, one in enumerate(statements) for path in filter(None, (one.source, one.path))}
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now):
        arriving = _arriving(ctx, layout, statements)
        with explained(layout.root):
            return sum(
                _carried_out(ctx, layout, one, arriving)
                for number, one in enumerate(statements)
                if newest[one.path] == number
            )


def _arriving(ctx: Context, layout: VaultLayout, statements: Sequence[Record]) -> Mapping[bytes, RelPath]:
    """By SHA-256, the whole files in `incoming/` that some statement waits for."""
    wanted = {one.sha256 for one in statements if one.sha256}
    found: dict[bytes, RelPath] = {}
    for seen in tree.walk(layout.root, INCOMING, ctx.checkpoint):
        if seen.sort is Sort.FILE:
            with suppress(ItemError):
                digest = _sha256(ctx, layout, seen.path)
                if digest in wanted:
                    found[digest] = seen.path
    return found


def _carried_out(ctx: Context, layout: VaultLayout, one: Record, arriving: Mapping[bytes, RelPath]) -> bool:
    if one.operation not in _MOVES | {Operation.PUT, Operation.REPLACE}:
        return False
    origin = one.source if one.operation in _MOVES else arriving.get(one.sha256)
    if origin is None or is_incoming(one.path) or tree.look(layout.root, one.path) is not None:
        return False
    there = tree.look(layout.root, origin)
    if there is None or there.sort is not Sort.FILE:
        return False
    try:
        if one.sha256 and _sha256(ctx, layout, origin) != one.sha256:
            return False
    except ItemError:
        return False
    target = layout.ensure_parent(one.path)
    if one.operation in (Operation.PUT, Operation.REPLACE) and one.mtime_ns:
        with suppress(OSError):
            durable.set_mtime(layout.guarded(origin), one.mtime_ns)
    durable.place(layout.guarded(origin), target)
    durable.sync_folder(os.path.dirname(target))
    return True


def _sha256(ctx: Context, layout: VaultLayout, stored: RelPath) -> bytes:
    reading = read_file(layout.path(stored), blocks=False, from_device=True, checkpoint=ctx.checkpoint)
    return reading.digests.sha256


def adopt(ctx: Context, source: Source, vault: Vault) -> None:
    """Write this catalog into the vault as its owner, and a snapshot of the catalog with it. The caller holds the
    vault's catalog lock. Lists that are damaged are written anew from what the catalog knows.

    Raises Locked, NoSpace, DriveUnwritable, DriveGone, VaultError, with the vault as it was or adopted.
    """
    layout = source.layout
    generation = source.generation + 1
    with ctx.catalog.transaction(ctx.now()) as transaction:
        vaults.set_generation(transaction, vault.id, generation)
    mine = replace(source.identity, owner=ctx.catalog.catalog_id, label=vault.label, site=vault.site)
    with explained(layout.root):
        os.makedirs(layout.guarded(INCOMING), exist_ok=True)
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now), Journal(layout.journal) as open_journal:
        damaged = bag.damaged_lists(layout)
        known = listing.contents(ctx.catalog, vault.id, now=ctx.now(), generation=generation) if damaged else None
        bag.fold(
            layout,
            open_journal,
            now=int(ctx.now()),
            generation=generation,
            identity=mine,
            contents=known,
            head=audit.log_head(ctx.catalog),
        )
        snapshots.write(ctx, vault, layout)
