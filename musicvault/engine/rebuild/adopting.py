"""Making a vault this catalog's own, by the user's word: a fold writes the new owner."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace

from musicvault.catalog import vaults
from musicvault.catalog.vaults import Vault
from musicvault.engine import audit, listing, snapshots
from musicvault.engine.context import Context
from musicvault.engine.rebuild.sources import Source
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import durable
from musicvault.storage.vault import bag
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import INCOMING, VaultLayout
from musicvault.storage.vault.lockfile import VaultLock


def adopt(ctx: Context, source: Source, vault: Vault) -> str:
    """Write this catalog into the vault as its owner, and a snapshot of the catalog with it. The caller holds the
    vault's catalog lock. Lists that are damaged are written anew from what the catalog knows. Gives why no snapshot
    could be written (the next job tries again), in words for the user; nothing where one was.

    Raises Locked, NoSpace, DriveUnwritable, DriveGone, VaultError, with the vault as it was or adopted.
    """
    layout = source.layout
    generation = source.generation + 1
    with ctx.catalog.transaction(ctx.now()) as transaction:
        vaults.set_generation(transaction, vault.id, generation)
    durable.done("claimed")
    mine = replace(source.identity, owner=ctx.catalog.catalog_id, label=vault.label, site=vault.site)
    with explained(layout.root):
        os.makedirs(layout.guarded(INCOMING), exist_ok=True)
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now), Journal(layout.journal) as open_journal:
        damaged = bag.damaged_lists(layout) or not bag.manifest_reads(layout)
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
        _clear_incoming(layout)
        try:
            snapshots.write(ctx, vault, layout)
        except VaultError as error:
            return tr(
                "It belongs to this catalog now, but no snapshot could be written to it: {cause}", cause=str(error)
            )
    return ""


def _clear_incoming(layout: VaultLayout) -> None:
    """What is left there by now is named by no line: it was never whole, or its bytes stand elsewhere."""
    folder = layout.guarded_folder(INCOMING)
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))
