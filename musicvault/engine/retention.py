"""The end of what was kept: superseded versions and healed damage leave a vault when their time is over.

Only where the item's current content has all the copies that the policy wants, freshly proven on as many volumes
(`domain.proof`): M1 holds whatever the policy says. Copies of items that the user let go stay as long, and leave then.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from musicvault.catalog import contents, intents, items, libraries, replicas, retention, rules
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.paths import RelPath, display
from musicvault.domain.policy import DAY
from musicvault.domain.proof import Proof, prove_let_go, prove_safe
from musicvault.engine import listing
from musicvault.engine.context import Context
from musicvault.engine.library import online
from musicvault.engine.opened import OpenVault
from musicvault.errors import VaultError
from musicvault.storage import durable
from musicvault.storage.stats import may_be_there
from musicvault.storage.vault.faults import explained, is_protected
from musicvault.storage.vault.records import Operation, Record

OPERATION = "remove"
BATCH = 64


def expire(vault: OpenVault) -> Iterator[Replica | VaultError]:
    """Let go of what was kept long enough on this vault; yields each replica that is gone, and for each that something
    protects what stands in the way."""
    ctx = vault.ctx
    due = [found for number in retention.expired(ctx.catalog, vault.id, ctx.now()) if (found := _safe(vault, number))]
    due += [found for number in retention.let_go(ctx.catalog, vault.id) if (found := _let_go(vault, number))]
    yield from _gone(vault, due)


def clear_rotten(vault: OpenVault) -> Iterator[Replica | VaultError]:
    """Let go of what lies in quarantine and isn't even what was put aside any more: nobody can heal damaged bytes, and
    as long as they are listed the vault isn't valid. Asks for a proof that the item itself is whole somewhere; yields
    as `expire` does."""
    found = [_safe(vault, number, wanted=1) for number in retention.rotten(vault.ctx.catalog, vault.id)]
    yield from _gone(vault, [one for one in found if one is not None])


def _gone(vault: OpenVault, due: Sequence[tuple[Replica, Proof]]) -> Iterator[Replica | VaultError]:
    ctx = vault.ctx
    for start in range(0, len(due), BATCH):
        ctx.checkpoint()
        batch = due[start : start + BATCH]
        staying = _remove(vault, [replica for replica, _ in batch])
        vault.changed(len(batch) - len(staying))
        yield from (replica for replica, _ in batch if replica.id not in staying)
        yield from staying.values()


def _safe(vault: OpenVault, replica_id: int, wanted: int | None = None) -> tuple[Replica, Proof] | None:
    """The replica with the proof that it may go: fresh copies of the item on `wanted` volumes (None: on as many as its
    rule asks for); None where that can't be shown."""
    ctx = vault.ctx
    replica = replicas.get(ctx.catalog, replica_id)
    rule = rules.of_item(ctx.catalog, replica.item_id)
    proof = prove_safe(
        items.get(ctx.catalog, replica.item_id).content.digests.blake3,
        "",  # no copy of the current content goes, so those on this volume count as well
        retention.verified_copies(ctx.catalog, replica.item_id),
        wanted=rule.volumes if wanted is None else wanted,
        fresh_after=ctx.now() - rule.proof_days * DAY,
    )
    return None if proof is None else (replica, proof)


def _let_go(vault: OpenVault, replica_id: int) -> tuple[Replica, Proof] | None:
    """A copy of an item that was let go, with the proof that its time is over. It stays where a file stands under the
    item's name again, or where it is needed for another item that has too few copies of the same bytes."""
    ctx = vault.ctx
    replica = replicas.get(ctx.catalog, replica_id)
    item = items.get(ctx.catalog, replica.item_id)
    library = libraries.by_id(ctx.catalog, item.library_id)
    blake3 = contents.get(ctx.catalog, replica.content_id).digests.blake3
    proof = prove_let_go(
        blake3,
        forgotten_at=retention.forgotten_at(ctx.catalog, item.id),
        retention=rules.of_item(ctx.catalog, item.id).version_days * DAY,
        now=ctx.now(),
        still_there=library is not None and _may_stand_there(ctx, library, item),
    )
    if proof is None or not all(
        _does_without(ctx, other, blake3) for other in retention.expecting(ctx.catalog, blake3)
    ):
        return None
    return replica, proof


def may_go(vault: OpenVault, replica_id: int) -> bool:
    """Whether a copy whose removal was interrupted can still be proven to be due."""
    if _let_go(vault, replica_id) is not None:
        return True
    role = replicas.get(vault.ctx.catalog, replica_id).role
    if role == replicas.CURRENT:
        return False
    return _safe(vault, replica_id, wanted=1 if role == replicas.QUARANTINE else None) is not None


def _may_stand_there(ctx: Context, library: Library, item: Item) -> bool:
    """Whether a file is under the item's name, or nobody can tell now."""
    return not online(ctx, library) or may_be_there(os.path.join(library.root, item.path))


def _does_without(ctx: Context, item_id: int, blake3: bytes) -> bool:
    """Whether an item has the copies that it needs by itself (M1)."""
    rule = rules.of_item(ctx.catalog, item_id)
    fresh_after = ctx.now() - rule.proof_days * DAY
    copies = retention.verified_copies(ctx.catalog, item_id)
    return prove_safe(blake3, "", copies, wanted=rule.volumes, fresh_after=fresh_after) is not None


def until(ctx: Context, item: Item) -> float | None:
    """When copies of an item that was let go leave the drives, at the next sync after it; None for one that is
    expected. In seconds since the epoch."""
    moment = retention.forgotten_at(ctx.catalog, item.id)
    return None if moment is None else moment + rules.of_item(ctx.catalog, item.id).version_days * DAY


def _remove(vault: OpenVault, gone: Sequence[Replica]) -> dict[int, VaultError]:
    ctx, generation = vault.ctx, vault.generation
    detail = {"generation": generation, "replicas": [[one.id, one.path.decode("utf-8")] for one in gone]}
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intent = intents.begin(transaction, OPERATION, vault_id=vault.id, detail=detail)
    durable.done("intended")
    vault.write([Record(Operation.REMOVE, one.path, int(ctx.now()), generation) for one in gone])
    durable.done("journaled")
    return carry_out(vault, [(one.id, one.path) for one in gone], intent)


def carry_out(vault: OpenVault, gone: Sequence[tuple[int, RelPath]], intent: int) -> dict[int, VaultError]:
    """Remove files that the journal says are gone, then tell the catalog: replicas, events, the end of the intent.
    Gives by replica id why one stays, because something protects it; the journal says so."""
    ctx, staying = vault.ctx, dict[int, VaultError]()
    paths = {replica_id: vault.layout.guarded(stored) for replica_id, stored in gone}
    for replica_id, path in paths.items():
        try:
            with explained(path), suppress(FileNotFoundError):
                os.unlink(path)
        except VaultError as error:
            if not is_protected(error):
                raise
            staying[replica_id] = error
    durable.sync_folders([path for path in paths.values() if os.path.isdir(os.path.dirname(path))])
    if staying:
        vault.write(listing.expected(ctx.catalog, list(staying), now=ctx.now(), generation=vault.generation))
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for replica_id, stored in gone:
            if replica_id in staying:
                continue
            replica = replicas.get(ctx.catalog, replica_id)
            item = items.get(ctx.catalog, replica.item_id)
            replicas.remove(transaction, replica)
            transaction.event(
                item.event(
                    EventType.DELETION,
                    vault_id=vault.id,
                    detail={"drive": vault.label, "was": replica.role, "at": display(stored)},
                )
            )
        intents.done(transaction, [intent])
    durable.done("committed")
    return staying
