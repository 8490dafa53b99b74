"""What a rebuild does with files that aren't what a list states, or can't be read.

Where another vault has them right they are bad copies of that. Else what the copies have together is tried against the
digest that is stated: if it fits, the digests of its blocks are known again, and repair does the rest. What still isn't
right is kept and labelled, never passed off as right.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import items, placing_back, replicas, vaults
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Item
from musicvault.domain.notices import ItemDone, Notice
from musicvault.domain.paths import split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Examination
from musicvault.domain.verdict import Evidence, Finding, Verdict, bad_blocks
from musicvault.engine import leftovers
from musicvault.engine.context import Context
from musicvault.engine.examine import examine
from musicvault.engine.rebuild.sources import SCRATCH
from musicvault.engine.rebuild.taking import Damaged, Find, Taken, Whose, record
from musicvault.errors import ItemError
from musicvault.storage.agreeing import put_together
from musicvault.storage.scratch import scratch_folder
from musicvault.storage.vault.faults import explained


def note(ctx: Context, taken: Taken) -> Iterator[Notice]:
    """Record every damaged file, and tell of it."""
    together: dict[tuple[Whose, bytes], list[Damaged]] = defaultdict(list)
    for damaged in taken.damaged:
        together[damaged.find.whose, damaged.sha256].append(damaged)
    for copies in together.values():
        whose, sha256 = copies[0].find.whose, copies[0].sha256
        made = None
        if placing_back.content_of(ctx.catalog, whose.slug, whose.path, sha256) is None:
            made = _assembled(ctx, copies)
        with ctx.catalog.transaction(ctx.now()) as transaction:
            if made is not None and made.digests.sha256 == sha256:
                _known_again(ctx, transaction, copies[0], made)
        for damaged in copies:
            yield from _noted(ctx, taken, damaged, made)


def _noted(ctx: Context, taken: Taken, damaged: Damaged, made: Examination | None) -> Iterator[Notice]:
    whose = damaged.find.whose
    right = placing_back.content_of(ctx.catalog, whose.slug, whose.path, damaged.sha256)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        if right is not None:
            finding = _bad_copy(ctx, transaction, damaged, right.content_id)
        else:
            finding = _all_that_is_left(ctx, transaction, damaged, made)
    taken.counts["damaged"] += damaged.find.seen is not None
    yield ItemDone("finding", damaged.find.path, damaged.vault.label, finding=finding)


def _assembled(ctx: Context, copies: Sequence[Damaged]) -> Examination | None:
    """What the copies have together, in the name of the longest; None where nothing can be made of them."""
    if len(copies) == 1 and copies[0].find.seen is not None:
        return None
    name = split(copies[0].find.whose.path)[1]
    longest = max((one.find for one in copies), key=lambda find: find.stat.size)
    paths = [os.path.join(one.vault.folder, one.find.path) for one in copies]
    beside = os.fsencode(ctx.catalog.path.parent)
    with explained(beside), scratch_folder(beside, SCRATCH) as folder:
        target = os.path.join(folder, b"file")
        try:
            put_together(paths, copies[0].sha256, target, checkpoint=ctx.checkpoint)
            seen = examine(target, name=name, checkpoint=ctx.checkpoint).examination
        except (ItemError, OSError):
            return None
    return replace(seen, stat=replace(longest.stat, size=seen.digests.size))


def _known_again(ctx: Context, transaction: Transaction, damaged: Damaged, made: Examination) -> None:
    library = placing_back.library(transaction, ctx.catalog, damaged.find.whose.slug)
    record(transaction, ctx, library, replace(damaged.find, seen=made, content_id=None))


def replaced(ctx: Context, item: Item, contents: set[int]) -> bool:
    """Of bytes that no list states, which are all that was left of a file: whether the right ones are here now. Then
    these are current, and the others damaged copies of them."""
    wanted = leftovers.stated_digest(ctx.catalog, item)
    right = next((one for one in contents if items.content(ctx.catalog, one).digests.sha256 == wanted), None)
    if right is None:
        return False
    mine = replicas.in_library(ctx.catalog, item.id)
    seen = items.recorded(ctx.catalog, right, item.kind, mine.stat)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        items.make_current(transaction, item, right, seen)
        items.set_born_damaged(transaction, item.id, False)
        replicas.clear_born_damaged(transaction, mine.id)
        replicas.set_state(transaction, mine, mine.state)
        mark_bad(transaction, ctx, item, item.content.id, right)
    return True


def mark_bad(transaction: Transaction, ctx: Context, item: Item, bad: int, right: int) -> None:
    """The copies on drives that hold the content `bad` are damaged copies of `right`."""
    blocks = bad_blocks(items.content(ctx.catalog, right).digests, items.content(ctx.catalog, bad).digests)
    for copy in replicas.of_item(ctx.catalog, item.id):
        if copy.vault_id is None or copy.content_id != bad or copy.role != replicas.CURRENT:
            continue
        vault = vaults.by_id(ctx.catalog, copy.vault_id)
        label = vault.label if vault is not None else ""
        finding = Finding(item.path, label, Verdict.CORRUPT, (Evidence("drive-changed"),), blocks, on_drive=True)
        replicas.set_rebuilt(transaction, copy, right, copy.path, copy.stat, None)
        replicas.set_state(transaction, copy, ReplicaState.CORRUPT)
        replicas.set_finding(transaction, copy, finding)


def _bad_copy(ctx: Context, transaction: Transaction, damaged: Damaged, content_id: int) -> Finding:
    find, vault = damaged.find, damaged.vault
    content = items.content(ctx.catalog, content_id)
    replica_id = placing_back.stand(
        transaction, ctx.catalog, vault.id, content.item_id, content_id, find.path, find.stat, find.role, None, None
    )
    blocks = bad_blocks(content.digests, find.seen.digests) if find.seen is not None else ()
    return _stands(ctx, transaction, damaged, replica_id, blocks)


def _stands(
    ctx: Context, transaction: Transaction, damaged: Damaged, replica_id: int, blocks: tuple[int, ...]
) -> Finding:
    """Record the state of a bad copy, with its finding."""
    find, unread = damaged.find, damaged.find.seen is None
    fact = Evidence("not-read") if unread else Evidence("drive-changed")
    verdict = Verdict.UNREADABLE if unread else Verdict.CORRUPT
    finding = Finding(find.path, damaged.vault.label, verdict, (fact,), blocks, on_drive=True)
    replica = replicas.get(ctx.catalog, replica_id)
    replicas.set_state(transaction, replica, ReplicaState.UNREADABLE if unread else ReplicaState.CORRUPT)
    replicas.set_finding(transaction, replica, finding)
    return finding


def _all_that_is_left(ctx: Context, transaction: Transaction, damaged: Damaged, made: Examination | None) -> Finding:
    """No good copy is at hand to say what it was: kept byte for byte, and labelled (the drive's list disagrees). Of
    what can't be read, what the sectors give that can: only a repair that is asked for the rest gives it out."""
    vault = damaged.vault
    seen = damaged.find.seen or made
    fact = leftovers.evidence(damaged.list, damaged.sha256)
    finding = Finding(damaged.find.path, vault.label, Verdict.BORN_DAMAGED, (fact,), on_drive=True)
    find: Find = replace(damaged.find, seen=seen, content_id=None)
    library = placing_back.library(transaction, ctx.catalog, find.whose.slug)
    there = items.by_path(ctx.catalog, library.id, *split(find.whose.path))
    if seen is None or find.role != replicas.CURRENT or (there is not None and there.content.digests != seen.digests):
        return replace(finding, verdict=Verdict.CORRUPT)
    content_id, item_id = record(transaction, ctx, library, find)
    replica_id = placing_back.stand(
        transaction, ctx.catalog, vault.id, item_id, content_id, find.path, find.stat, find.role, find.grade, None
    )
    items.set_born_damaged(transaction, item_id, True)
    replicas.set_finding_of(transaction, replicas.in_library(ctx.catalog, item_id).id, finding)
    return _stands(ctx, transaction, damaged, replica_id, ()) if damaged.find.seen is None else finding
