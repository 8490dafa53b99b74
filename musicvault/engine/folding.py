"""The drives' lists after lazy jobs: their journals state all, but other tools read the manifests."""

from __future__ import annotations

from collections.abc import Collection

from musicvault.engine import locating
from musicvault.engine.context import Context
from musicvault.engine.reconcile.pending import reconcile_vault
from musicvault.errors import CatalogDamaged, CatalogNewer, VaultError


def fold(ctx: Context, vault_ids: Collection[str]) -> bool:
    """Carry the journals of these drives into their lists, where they are there. Whether that worked for all: what
    another process is at, or what can't be written now, is in the journal still. Raises CatalogDamaged, CatalogNewer.
    """
    done = True
    for presence in locating.locate(ctx):
        if presence.vault.id not in vault_ids or not presence.writable:
            continue
        try:
            with ctx.locked("sync", vaults=(presence.vault.id,)):
                reconcile_vault(ctx, presence)
        except (CatalogDamaged, CatalogNewer):
            raise
        except VaultError:
            done = False
    return done
