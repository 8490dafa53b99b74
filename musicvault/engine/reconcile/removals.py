"""Removals that were interrupted: what the journal says is removed goes, where it still may.

The proof that allowed the removal is asked for again: between the crash and now the user may have taken back the word
that let the file go, and then the drive's copy can be the only one (M1). Where there is no proof any more the copy
stays, and the journal says so.
"""

from __future__ import annotations

from typing import Any

from musicvault.catalog.intents import Intent
from musicvault.engine import listing, retention
from musicvault.engine.opened import OpenVault
from musicvault.engine.reconcile.spoken import Spoken
from musicvault.storage.vault.records import Operation


def settle(vault: OpenVault, intent: Intent) -> None:
    """Raises VaultError."""
    raw: Any = intent.detail["replicas"]
    spoken = Spoken.since(vault, int(str(intent.detail["generation"])))
    newest = {line.path: line.operation for line in spoken.records}
    gone: list[tuple[int, bytes]] = []
    kept: list[int] = []
    for replica_id, name in raw:
        stored = name.encode("utf-8")
        if newest.get(stored) is not Operation.REMOVE:
            continue
        if vault.layout.has(stored) and not retention.may_go(vault, replica_id):
            kept.append(replica_id)
        else:
            gone.append((replica_id, stored))
    vault.write(listing.expected(vault.ctx.catalog, kept, now=vault.ctx.now(), generation=vault.generation))
    retention.carry_out(vault, gone, intent.id)
