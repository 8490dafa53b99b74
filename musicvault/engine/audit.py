"""Is the log of events still what was written? Its chain tells of changes and gaps; the drives, which noted where it
ended, tell of an end that was cut off."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog import history
from musicvault.catalog.database import Catalog
from musicvault.catalog.history import Head
from musicvault.engine.context import Context
from musicvault.engine.locating import locate
from musicvault.storage.vault.heads import LogHead, noted_head
from musicvault.storage.vault.layout import VaultLayout


def log_head(catalog: Catalog) -> LogHead | None:
    """Where the log ends now, in the form in which a drive notes it."""
    head = history.head(catalog)
    return None if head is None else LogHead(head.number, head.digest, catalog.catalog_id)


@dataclass(frozen=True, slots=True)
class Witness:
    """A drive that noted an end of this log: `holds` says whether the log still has that event."""

    label: str
    number: int
    holds: bool


@dataclass(frozen=True, slots=True)
class LogCheck:
    """`broken_at` is the number of the first event that isn't what was written, None where the chain fits."""

    events: int
    broken_at: int | None
    witnesses: tuple[Witness, ...]

    @property
    def holds(self) -> bool:
        return self.broken_at is None and all(witness.holds for witness in self.witnesses)


def check_log(ctx: Context) -> LogCheck:
    """Walk the chain, and ask the drives that are connected. Read-only."""
    walked = history.verify(ctx.catalog)
    witnesses = []
    for presence in locate(ctx):
        noted = noted_head(VaultLayout(presence.root)) if presence.root is not None else None
        if noted is not None and noted.catalog_id == ctx.catalog.catalog_id:
            holds = history.has(ctx.catalog, Head(noted.number, noted.digest))
            witnesses.append(Witness(presence.vault.label, noted.number, holds))
    return LogCheck(walked.events, walked.broken_at, tuple(witnesses))
