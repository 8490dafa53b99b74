"""Taking the user's word back: the catalog stands as it did before the decision, in one transaction for each file.

After an `accept` the proven version is expected again, and is put back from a drive as by `reject`; where no copy of it
is within reach, the file waits for a decision as it did before. After a `forget` the file is expected again, and is as
missing as it was: whether it is to be restored is another word.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager

from musicvault.catalog import contents, findings, forgotten, items, libraries, replicas
from musicvault.catalog.contents import Content
from musicvault.catalog.history import Record
from musicvault.catalog.items import Item
from musicvault.domain.events import EventType
from musicvault.domain.notices import Finished, ItemDone, Job, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState, transition
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.engine.context import Context
from musicvault.engine.repair import put_back
from musicvault.engine.revoking import to_undo
from musicvault.errors import UsageError
from musicvault.language import tr

ACCEPT = "accept"
FORGET = "forget"


def undo_accept(ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job:
    """Take back one acceptance, or without `event_id` the last word, which may have been about several files.

    Raises UsageError where there is none, or where the file has changed again since.
    """
    records = to_undo(
        ctx,
        event_id,
        EventType.DECISION,
        ACCEPT,
        none=tr("There is no acceptance to undo."),
        other=lambda number: tr("Event {number} is no acceptance.", number=number),
    )
    wanted = [(record, *_versions(ctx, record)) for record in records]
    ids = [item.id for _, item, _ in wanted]
    if dry_run:
        yield Started(ACCEPT, "", len(wanted), None)
        for _, item, before in wanted:
            library = libraries.by_id(ctx.catalog, item.library_id)
            yield ItemDone("rejected", item.path, "" if library is None else library.name, before.digests.size)
        yield Finished(ACCEPT, {"rejected": len(wanted)})
        return
    batch = f"undo-{uuid.uuid4().hex}"
    with ctx.locked("accept", libraries=tuple({item.library_id for _, item, _ in wanted})):
        for record, item, before in wanted:
            _reopen(ctx, record, item, before, batch)
    for notice in put_back(ctx, "reject", ids):
        yield Finished(ACCEPT, notice.counts, notice.exit_code) if isinstance(notice, Finished) else notice


def _versions(ctx: Context, record: Record) -> tuple[Item, Content]:
    """The item, and its content before the decision."""
    assert record.item_id is not None
    item = items.get(ctx.catalog, record.item_id)
    before, after = (bytes.fromhex(str(record.detail[key])) for key in ("before", "after"))
    if item.content.digests.blake3 != after or item.forgotten:
        raise UsageError(tr("{file} has changed again since; nothing was taken back.", file=display(item.path)))
    known = [content for content in contents.versions(ctx.catalog, item.id) if content.digests.blake3 == before]
    if not known:
        raise UsageError(tr("The version of {file} before that is not known any more.", file=display(item.path)))
    return item, known[0]


def _reopen(ctx: Context, record: Record, item: Item, before: Content, batch: str) -> None:
    """As it was before the decision: the proven version is expected, and what stands there waits."""
    library = libraries.by_id(ctx.catalog, item.library_id)
    assert library is not None
    verdict = Verdict(str(record.detail["verdict"]))
    replica = replicas.in_library(ctx.catalog, item.id)
    expected = contents.recorded(ctx.catalog, before.id, item.kind, replica.stat)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.make_current(transaction, item, before.id, expected)
        if verdict is Verdict.CORRUPT:
            items.set_born_damaged(transaction, item.id, False)
        replicas.set_state(transaction, replica, transition(ReplicaState.INTACT, verdict))
        finding = Finding(item.path, library.name, verdict, (Evidence("acceptance-undone"),))
        findings.keep(transaction, replica.id, finding, item.content.id)
        transaction.event(
            item.event(
                EventType.DECISION,
                detail={
                    "decision": f"undo {ACCEPT}",
                    "undoes": record.id,
                    "before": item.content.digests.blake3.hex(),
                    "after": before.digests.blake3.hex(),
                },
                batch=batch,
            )
        )


def undo_forget(ctx: Context, event_id: int | None = None, *, dry_run: bool = False) -> Job:
    """Expect files again that were let go, by one event or, without `event_id`, by the last word. Those that are there
    again, and so expected already, are passed over; those whose last copy has left the drives stay let go.

    Raises UsageError where there is no such word, Locked while a job works on a drive with such copies.
    """
    records = to_undo(
        ctx,
        event_id,
        EventType.DECISION,
        FORGET,
        none=tr("No file was let go that could be taken back."),
        other=lambda number: tr("Event {number} let no file go.", number=number),
    )
    counts: Counter[str] = Counter(expected=0)
    batch = f"undo-{uuid.uuid4().hex}"
    yield Started(FORGET, "", len(records), None)
    with _holding_copies(ctx, records):
        for record in records:
            ctx.checkpoint()
            assert record.item_id is not None
            item = items.get(ctx.catalog, record.item_id)
            if not item.forgotten:
                continue
            library = libraries.by_id(ctx.catalog, item.library_id)
            where = "" if library is None else library.name
            if not forgotten.keepers(ctx.catalog, item.id):
                counts["failed"] += 1
                gone = tr("its last copy has left the drives by now")
                yield ItemDone("failed", item.path, where, problem=gone)
                continue
            if not dry_run:
                _expect(ctx, record, item, where, batch)
            counts["expected"] += 1
            yield ItemDone("expected", item.path, where, item.content.digests.size)
    yield Finished(FORGET, dict(counts), 3 if counts["failed"] else 0)


def _holding_copies(ctx: Context, records: Sequence[Record]) -> AbstractContextManager[None]:
    """Nobody lets a copy of these items go meanwhile: a sync that has a proof for that has its vault locked."""
    held = {vault for one in records for vault in forgotten.keepers(ctx.catalog, one.item_id or 0)}
    known = {one.library_id for one in records if one.library_id is not None}
    return ctx.locked(FORGET, libraries=tuple(known), vaults=tuple(held))


def _expect(ctx: Context, record: Record, item: Item, where: str, batch: str) -> None:
    """As it was before it was let go: expected, and missing."""
    replica = replicas.in_library(ctx.catalog, item.id)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.set_expected(transaction, item.id)
        replicas.set_state(transaction, replica, ReplicaState.MISSING)
        finding = Finding(item.path, where, Verdict.MISSING, (Evidence("forgetting-undone"),))
        findings.keep(transaction, replica.id, finding, None)
        transaction.event(
            item.event(EventType.DECISION, detail={"decision": f"undo {FORGET}", "undoes": record.id}, batch=batch)
        )
