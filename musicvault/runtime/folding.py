"""When the drives' lists follow what was done to them: at once after a long rest, else every quarter of an hour.

A single change then costs one file and one line of the journal (`resources/docs/format.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from musicvault.domain.notices import never_stops
from musicvault.engine.context import Context
from musicvault.engine.folding import fold
from musicvault.errors import VaultError

EVERY_S = 900.0


@dataclass(slots=True)
class Folding:
    """What was left to do. `steady` gives steady seconds."""

    ctx: Context
    steady: Callable[[], float]
    _folded_at: float | None = None
    _left: bool = False

    @property
    def _is_fresh(self) -> bool:
        return self._folded_at is not None and 0 <= self.steady() - self._folded_at < EVERY_S

    def begin(self) -> bool:
        """A sync begins: whether it may leave the lists for later."""
        self._left = True
        return self._is_fresh

    def done(self, began: float) -> None:
        """A sync that began then (steady seconds) has brought the lists up to date as well."""
        self._folded_at, self._left = began, False

    def round(self, vault_ids: Collection[str]) -> None:
        """Let the lists of these drives follow, when it is time. Raises VaultErrors."""
        if self._left and self._folded_at is not None and not self._is_fresh:
            self._folded_at = self.steady()
            self._left = not fold(self.ctx, vault_ids)

    def end(self, vault_ids: Collection[str]) -> None:
        """Leave the drives as other tools want them. Where that fails, the next job sees to it."""
        if self._left and self.ctx.catalog.is_in_place:
            with suppress(VaultError):
                fold(self.ctx.with_checkpoint(never_stops), vault_ids)
