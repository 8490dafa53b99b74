"""Where vaults state different things: the newest valid statement wins, the rest are versions; and what no statement
covers is kept and labelled, never passed off as right."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.catalog import items, libraries, placing_back, replicas, vaults
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Item
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict, bad_blocks
from musicvault.engine import leftovers
from musicvault.engine.context import Context
from musicvault.engine.rebuild.taking import Damaged, Taken, record


def settle(ctx: Context, taken: Taken) -> Iterator[Notice]:
    """Decide every disputed item, then say what the damaged files are: a bad copy of something known, or all that is
    left of it."""
    for item_id, contents in sorted(taken.disputed.items()):
        _decide(ctx, taken, item_id, contents)
    for damaged in taken.damaged:
        yield from _note_damage(ctx, taken, damaged)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        placing_back.supersede_others(transaction)


def _decide(ctx: Context, taken: Taken, item_id: int, contents: set[int]) -> None:
    item = items.get(ctx.catalog, item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    if leftovers.stated_digest(ctx.catalog, item) is not None:
        if _replaced_leftover(ctx, item, contents):
            taken.counts["disputed"] += 1
        return
    if library is None or library.is_placed:
        return  # the library's own file says what is current
    stated = placing_back.contents_stated(ctx.catalog, contents | {item.content.id})
    newest = max(
        stated,
        key=lambda content_id: (
            not stated[content_id][1],
            taken.times.get(content_id, stated[content_id][0]),
            content_id == item.content.id,
            content_id,
        ),
    )
    if newest == item.content.id:
        return
    before = replicas.in_library(ctx.catalog, item_id)
    seen = items.recorded(ctx.catalog, newest, item.kind, before.stat)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.make_current(transaction, item, newest, seen)
        _keep_forgotten(ctx, transaction, item_id)
    taken.counts["disputed"] += 1


def _replaced_leftover(ctx: Context, item: Item, contents: set[int]) -> bool:
    """Of bytes that no list states, which are all that was left of a file: whether the right ones are here now. Then
    these are current, and the others damaged copies of them."""
    wanted = leftovers.stated_digest(ctx.catalog, item)
    right = next((one for one in contents if items.content(ctx.catalog, one).digests.sha256 == wanted), None)
    if right is None:
        return False
    mine = replicas.in_library(ctx.catalog, item.id)
    seen = items.recorded(ctx.catalog, right, item.kind, mine.stat)
    blocks = bad_blocks(seen.digests, item.content.digests)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.make_current(transaction, item, right, seen)
        items.set_born_damaged(transaction, item.id, False)
        replicas.clear_born_damaged(transaction, mine.id)
        replicas.set_state(transaction, mine, mine.state)
        for copy in replicas.of_item(ctx.catalog, item.id):
            if copy.vault_id is None or copy.content_id != item.content.id or copy.role != replicas.CURRENT:
                continue
            vault = vaults.by_id(ctx.catalog, copy.vault_id)
            fact = Evidence("drive-changed")
            label = vault.label if vault is not None else ""
            finding = Finding(item.path, label, Verdict.CORRUPT, (fact,), blocks, on_drive=True)
            replicas.set_rebuilt(transaction, copy, right, copy.path, copy.stat, None)
            replicas.set_state(transaction, copy, ReplicaState.CORRUPT)
            replicas.set_finding(transaction, copy, finding)
    return True


def _keep_forgotten(ctx: Context, transaction: Transaction, item_id: int) -> None:
    replicas.set_state(transaction, replicas.in_library(ctx.catalog, item_id), ReplicaState.FORGOTTEN)


def _note_damage(ctx: Context, taken: Taken, damaged: Damaged) -> Iterator[Notice]:
    find, vault = damaged.find, damaged.vault
    assert find.seen is not None
    right = placing_back.content_of(ctx.catalog, find.whose.slug, find.whose.path, damaged.sha256)
    taken.counts["damaged"] += 1
    with ctx.catalog.transaction(ctx.now()) as transaction:
        if right is not None:
            finding = _bad_copy(ctx, transaction, damaged, right.content_id)
        else:
            finding = _born_damaged(ctx, transaction, damaged)
    yield ItemDone("finding", find.path, vault.label, finding=finding)


def _bad_copy(ctx: Context, transaction: Transaction, damaged: Damaged, content_id: int) -> Finding:
    find, vault = damaged.find, damaged.vault
    assert find.seen is not None
    content = items.content(ctx.catalog, content_id)
    replica_id = placing_back.stand(
        transaction, ctx.catalog, vault.id, content.item_id, content_id, find.path, find.stat, find.role, None, None
    )
    replica = replicas.get(ctx.catalog, replica_id)
    blocks = bad_blocks(content.digests, find.seen.digests)
    fact = Evidence("drive-changed")
    finding = Finding(find.path, vault.label, Verdict.CORRUPT, (fact,), blocks, on_drive=True)
    replicas.set_state(transaction, replica, ReplicaState.CORRUPT)
    replicas.set_finding(transaction, replica, finding)
    return finding


def _born_damaged(ctx: Context, transaction: Transaction, damaged: Damaged) -> Finding:
    """No good copy is at hand to say what it was: kept byte for byte, and labelled (the drive's list disagrees)."""
    find, vault = damaged.find, damaged.vault
    fact = leftovers.evidence(damaged.list, damaged.sha256)
    finding = Finding(find.path, vault.label, Verdict.BORN_DAMAGED, (fact,), on_drive=True)
    library = placing_back.library(transaction, ctx.catalog, find.whose.slug)
    if items.by_path(ctx.catalog, library.id, *split(find.whose.path)) is not None or find.role != replicas.CURRENT:
        return Finding(find.path, vault.label, Verdict.CORRUPT, (fact,), on_drive=True)
    content_id, item_id = record(transaction, ctx, library, find)
    placing_back.stand(
        transaction, ctx.catalog, vault.id, item_id, content_id, find.path, find.stat, find.role, find.grade, None
    )
    items.set_born_damaged(transaction, item_id, True)
    replicas.set_finding_of(transaction, replicas.in_library(ctx.catalog, item_id).id, finding)
    return finding
