"""The end of what was kept: superseded versions and healed damage leave a vault when their time is over.

Only where the item's current content has all the copies that the policy wants, freshly proven on as many volumes
(`domain.proof`): M1 holds whatever the policy says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from musicvault.catalog import intents, items, replicas, retention, rules
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import Event, EventType
from musicvault.domain.paths import RelPath, display
from musicvault.domain.policy import DAY
from musicvault.domain.proof import Proof, prove_safe
from musicvault.engine.opened import OpenVault
from musicvault.storage import durable
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.records import Operation, Record

OPERATION = "remove"
BATCH = 64


def expire(vault: OpenVault) -> Iterator[Replica]:
    """Let go of what was kept long enough on this vault; yields each replica that is gone."""
    ctx = vault.ctx
    due = [found for number in retention.expired(ctx.catalog, vault.id, ctx.now()) if (found := _safe(vault, number))]
    for start in range(0, len(due), BATCH):
        ctx.checkpoint()
        batch = due[start : start + BATCH]
        _remove(vault, [replica for replica, _ in batch])
        vault.changed(len(batch))
        yield from (replica for replica, _ in batch)


def _safe(vault: OpenVault, replica_id: int) -> tuple[Replica, Proof] | None:
    """The replica with the proof that it may go; None where that can't be shown."""
    ctx = vault.ctx
    replica = replicas.get(ctx.catalog, replica_id)
    rule = rules.default_rule(ctx.catalog)
    proof = prove_safe(
        items.get(ctx.catalog, replica.item_id).content.digests.blake3,
        "",  # no copy of the current content goes, so those on this volume count as well
        retention.verified_copies(ctx.catalog, replica.item_id),
        wanted=rule.volumes,
        fresh_after=ctx.now() - rule.proof_days * DAY,
    )
    return None if proof is None else (replica, proof)


def _remove(vault: OpenVault, gone: Sequence[Replica]) -> None:
    ctx, generation = vault.ctx, vault.generation
    detail = {"generation": generation, "replicas": [[one.id, one.path.decode("utf-8")] for one in gone]}
    with ctx.catalog.transaction(ctx.now()) as transaction:
        intent = intents.begin(transaction, OPERATION, vault_id=vault.id, detail=detail)
    durable.done("intended")
    vault.write([Record(Operation.REMOVE, one.path, int(ctx.now()), generation) for one in gone])
    durable.done("journaled")
    carry_out(vault, [(one.id, one.path) for one in gone], intent)


def carry_out(vault: OpenVault, gone: Sequence[tuple[int, RelPath]], intent: int) -> None:
    """Remove files that the journal says are gone, then tell the catalog: replicas, events, the end of the intent."""
    paths = [vault.layout.guarded(stored) for _, stored in gone]
    with explained(vault.layout.root):
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(path)
    durable.sync_folders([path for path in paths if os.path.isdir(os.path.dirname(path))])
    ctx = vault.ctx
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for replica_id, stored in gone:
            replica = replicas.get(ctx.catalog, replica_id)
            item = items.get(ctx.catalog, replica.item_id)
            replicas.remove(transaction, replica)
            transaction.event(
                Event(
                    EventType.DELETION,
                    item_id=item.id,
                    library_id=item.library_id,
                    vault_id=vault.id,
                    path=item.path,
                    detail={"drive": vault.label, "was": replica.role, "at": display(stored)},
                )
            )
        intents.done(transaction, [intent])
    durable.done("committed")
