"""The user's word on what was held: accept the new version, put the proven one back, or let a file go.

Each is previewed with `dry_run`, logged, and touches only items where there is something to decide.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicvault.catalog import contents, findings, items, libraries, replicas
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.domain import comparison
from musicvault.domain.events import EventType
from musicvault.domain.notices import Finished, ItemDone, Job, Notice, Started
from musicvault.domain.paths import display
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Verdict
from musicvault.engine import braking, comparing, places
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.places import Reach
from musicvault.engine.reconcile.pending import reconcile_library
from musicvault.engine.repair import put_back
from musicvault.errors import ItemError
from musicvault.language import tr

_OPEN = (ReplicaState.HELD, ReplicaState.CORRUPT)
_COMPARED = 20
"""Of so many files a preview says which seconds sound otherwise: both versions are read for that."""


def accept(ctx: Context, item_ids: Sequence[int], *, dry_run: bool = False) -> Job:
    """Make what stands in the library the new expectation, for held and replaced files and, where the user says so,
    for files judged damaged. The file is read again first: only what was judged is accepted. A dry run compares what
    stands there with what was proven, field by field, picture by picture and (of a few files) second by second."""
    counts: Counter[str] = Counter(accepted=0)
    chosen = _chosen(ctx, item_ids)
    accepting = _Accepting(uuid.uuid4().hex, places.reachable(ctx) if dry_run else None)
    yield Started("accept", "", len(chosen), None)
    with ctx.locked("accept", libraries=_libraries_of(chosen)):
        _reconcile(ctx, chosen, dry_run)
        for item, library in chosen:
            ctx.checkpoint()
            replica = replicas.in_library(ctx.catalog, item.id)
            if replica.state not in _OPEN:
                continue
            try:
                yield _accept_one(ctx, item, library, accepting)
                counts["accepted"] += 1
            except ItemError as error:
                counts["failed"] += 1
                yield ItemDone("failed", item.path, library.name, problem=str(error))
        if not dry_run:
            braking.lift(ctx, _libraries_of(chosen))
    yield Finished("accept", dict(counts), 3 if counts["failed"] else 0)


@dataclass(slots=True)
class _Accepting:
    """One word for several files: `batch` names it for an undo. `reach` is set in a dry run only."""

    batch: str
    reach: Reach | None
    compared: int = 0

    def comparison(self, ctx: Context, item: Item, library: Library) -> dict[str, object]:
        if self.reach is None:
            return {}
        self.compared += 1
        found = comparing.held(ctx, self.reach, item, library, listen=self.compared <= _COMPARED)
        return {} if found is None else {"comparison": comparison.values(found), "said": comparison.in_words(found)}


def _accept_one(ctx: Context, item: Item, library: Library, accepting: _Accepting) -> Notice:
    replica = replicas.in_library(ctx.catalog, item.id)
    stored = findings.of(ctx.catalog, replica.id)
    if stored is None or stored.observed_id is None:
        raise ItemError(
            display(item.path), "accept", tr("no file stands there; reject brings it back, forget lets it go")
        )
    judged = contents.get(ctx.catalog, stored.observed_id)
    if accepting.reach is None:
        seen = examine(os.path.join(library.root, item.path), checkpoint=ctx.checkpoint).examination
        if seen.digests.blake3 != judged.digests.blake3:
            raise ItemError(display(item.path), "accept", tr("it changed since it was judged; scan again"))
        with ctx.catalog.transaction(ctx.now()) as transaction:
            items.make_current(transaction, item, stored.observed_id, seen)
            if stored.verdict is Verdict.CORRUPT:
                items.set_born_damaged(transaction, item.id, True)
            transaction.event(
                item.event(
                    EventType.DECISION,
                    detail={
                        "decision": "accept",
                        "verdict": stored.verdict.value,
                        "before": item.content.digests.blake3.hex(),
                        "after": seen.digests.blake3.hex(),
                    },
                    batch=accepting.batch,
                )
            )
    details = accepting.comparison(ctx, item, library)
    return ItemDone(
        "accepted", item.path, library.name, judged.digests.size, reason=stored.verdict.value, details=details
    )


def reject(ctx: Context, item_ids: Sequence[int], *, dry_run: bool = False) -> Job:
    """Put the proven version back; what stood there goes to quarantine."""
    held = [
        (item, library)
        for item, library in _chosen(ctx, item_ids)
        if replicas.in_library(ctx.catalog, item.id).state in _OPEN
    ]
    yield from put_back(ctx, "reject", [item.id for item, _ in held], dry_run=dry_run)


def forget(ctx: Context, item_ids: Sequence[int], *, dry_run: bool = False) -> Job:
    """Stop expecting files that are gone from the library, those held because several new files may be them included.
    Copies on drives stay."""
    counts: Counter[str] = Counter(forgotten=0)
    chosen = _chosen(ctx, item_ids)
    batch = uuid.uuid4().hex
    yield Started("forget", "", len(chosen), None)
    with ctx.locked("forget", libraries=_libraries_of(chosen)):
        _reconcile(ctx, chosen, dry_run)
        for notice in _forget_all(ctx, chosen, batch, dry_run):
            counts["forgotten"] += 1
            yield notice
        if not dry_run:
            braking.lift(ctx, _libraries_of(chosen))
    yield Finished("forget", dict(counts))


def _forget_all(ctx: Context, chosen: Sequence[tuple[Item, Library]], batch: str, dry_run: bool) -> Iterator[Notice]:
    for item, library in chosen:
        ctx.checkpoint()
        if not _is_gone(ctx, item):
            continue  # a file that is there is not to be forgotten: it would come back at the next scan
        if not dry_run:
            with ctx.catalog.transaction(ctx.now()) as transaction:
                items.forget(transaction, item.id)
                transaction.event(item.event(EventType.DECISION, detail={"decision": "forget"}, batch=batch))
        yield ItemDone("forgotten", item.path, library.name)


def _is_gone(ctx: Context, item: Item) -> bool:
    replica = replicas.in_library(ctx.catalog, item.id)
    if replica.state is not ReplicaState.HELD:
        return replica.state is ReplicaState.MISSING
    stored = findings.of(ctx.catalog, replica.id)
    return stored is not None and stored.observed_id is None


def _chosen(ctx: Context, item_ids: Sequence[int]) -> list[tuple[Item, Library]]:
    by_id = libraries.by_ids(ctx.catalog)
    return [(item, by_id[item.library_id]) for item in items.many(ctx.catalog, item_ids) if item.library_id in by_id]


def _reconcile(ctx: Context, chosen: Sequence[tuple[Item, Library]], dry_run: bool) -> None:
    if not dry_run:
        for library in {library.id: library for _, library in chosen}.values():
            reconcile_library(ctx, library)


def _libraries_of(chosen: Sequence[tuple[Item, Library]]) -> tuple[int, ...]:
    return tuple({library.id for _, library in chosen})
