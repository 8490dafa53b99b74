"""A copy's source that isn't what the catalog expects: judged as a scrub would, and copied nowhere (M3)."""

from __future__ import annotations

from musicvault.catalog.passes import Due
from musicvault.engine.context import Context
from musicvault.engine.judging import Look
from musicvault.engine.places import Reach
from musicvault.engine.placing import Wanted
from musicvault.engine.settling import Outcome, Settler
from musicvault.storage.reading import Reading


def judge(ctx: Context, reach: Reach, wanted: Wanted, reading: Reading) -> Outcome:
    """What became of the source. Empty where nothing can be said now: it changed since the last scan. Raises Locked
    where another job works there."""
    replica = wanted.source.replica
    place = reach.place(replica.vault_id, wanted.item.library_id) if replica is not None else None
    if replica is None or place is None:
        return Outcome()
    content = wanted.item.content
    due = Due(
        replica.id,
        replica.item_id,
        replica.content_id,
        replica.path,
        content.digests.blake3,
        replica.stat,
        replica.state.value,
        content.provisional,
    )
    return Settler(ctx, place).settle(Look(0, due, wanted.source.path, reading, None))
