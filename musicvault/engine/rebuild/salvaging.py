"""What a rebuild does with files that aren't what a list states, or can't be read, or are gone.

Where another vault has them right they are bad copies of that. Else what all copies have together is tried against the
digest that is stated: if it fits, the digests of its blocks are known again, and repair does the rest. What still isn't
right is wanted all the same (`leftovers`): it is never passed off as right, and nobody's bytes of it are given up.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from musicvault.catalog import contents, findings, items, placing_back, replicas, vaults
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.notices import Advanced, ItemDone, Notice
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.verdict import Evidence, Finding, Verdict, bad_blocks
from musicvault.engine import leftovers
from musicvault.engine.context import Context
from musicvault.engine.leftovers import Best
from musicvault.engine.rebuild.entering import record
from musicvault.engine.rebuild.finds import Damaged, Taken, Whose
from musicvault.storage.agreeing import Together


def note(ctx: Context, taken: Taken) -> Iterator[Notice]:
    """Record every damaged file, and tell of it; of several contents of one path the newest stated comes first."""
    together: dict[tuple[Whose, bytes], list[Damaged]] = defaultdict(list)
    for damaged in sorted(taken.damaged, key=lambda one: -one.find.stated_at):
        together[damaged.find.whose, damaged.sha256].append(damaged)
    for (whose, sha256), copies in together.items():
        yield Advanced(0, 0, display(whose.path))
        right = placing_back.content_of(ctx.catalog, whose.slug, whose.path, sha256)
        content_id = right.content_id if right is not None else _stated(ctx, taken, whose, sha256, copies)
        for damaged in copies:
            yield from _noted(ctx, taken, damaged, content_id)


def _stated(ctx: Context, taken: Taken, whose: Whose, sha256: bytes, copies: Sequence[Damaged]) -> int | None:
    """The content that a list states and no copy has: whole, where what all of them have together has its digest. None
    for a version or quarantined bytes of a file that is known by nothing else."""
    item = _item(ctx, whose)
    if item is None and all(one.find.role != replicas.CURRENT for one in copies):
        return None
    unstated = _unstated(ctx, taken, item)
    best = _best(ctx, whose, sha256, copies, unstated)
    longest = max((one.find for one in copies), key=lambda find: find.stat.size)
    if best.whole:
        assert best.seen is not None
        seen = replace(best.seen, stat=replace(longest.stat, size=best.seen.digests.size))
    else:
        seen = leftovers.stated(best.seen, split(whose.path)[1], longest.stat, sha256)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        library = placing_back.library(transaction, ctx.catalog, whose.slug)
        content_id, item_id = record(transaction, ctx.catalog, library, replace(longest, seen=seen, content_id=None))
        now = items.get(ctx.catalog, item_id)
        if now.content.id != content_id and (
            _stands_nowhere(ctx, now) or (unstated and (best.whole or best.together.alike))
        ):
            _make_current(transaction, ctx, now, content_id, unstated)
    return content_id


def _stands_nowhere(ctx: Context, item: Item) -> bool:
    """Whether every vault has put the item's content aside: a newer one took its place."""
    return not any(
        one.vault_id and one.role == replicas.CURRENT and one.content_id == item.content.id
        for one in replicas.of_item(ctx.catalog, item.id)
    )


def _item(ctx: Context, whose: Whose) -> Item | None:
    library_id = placing_back.library_id(ctx.catalog, whose.slug)
    return None if library_id is None else items.by_path(ctx.catalog, library_id, *split(whose.path))


def _unstated(ctx: Context, taken: Taken, item: Item | None) -> list[Replica]:
    """Copies of a file on vaults whose lists say nothing: they may have what others lack."""
    if item is None or item.content.id not in taken.unstated:
        return []
    found = replicas.of_item(ctx.catalog, item.id)
    return [one for one in found if one.vault_id and one.role == replicas.CURRENT and one.content_id in taken.unstated]


def _best(ctx: Context, whose: Whose, sha256: bytes, copies: Sequence[Damaged], unstated: Sequence[Replica]) -> Best:
    paths = [os.path.join(one.vault.folder, one.find.path) for one in copies if not one.gone]
    for copy in unstated:
        vault = vaults.by_id(ctx.catalog, copy.vault_id or "")
        if vault is not None:
            paths.append(os.path.join(vault.folder, copy.path))
    if not paths or (len(paths) == 1 and copies[0].find.seen is not None):
        return Best(Together(False), copies[0].find.seen)
    return leftovers.assembled(ctx, paths, sha256, split(whose.path)[1])


def _make_current(
    transaction: Transaction, ctx: Context, item: Item, content_id: int, unstated: Sequence[Replica]
) -> None:
    """What a list states is what the file is; bytes that no list states and that are much the same are bad copies."""
    mine = replicas.in_library(ctx.catalog, item.id)
    items.make_current(transaction, item, content_id, contents.recorded(ctx.catalog, content_id, item.kind, mine.stat))
    replicas.set_state(transaction, mine, mine.state)
    for content in {one.content_id for one in unstated}:
        mark_bad(transaction, ctx, item, content, content_id)


def mark_bad(transaction: Transaction, ctx: Context, item: Item, bad: int, right: int) -> None:
    """The copies on drives that hold the content `bad` are damaged copies of `right`."""
    blocks = bad_blocks(contents.get(ctx.catalog, right).digests, contents.get(ctx.catalog, bad).digests)
    for copy in replicas.of_item(ctx.catalog, item.id):
        if copy.vault_id is None or copy.content_id != bad or copy.role != replicas.CURRENT:
            continue
        vault = vaults.by_id(ctx.catalog, copy.vault_id)
        label = vault.label if vault is not None else ""
        finding = Finding(item.path, label, Verdict.CORRUPT, (Evidence("drive-changed"),), blocks, on_drive=True)
        replicas.set_rebuilt(transaction, copy, right, copy.path, copy.stat, None)
        replicas.set_state(transaction, copy, ReplicaState.CORRUPT)
        findings.keep(transaction, copy.id, finding)


def _noted(ctx: Context, taken: Taken, damaged: Damaged, content_id: int | None) -> Iterator[Notice]:
    """Record the bad copy. Of what is gone a drive's own list says so only where nobody else has it: else it is simply
    lacking there."""
    find, vault = damaged.find, damaged.vault
    known = content_id is not None and contents.get(ctx.catalog, content_id).digests.is_known
    if damaged.gone and known:
        return
    finding = _finding(ctx, damaged, content_id)
    if content_id is not None and find.role != replicas.QUARANTINE:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            item_id = contents.get(ctx.catalog, content_id).item_id
            replica_id = placing_back.stand(
                transaction, ctx.catalog, vault.id, item_id, content_id, find.path, find.stat, find.role, None, None
            )
            replica = replicas.get(ctx.catalog, replica_id)
            replicas.set_state(transaction, replica, _STATES[finding.verdict])
            findings.keep(transaction, replica.id, finding)
    if not damaged.gone:  # that was told when it was met
        taken.counts["damaged"] += find.seen is not None
        yield ItemDone("finding", find.path, vault.label, finding=finding)


_STATES = {
    Verdict.CORRUPT: ReplicaState.CORRUPT,
    Verdict.UNREADABLE: ReplicaState.UNREADABLE,
    Verdict.MISSING: ReplicaState.MISSING,
}


def _finding(ctx: Context, damaged: Damaged, content_id: int | None) -> Finding:
    find, known = damaged.find, False
    blocks: tuple[int, ...] = ()
    if content_id is not None:
        right = contents.get(ctx.catalog, content_id).digests
        known = right.is_known
        blocks = bad_blocks(right, find.seen.digests) if find.seen is not None else ()
    if damaged.gone:
        verdict, fact = Verdict.MISSING, Evidence("not-on-drive")
    elif find.seen is None:
        verdict, fact = Verdict.UNREADABLE, Evidence("not-read")
    else:
        verdict, fact = Verdict.CORRUPT, Evidence("drive-changed")
    facts = (fact,) if known else (fact, leftovers.evidence(damaged.list, damaged.sha256))
    return Finding(find.path, damaged.vault.label, verdict, facts, blocks, on_drive=True)
