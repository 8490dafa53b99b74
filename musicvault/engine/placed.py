"""The commit point of a durable copy: what was placed on a vault enters the catalog, in one transaction (M5)."""

from __future__ import annotations

from collections.abc import Sequence

from musicvault.catalog import contents, intents, replicas, rules
from musicvault.catalog.database import Transaction
from musicvault.catalog.items import Item
from musicvault.catalog.replicas import Replica
from musicvault.domain.events import EventType
from musicvault.domain.paths import display
from musicvault.domain.policy import DAY
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Examination, Stat, Stream, Wrapper
from musicvault.engine.opened import OpenVault
from musicvault.engine.placing import Aside, Move, Wanted
from musicvault.storage import durable
from musicvault.storage.stats import stat_of
from musicvault.storage.vault.faults import explained


def commit(
    vault: OpenVault, moves: Sequence[Move], intent: int, left: Sequence[tuple[Wanted, Sequence[Aside]]] = ()
) -> None:
    """The commit point (M5): replicas, proofs, events and the end of the intent, all or nothing. `left` is what stepped
    aside for copies that didn't come about, and stays there."""
    ctx = vault.ctx
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for move in moves:
            kept_until = ctx.now() + rules.of_item(ctx.catalog, move.wanted.item.id).version_days * DAY
            _commit_asides(transaction, vault, move.wanted.item, move.wanted.old, move.asides, kept_until)
            _commit_copy(transaction, vault, move, kept_until)
            _commit_source(transaction, vault, move)
        for wanted, asides in left:
            _commit_left(transaction, vault, wanted, asides)
        intents.done(transaction, [intent])
    durable.done("committed")


def _commit_left(transaction: Transaction, vault: OpenVault, wanted: Wanted, asides: Sequence[Aside]) -> None:
    item, old = wanted.item, wanted.old
    stepped = old is not None and any(aside.source == old.path for aside in asides)
    kept_until = vault.ctx.now() + rules.of_item(vault.ctx.catalog, item.id).version_days * DAY
    _commit_asides(transaction, vault, item, old if stepped else None, asides, kept_until)
    for aside in asides:
        if aside.role == replicas.VERSION:
            detail = {"drive": vault.label, "from": display(aside.source), "to": display(aside.path)}
            transaction.event(item.event(EventType.FILENAME_CHANGE, vault_id=vault.id, detail=detail))


def _commit_asides(
    transaction: Transaction,
    vault: OpenVault,
    item: Item,
    old: Replica | None,
    asides: Sequence[Aside],
    kept_until: float,
) -> None:
    for aside in asides:
        if old is not None and aside.source == old.path and aside.role == replicas.VERSION:
            replicas.set_role(transaction, old, replicas.VERSION, aside.path, kept_until)
            old = None
        else:
            _add_quarantined(transaction, vault, item, aside, kept_until)
    if old is not None:
        replicas.remove(transaction, old)  # damaged and in quarantine now, or lost before


def _add_quarantined(transaction: Transaction, vault: OpenVault, item: Item, aside: Aside, kept_until: float) -> None:
    """Bytes in quarantine are an intact copy of what was found, whatever that was. What can't be read is kept without
    being expected to be anything."""
    content_id, stat = item.content.id, Stat(0, aside.mtime_ns, 0, 0)
    if aside.digests is not None:
        stat = Stat(aside.digests.size, aside.mtime_ns, 0, 0)
        content_id = contents.add(
            transaction, item.id, Examination(stat, aside.digests, None, Wrapper(), Stream(), item.kind)
        )
    replica_id = replicas.add(
        transaction,
        item.id,
        vault.id,
        content_id,
        aside.path,
        stat,
        role=replicas.QUARANTINE,
        grade=None,
        kept_until=kept_until,
    )
    if aside.digests is None:
        replicas.set_state(transaction, replicas.get(vault.ctx.catalog, replica_id), ReplicaState.FORGOTTEN)
    transaction.event(
        item.event(EventType.QUARANTINE, vault_id=vault.id, detail={"drive": vault.label, "to": display(aside.path)})
    )


def _commit_copy(transaction: Transaction, vault: OpenVault, move: Move, kept_until: float) -> None:
    wanted, old = move.wanted, move.wanted.old
    item, content = wanted.item, wanted.item.content
    with explained(path := vault.layout.path(wanted.target)):
        stat = stat_of(path)
    role = old.role if old is not None else replicas.CURRENT  # a damaged version is rebuilt as one
    replicas.add(
        transaction,
        item.id,
        vault.id,
        content.id,
        wanted.target,
        stat,
        role=role,
        grade=move.proof.grade,
        kept_until=None if role == replicas.CURRENT else kept_until,
    )
    detail: dict[str, object] = {
        "drive": vault.label,
        "digest": content.digests.blake3.hex(),
        "bytes": content.digests.size,
    }
    if move.asides:
        detail["replaced"] = display(move.asides[0].path)
    rebuilt = old is not None and old.state is not ReplicaState.INTACT
    if rebuilt:
        detail["source"] = wanted.source.name
    transaction.event(
        item.event(EventType.RECOVERY if rebuilt else EventType.REPLICATION, vault_id=vault.id, detail=detail)
    )


def _commit_source(transaction: Transaction, vault: OpenVault, move: Move) -> None:
    """The read that fed the copy proves the source too, where the medium answered it."""
    source, reading = move.wanted.source.replica, move.source
    if source is None or reading is None or reading.grade is None:
        return
    try:
        fresh = replicas.get(vault.ctx.catalog, source.id)
    except KeyError:
        return
    if fresh.state is not ReplicaState.INTACT or fresh.content_id != move.wanted.item.content.id:
        return  # another job judged it meanwhile
    replicas.set_proven(transaction, fresh, reading.grade)
    contents.confirm(transaction, fresh.content_id)
