"""Where vaults state different things: the newest valid statement wins, the rest are versions. Bytes that no list
speaks of win over nothing: they are bad copies of what is stated elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.catalog import contents, items, libraries, placing_back, replicas
from musicvault.catalog.database import Transaction
from musicvault.domain.notices import Notice
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context
from musicvault.engine.rebuild import salvaging
from musicvault.engine.rebuild.finds import Taken


def settle(ctx: Context, taken: Taken) -> Iterator[Notice]:
    """Decide every disputed item, then say what the damaged files are: a bad copy of something known, or all that is
    left of it."""
    for item_id, claimed in sorted(taken.disputed.items()):
        _decide(ctx, taken, item_id, claimed)
    yield from salvaging.note(ctx, taken)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        placing_back.supersede_others(transaction)


def _decide(ctx: Context, taken: Taken, item_id: int, claimed: set[int]) -> None:
    item = items.get(ctx.catalog, item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    if library is None or library.is_placed:
        return  # the library's own file says what is current
    stated = placing_back.contents_stated(ctx.catalog, claimed | {item.content.id})
    newest = max(
        stated,
        key=lambda content_id: (
            content_id not in taken.unstated,
            contents.get(ctx.catalog, content_id).digests.is_known,
            not stated[content_id][1],
            taken.times.get(content_id, stated[content_id][0]),
            content_id == item.content.id,
            content_id,
        ),
    )
    with ctx.catalog.transaction(ctx.now()) as transaction:
        if newest not in taken.unstated:
            for unstated in stated.keys() & taken.unstated:
                salvaging.mark_bad(transaction, ctx, item, unstated, newest)
    if newest == item.content.id:
        return
    before = replicas.in_library(ctx.catalog, item_id)
    seen = contents.recorded(ctx.catalog, newest, item.kind, before.stat)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.make_current(transaction, item, newest, seen)
        _keep_forgotten(ctx, transaction, item_id)
    taken.counts["disputed"] += 1


def _keep_forgotten(ctx: Context, transaction: Transaction, item_id: int) -> None:
    replicas.set_state(transaction, replicas.in_library(ctx.catalog, item_id), ReplicaState.FORGOTTEN)
