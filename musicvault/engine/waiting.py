"""What waits for a drive: copies that it lacks, and copies on it whose proof is overdue. "Plug in B: 312 files"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musicvault.catalog import holders, leaving, rules
from musicvault.engine.context import Context
from musicvault.engine.drives import Presence


@dataclass(frozen=True, slots=True)
class Waiting:
    """The to-do list of one drive: `overdue` copies to prove, `lacking` copies (of so many `bytes`) to make. `needed`:
    of how many of them there are too few copies."""

    vault_id: str
    label: str
    online: bool
    overdue: int
    lacking: int
    bytes: int
    needed: int = 0

    @property
    def files(self) -> int:
        return self.overdue + self.lacking


def waiting(ctx: Context, presences: Sequence[Presence]) -> list[Waiting]:
    """What waits for each of these drives; retired ones wait for nothing. Read-only."""
    policy = rules.numbered(ctx.catalog)
    known = {drive.id: drive for drive in holders.every(ctx.catalog)}
    found = []
    for presence in presences:
        vault = presence.vault
        drive = known.get(vault.id)
        if drive is None or vault.retired:
            found.append(Waiting(vault.id, vault.label, presence.online, 0, 0, 0))
            continue
        permitted = [stored.id for stored in policy if stored.rule.permits(drive)]
        lacking, size, needed = leaving.missed(ctx.catalog, vault.id, permitted) if permitted else (0, 0, 0)
        overdue = leaving.overdue(ctx.catalog, vault.id, ctx.now())
        found.append(Waiting(vault.id, vault.label, presence.online, overdue, lacking, size, needed))
    return found
