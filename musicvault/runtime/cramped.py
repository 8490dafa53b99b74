"""Drives that were too full: when there is more room on one, what was left out may fit."""

from __future__ import annotations

from collections.abc import Collection

from musicvault.catalog import vaults
from musicvault.engine.context import Context
from musicvault.errors import NoSpace, VaultError
from musicvault.storage import answering, volumes

ENOUGH = 64 << 20
"""So many bytes more are worth another look, and less where less is missing: what is free on a disk that others use
goes up and down all the time."""


class Cramped:
    """What was free, in bytes, on the drives of a sync for which one of them had too little."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._free: dict[str, int] = {}
        self._enough = ENOUGH

    def note(self, vault_ids: Collection[str], outcome: VaultError | None) -> None:
        """A sync of these drives ended so."""
        self._free = self._now(vault_ids) if isinstance(outcome, NoSpace) else {}
        if isinstance(outcome, NoSpace) and outcome.lacking:
            self._enough = min(ENOUGH, outcome.lacking)

    def has_room(self) -> bool:
        """Whether there is more room now than there was."""
        now = self._now(self._free) if self._free else {}
        return any(free - self._free[vault_id] >= self._enough for vault_id, free in now.items())

    def _now(self, vault_ids: Collection[str]) -> dict[str, int]:
        known = [vault for vault in vaults.every(self._ctx.catalog) if vault.id in vault_ids]
        return {vault.id: volumes.space(vault.folder)[0] for vault in known if answering.within_reach(vault.folder)}
