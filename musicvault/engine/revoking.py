"""Which of the user's decisions an undo takes back: that of one event in the history, or the last word, which may have
been about several files. Nothing is taken back twice."""

from __future__ import annotations

from collections.abc import Callable

from musicvault.catalog import history
from musicvault.catalog.history import Record
from musicvault.domain.events import EventType
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.language import tr


def to_undo(
    ctx: Context, event_id: int | None, kind: EventType, decision: str, *, none: str, other: Callable[[int], str]
) -> list[Record]:
    """The events that say this `decision` and are to be taken back.

    Raises UsageError: `none` where there is no such word to take back, `other` of an event that says something else.
    """
    if event_id is None:
        records = history.last_batch(ctx.catalog, kind.value, decision)
        records = [one for one in records if _says(one, kind, decision) and not history.is_undone(ctx.catalog, one.id)]
        if not records:
            raise UsageError(none)
        return records
    record = history.get(ctx.catalog, event_id)
    if record is None or not _says(record, kind, decision):
        raise UsageError(other(event_id))
    if history.is_undone(ctx.catalog, event_id):
        raise UsageError(tr("Event {number} is undone already.", number=event_id))
    return [record]


def _says(record: Record, kind: EventType, decision: str) -> bool:
    return record.type == kind.value and record.detail.get("decision") == decision and record.item_id is not None
