"""The intents that a crash left pending, one by one, oldest first."""

from __future__ import annotations

import os
from contextlib import suppress

from musicvault.catalog import intents
from musicvault.catalog.libraries import Library
from musicvault.catalog.placing_back import known
from musicvault.engine import rebuilding, replacing, retention
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opened import OpenVault, claimed
from musicvault.engine.parity import sets
from musicvault.engine.reconcile import copies, removals, renames
from musicvault.storage import traits
from musicvault.storage.vault import bag
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.layout import INCOMING


def reconcile_library(ctx: Context, library: Library) -> None:
    """Settle interrupted work on a library's own files, under its lock. Costs one query where there is none."""
    for intent in intents.pending(ctx.catalog, library_id=library.id):
        if intent.operation == replacing.OPERATION:
            replacing.settle(ctx, library, intent)
        elif intent.operation == "repair":
            rebuilding.finish_or_undo(ctx, library, intent)


def reconcile_vault(ctx: Context, presence: Presence) -> None:
    """Settle interrupted work on a vault that can be written, under its catalog lock, and fold what its journal holds.
    Costs one query and one look at the journal where there is nothing to do. Raises VaultError."""
    if presence.root is None or not presence.writable:
        return
    if not intents.pending(ctx.catalog, vault_id=presence.vault.id) and not _has_journal(presence.root):
        return
    with claimed(ctx, presence) as vault:
        settle(vault)
        vault.fold()


def _has_journal(root: bytes) -> bool:
    with suppress(OSError):
        return os.stat(os.path.join(root, b"musicvault/journal")).st_size > 0
    return False


def settle(vault: OpenVault) -> None:
    """Settle every pending intent of an open vault and clear `incoming/` of what nobody names. Raises VaultError."""
    for intent in intents.pending(vault.ctx.catalog, vault_id=vault.id):
        if intent.operation == "copy":
            copies.settle(vault, intent)
        elif intent.operation == "rename":
            renames.settle(vault, intent)
        elif intent.operation == retention.OPERATION:
            removals.settle(vault, intent)
        elif intent.operation == sets.OPERATION:
            sets.settle(vault, intent)
    _clear_incoming(vault)


def _clear_incoming(vault: OpenVault) -> None:
    traits.clear(vault.layout.root)
    with explained(vault.layout.incoming), suppress(FileNotFoundError):
        folder = vault.layout.guarded_folder(INCOMING)
        sets.clear_work(vault)
        left = [INCOMING + b"/" + name for name in os.listdir(folder)]
        if not left:
            return
        named = bag.statements(vault.layout.journal).aside
        for stored in left:
            if named.get(stored) is None and known(vault.ctx.catalog, vault.id, stored) is None:
                with suppress(OSError):
                    os.unlink(vault.layout.path(stored))
