"""The service's healing: repairing what is damaged, once for each new state of things."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from musicvault.domain.notices import Notice
from musicvault.engine import matters
from musicvault.engine.context import Context
from musicvault.engine.repair import repair
from musicvault.runtime.running import Running

LONGEST_RETRY_S = 6 * 3600.0
"""A repair that was stopped is tried again later and later, at last so far apart."""


@dataclass(slots=True)
class Healing:
    """When to repair next, and repairing. `steady` gives steady seconds."""

    ctx: Context
    running: Running
    steady: Callable[[], float]
    _may: bool = True
    _at: float | None = None
    _wait: float = 0.0
    _healed: tuple[int, object] | None = None

    def soon(self) -> None:
        """Something changed: look with the next round whether anything can be repaired by now."""
        self._may = True

    def again(self, seconds: float) -> None:
        """Try once more in so many seconds, and later each time that it fails."""
        self._wait = max(seconds, min(2 * self._wait, LONGEST_RETRY_S))
        self._at = self.steady() + self._wait

    def round(self, scene: object, *, found: bool) -> Generator[Notice, None, int | None]:
        """Repair where there is damage, unless all was so before: `scene` says which places are there, `found` that
        damage was met since. Gives by how many copies the damage shrank; None where no repair came to its end."""
        due = self._at is not None and self.steady() >= self._at
        if not (self._may or found or due):
            return None
        self._may, self._at = False, None
        damage = matters.standing_damage(self.ctx)
        if (not damage or (damage, scene) == self._healed) and not (found or due):
            return None
        if not (yield from self.running.run("repair", "", repair(self.ctx), self.again)):
            return None
        self._wait = 0.0
        left = matters.standing_damage(self.ctx)
        self._healed = left, scene
        return damage - left
