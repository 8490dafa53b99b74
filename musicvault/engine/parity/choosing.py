"""How much parity a drive keeps: the user's choice."""

from __future__ import annotations

from musicvault.catalog import parity, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.parity import MOST_PERCENT
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.language import tr
from musicvault.storage.parity import program


def check_percent(percent: int) -> None:
    """Raises UsageError for what is no percentage of parity."""
    if not 0 <= percent <= MOST_PERCENT:
        raise UsageError(tr("Parity is a percentage from 0 (none) to {most}.", most=MOST_PERCENT))


def set_parity(ctx: Context, vault: Vault, percent: int) -> Vault:
    """Choose how much recovery data each album gets on a drive, in percent; 0 for none. The next sync follows. Raises
    UsageError, Locked."""
    check_percent(percent)
    if percent != vault.parity:
        with ctx.locked("drive parity", vaults=(vault.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
            vaults.set_parity(transaction, vault, percent)
    return vaults.by_id(ctx.catalog, vault.id) or vault


def size_of(ctx: Context, vault: Vault) -> int:
    """Bytes that the parity on a drive takes now."""
    return parity.size_on(ctx.catalog, vault.id)


def lack() -> str:
    """What is missing here to make parity; empty where nothing is."""
    return "" if program.executable() is not None else program.missing()
