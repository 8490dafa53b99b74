"""Editing tags, and undoing it to the byte. Vaults follow at the next sync."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from musicvault.audio import tagging
from musicvault.catalog import contents, history, items, libraries
from musicvault.catalog.history import Record
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain.events import EventType
from musicvault.domain.fields import SETTABLE
from musicvault.domain.marks import MARKS, RATING, checked, plays_of, stars_of
from musicvault.domain.notices import Advanced, Finished, ItemDone, Job, Started
from musicvault.domain.paths import display
from musicvault.domain.values import Kind
from musicvault.engine import replacing
from musicvault.engine.context import Context
from musicvault.engine.library import online
from musicvault.engine.reconcile.pending import reconcile_library
from musicvault.engine.replacing import Reason, replace_version
from musicvault.errors import ItemError, UsageError
from musicvault.language import tr
from musicvault.storage import durable

Edits = Mapping[str, tuple[str, ...]]


def retag(ctx: Context, item_ids: Sequence[int], edits: Edits, *, dry_run: bool = False) -> Job:
    """Set fields of tracks; an empty tuple removes a field. One batch, which `undo` takes back as a whole.

    Raises UsageError for a field that isn't editable. A track that can't be tagged is an item error and stays
    as it was.
    """
    unknown = [name for name in edits if name not in SETTABLE]
    for name in MARKS:
        if edits.get(name):
            _check_mark(name, edits[name])
    if unknown or not edits:
        wanted = ", ".join(SETTABLE)
        raise UsageError(
            tr("{name} can't be edited; these can: {fields}.", name=", ".join(unknown) or "-", fields=wanted)
        )
    chosen = [(item, library) for item, library in _chosen(ctx, item_ids) if item.kind is Kind.TRACK]
    reason = Reason({"edits": {name: list(values) for name, values in edits.items()}}, f"tag-{uuid.uuid4().hex}")
    counts: Counter[str] = Counter(tagged=0)
    yield Started("tag", "", len(chosen), None)
    with ctx.locked("tag", libraries=tuple({library.id for _, library in chosen})):
        _prepare(ctx, chosen, dry_run)
        for number, (item, library) in enumerate(chosen, 1):
            ctx.checkpoint()
            try:
                changes, unkept = _tag_one(ctx, library, item, edits, reason, dry_run)
                done, counted = ("tagged", "tagged") if changes else ("skipped", "already")
                counts[counted] += 1
                lacks = tr("the file could not keep: {attributes}", attributes=", ".join(unkept)) if unkept else ""
                yield ItemDone(done, item.path, library.name, reason=lacks, details=changes)
            except ItemError as error:
                counts["failed"] += 1
                yield ItemDone("failed", item.path, library.name, problem=error.problem)
            yield Advanced(number, 0, display(item.path))
    yield Finished("tag", dict(counts), 3 if counts["failed"] else 0)


def _check_mark(name: str, values: tuple[str, ...]) -> None:
    try:
        checked(name, values)
    except ValueError:
        wanted = tr("from 0 to 5, in halves") if name == RATING else tr("a whole number")
        raise UsageError(
            tr('"{value}" can\'t be the {field}: {wanted}.', value="; ".join(values), field=name, wanted=wanted)
        ) from None


def _prepare(ctx: Context, chosen: Sequence[tuple[Item, Library]], dry_run: bool) -> None:
    if dry_run:
        return
    for library in {library.id: library for _, library in chosen}.values():
        reconcile_library(ctx, library)
    replacing.expire_kept(ctx)


def _tag_one(
    ctx: Context, library: Library, item: Item, edits: Edits, reason: Reason, dry_run: bool
) -> tuple[dict[str, object], tuple[str, ...]]:
    """The changes by field, empty where the track has these values already; and attributes of the file (mode, owner …)
    that it couldn't keep."""
    before = contents.wrapper(ctx.catalog, item.content.id).fields
    container = contents.stream(ctx.catalog, item.content.id).container
    changes: dict[str, object] = {
        name: [list(before.get(name, ())), list(values)]
        for name, values in edits.items()
        if not _says(before, container, name, values)
    }
    if not online(ctx, library):
        raise ItemError(display(item.path), "tag", tr("the library is not connected"))
    if dry_run or not changes:
        return changes, ()
    path = os.path.join(library.root, item.path)

    def make(partial: bytes) -> None:
        found = durable.stage(path, partial, checkpoint=ctx.checkpoint)
        if found.digests.blake3 != item.content.digests.blake3:
            raise ItemError(display(item.path), "tag", tr("it changed since the last scan; scan first"))
        tagging.write(partial, edits)

    done = replace_version(ctx, library, item, make, reason)
    return (changes, done.unkept) if done is not None else ({}, ())


def _says(fields: Edits, container: str, name: str, values: tuple[str, ...]) -> bool:
    """Whether the track says that already, on whatever scale."""
    if name not in MARKS or not values or name not in fields:
        return fields.get(name, ()) == values
    return (stars_of(fields, container) if name == RATING else plays_of(fields)) == float(values[0])


def undo(ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job:
    """Take back one tag edit, or without `event_id` the last batch, byte for byte.

    Raises UsageError where there is nothing to undo.
    """
    records = _to_undo(ctx, event_id)
    batch = f"undo-{uuid.uuid4().hex}"
    counts: Counter[str] = Counter(undone=0)
    yield Started("undo", "", len(records), None)
    wanted = [record.item_id for record in records if record.item_id]
    chosen = {item.id: (item, library) for item, library in _chosen(ctx, wanted)}
    with ctx.locked("undo", libraries=tuple({library.id for _, library in chosen.values()})):
        _prepare(ctx, list(chosen.values()), dry_run)
        for record in reversed(records):
            ctx.checkpoint()
            if record.item_id not in chosen:
                continue
            item, library = chosen[record.item_id]
            try:
                reason = Reason({"undoes": record.id}, batch)
                now = items.get(ctx.catalog, item.id)
                replacing.take_back(ctx, library, now, record, reason, dry_run=dry_run)
                counts["undone"] += 1
                yield ItemDone("tagged", item.path, library.name, details=_reversed(record))
            except ItemError as error:
                counts["failed"] += 1
                yield ItemDone("failed", item.path, library.name, problem=error.problem)
    yield Finished("undo", dict(counts), 3 if counts["failed"] else 0)


def _to_undo(ctx: Context, event_id: int | None) -> list[Record]:
    if event_id is None:
        records = history.last_batch(ctx.catalog, EventType.METADATA_MODIFICATION.value)
        records = [record for record in records if not history.is_undone(ctx.catalog, record.id)]
        if not records:
            raise UsageError(tr("There is no tag edit to undo."))
        return records
    record = history.get(ctx.catalog, event_id)
    if record is None or record.detail.get("by") != replacing.OPERATION:
        raise UsageError(tr("Event {number} is no tag edit made by MusicVault.", number=event_id))
    if history.is_undone(ctx.catalog, event_id):
        raise UsageError(tr("Event {number} is undone already.", number=event_id))
    return [record]


def _reversed(record: Record) -> dict[str, object]:
    fields = record.detail.get("fields", {})
    assert isinstance(fields, dict)
    return {name: [after, before] for name, (before, after) in fields.items()}


def _chosen(ctx: Context, item_ids: Sequence[int]) -> Iterator[tuple[Item, Library]]:
    by_id = libraries.by_ids(ctx.catalog)
    for item in items.many(ctx.catalog, dict.fromkeys(item_ids)):
        if item.library_id in by_id and not item.forgotten:
            yield item, by_id[item.library_id]
