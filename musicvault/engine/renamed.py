"""The end of a rename on a vault: its journal line, and the commit point at which the catalog knows the new names (M5).

Reconcile ends there as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from musicvault.catalog import contents, intents, items, libraries, replicas
from musicvault.domain.events import EventType
from musicvault.domain.paths import RelPath, display
from musicvault.engine.opened import OpenVault
from musicvault.storage import durable
from musicvault.storage.vault.records import Operation, Record


def record(vault: OpenVault, replica_id: int, source: RelPath, target: RelPath) -> Record:
    """The journal line of one hop."""
    catalog = vault.ctx.catalog
    replica = replicas.get(catalog, replica_id)
    item, content = items.get(catalog, replica.item_id), contents.get(catalog, replica.content_id)
    library = libraries.by_id(catalog, item.library_id)
    assert library is not None
    return Record(
        Operation.RENAME,
        target,
        int(vault.ctx.now()),
        vault.generation,
        source=source,
        blake3=content.digests.blake3,
        sha256=content.digests.sha256,
        size=content.digests.size,
        mtime_ns=content.mtime_ns,
        essence=content.essence,
        library=library.slug,
        original=item.path,
    )


def commit(vault: OpenVault, moved: Sequence[tuple[int, RelPath]], intent: int) -> None:
    """Write down where copies lie now, in one transaction; of several moves of one copy the last counts."""
    ctx = vault.ctx
    with ctx.catalog.transaction(ctx.now()) as transaction:
        for replica_id, target in dict(moved).items():
            replica = replicas.get(ctx.catalog, replica_id)
            item = items.get(ctx.catalog, replica.item_id)
            replicas.set_path(transaction, replica, target)
            transaction.event(
                item.event(
                    EventType.FILENAME_CHANGE,
                    vault_id=vault.id,
                    detail={"drive": vault.label, "from": display(replica.path), "to": display(target)},
                )
            )
        intents.done(transaction, [intent])
    durable.done("committed")
