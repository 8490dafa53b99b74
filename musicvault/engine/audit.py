"""Is the log of events still what was written? Its chain tells of changes and gaps; the drives and a file beside the
catalog, where its end was noted, tell of an end that was cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from musicvault.catalog import history
from musicvault.catalog.database import Catalog
from musicvault.catalog.noted import Head
from musicvault.domain.events import Event, EventType, Outcome
from musicvault.engine.context import Context
from musicvault.engine.locating import locate
from musicvault.language import tr, trn
from musicvault.storage.vault.heads import LogHead, noted_head
from musicvault.storage.vault.layout import VaultLayout


def log_head(catalog: Catalog) -> LogHead | None:
    """Where the log ends now, in the form in which a drive notes it."""
    head = history.head(catalog)
    return None if head is None else LogHead(head.number, head.digest, catalog.catalog_id)


@dataclass(frozen=True, slots=True)
class Witness:
    """Who noted an end of this log: a drive, by its label, or the computer, beside its catalog (None). `holds` says
    whether the log still has that event."""

    label: str | None
    number: int
    holds: bool

    @property
    def sentence(self) -> str:
        if self.label is None:
            return (
                tr("The computer noted event {number}, and the log has it.", number=self.number)
                if self.holds
                else tr(
                    "The computer noted event {number}, and the log doesn't have it any more: its end was cut off or "
                    "rewritten, or an older catalog was put in its place. That stays noted in the file .head beside "
                    "it.",
                    number=self.number,
                )
            )
        if self.holds:
            return tr("{drive} noted event {number}, and the log has it.", drive=self.label, number=self.number)
        return tr(
            "{drive} noted event {number}, and the log doesn't have it any more: its end was cut off or rewritten.",
            drive=self.label,
            number=self.number,
        )


@dataclass(frozen=True, slots=True)
class LogCheck:
    """`broken_at` is the number of the first event that isn't what was written, None where the chain fits. `guarded`:
    what keeps the log append-only stood in its place."""

    events: int
    broken_at: int | None
    guarded: bool
    witnesses: tuple[Witness, ...]

    @property
    def holds(self) -> bool:
        return self.broken_at is None and self.guarded and all(witness.holds for witness in self.witnesses)

    @property
    def sentence(self) -> str:
        """What came of it, for people."""
        if self.broken_at is not None:
            return tr("Event {number} isn't what was written, or it or one before it is gone.", number=self.broken_at)
        if not all(witness.holds for witness in self.witnesses):
            return tr("The log has lost events that were noted elsewhere.")
        if not self.guarded:
            return tr(
                "Each event is as it was written, but somebody took away what keeps them from being changed. It is in "
                "its place again."
            )
        return trn("{count} event, each as it was written.", "{count} events, each as it was written.", self.events)


def check_log(ctx: Context) -> LogCheck:
    """Walk the chain, and ask the drives that are connected. Where what keeps the log append-only was taken away it is
    put in its place again, and the log says so; nothing else is written."""
    walked = history.verify(ctx.catalog)
    guarded = history.is_guarded(ctx.catalog)
    if not guarded:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            history.guard(transaction)
            transaction.event(Event(EventType.FIXITY_CHECK, Outcome.FAIL, detail={"log": "unguarded"}))
    return LogCheck(walked.events, walked.broken_at, guarded, tuple(_witnesses(ctx)))


def _witnesses(ctx: Context) -> Iterator[Witness]:
    beside = history.noted_beside(ctx.catalog)
    if beside is not None:
        yield Witness(None, beside.number, history.has(ctx.catalog, beside))
    for presence in locate(ctx):
        noted = noted_head(VaultLayout(presence.root)) if presence.root is not None else None
        if noted is not None and noted.catalog_id == ctx.catalog.catalog_id:
            holds = history.has(ctx.catalog, Head(noted.number, noted.digest))
            yield Witness(presence.vault.label, noted.number, holds)
