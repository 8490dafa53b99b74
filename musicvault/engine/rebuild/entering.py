"""Entering a vault's finds in the catalog, in batches: replicas, contents and items."""

from __future__ import annotations

import os

from musicvault.catalog import contents, items, libraries, membership, placing_back, replicas, rules
from musicvault.catalog.database import Catalog, Transaction
from musicvault.domain.paths import split
from musicvault.domain.policy import DAY
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context
from musicvault.engine.rebuild.finds import Find, Taken
from musicvault.storage.stats import may_be_there

_BATCH = 64


class Entering:
    """The finds of one vault, whose row stands in the catalog already. Raises what the catalog raises."""

    def __init__(self, ctx: Context, root: bytes, vault_id: str, taken: Taken) -> None:
        self._ctx = ctx
        self._catalog = ctx.catalog
        self._root = root
        self._vault_id = vault_id
        self._taken = taken
        self._pending: list[Find] = []
        self._confirmed: set[int] = set()
        self._policy = rules.numbered(ctx.catalog)
        self._kept_s = {stored.id: stored.rule.version_days * DAY for stored in self._policy}

    def add(self, find: Find) -> None:
        """Have this find written with the next batch."""
        self._pending.append(find)

    def confirm(self, replica_id: int) -> None:
        """The catalog knows this copy as the vault states it."""
        self._confirmed.add(replica_id)

    def flush_batch(self) -> None:
        """Write down what waits once it is a batch."""
        if len(self._pending) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write down what waits, in one transaction."""
        batch, self._pending = self._pending, []
        if not batch:
            return
        with self._catalog.transaction(self._ctx.now()) as transaction:
            for find in batch:
                self._confirmed.add(self._write(transaction, find))

    def _write(self, transaction: Transaction, find: Find) -> int:
        """Record one file; gives its replica's id."""
        library = placing_back.library(transaction, self._catalog, find.whose.slug)
        self._follow_rename(transaction, library, find)
        unknown = find.seen is not None and not placing_back.content_of(
            self._catalog, find.whose.slug, find.whose.path, find.seen.digests.sha256
        )
        content_id, item_id = record(transaction, self._catalog, library, find)
        if find.stated:
            self._taken.unstated.discard(content_id)
        elif unknown:
            self._taken.unstated.add(content_id)
        item = items.get(self._catalog, item_id)
        if find.role == replicas.CURRENT:
            self._taken.times.setdefault(content_id, find.stated_at)
            if item.content.id != content_id:
                self._taken.disputed.setdefault(item_id, {item.content.id}).add(content_id)
        self._taken.counts["copies" if find.role == replicas.CURRENT else "versions"] += 1
        kept_until = self._kept_until(transaction, item_id) if find.role == replicas.VERSION else None
        return placing_back.stand(
            transaction, self._catalog, self._vault_id, item_id, content_id, find.path, find.stat, find.role,
            find.grade, kept_until,
        )  # fmt: skip

    def _kept_until(self, transaction: Transaction, item_id: int) -> float:
        """Until when a version of this item is kept, under the rule that decides for it."""
        deciding = membership.of_items(transaction.execute, self._policy, [item_id], transaction.now)
        return transaction.now + self._kept_s[deciding[item_id]]

    def _follow_rename(self, transaction: Transaction, library: libraries.Library, find: Find) -> None:
        """The item that had these bytes on this vault, under a name where nothing stands now, has got this name."""
        if find.seen is None or find.role != replicas.CURRENT or library.is_placed:
            return
        folder, name = split(find.whose.path)
        if items.by_path(self._catalog, library.id, folder, name) is not None:
            return
        blake3 = find.seen.digests.blake3
        for item_id, stored in placing_back.holders(self._catalog, self._vault_id, library.id, blake3):
            if not may_be_there(os.path.join(self._root, stored)):
                item = items.get(self._catalog, item_id)
                items.move(transaction, item, find.whose.path, find.stat, find.seen)
                mine = replicas.in_library(self._catalog, item_id)
                replicas.set_state(transaction, mine, ReplicaState.FORGOTTEN)
                return

    def drop_unconfirmed(self) -> None:
        """Copies that the vault no longer states: it moved or let them go after the snapshot was made."""
        gone = [
            replica_id
            for replica_id in placing_back.replicas_on(self._catalog, self._vault_id)
            if replica_id not in self._confirmed
        ]
        for start in range(0, len(gone), _BATCH):
            with self._catalog.transaction(self._ctx.now()) as transaction:
                for replica_id in gone[start : start + _BATCH]:
                    replicas.remove(transaction, replicas.get(self._catalog, replica_id))


def record(transaction: Transaction, catalog: Catalog, library: libraries.Library, find: Find) -> tuple[int, int]:
    """The content and item of a find, made where the catalog doesn't have them: (content id, item id)."""
    folder, name = split(find.whose.path)
    item = items.by_path(catalog, library.id, folder, name)
    if find.content_id is not None and item is not None:
        return find.content_id, item.id
    assert find.seen is not None
    if item is not None:
        return contents.add(transaction, item.id, find.seen), item.id
    item_id, replica_id = items.add(transaction, library.id, folder, name, find.seen, born_damaged=False)
    replicas.set_state(transaction, replicas.get(catalog, replica_id), ReplicaState.FORGOTTEN)
    return items.get(catalog, item_id).content.id, item_id
