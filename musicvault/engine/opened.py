"""A vault that this process may write to: its locks held, its journal at hand.

Whoever moves a file on a drive does it through one of these, so that the generation rises before the first line.
`opening.open_for_writing` is the door; what a crash left is settled there first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from musicvault.catalog import replicas, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.paths import display
from musicvault.engine import audit, listing, locating, snapshots
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.errors import DriveGone, DriveUnwritable, VaultError
from musicvault.language import tr
from musicvault.storage import volumes
from musicvault.storage.vault import bag
from musicvault.storage.vault.identity import Identity, OpenState, clean_label, open_vault
from musicvault.storage.vault.journal import Journal
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.lockfile import VaultLock
from musicvault.storage.vault.records import Record

FOLD_EVERY = 20_000
"""Journal lines after which a long job folds in between: replay stays quick and the journal fits in memory."""
LONG_JOURNAL = 4 << 20
"""And bytes beyond which no job leaves it for later."""


class OpenVault:
    """A vault that this process may write to. Made by `open_for_writing`; `vault` is the catalog's row."""

    def __init__(self, ctx: Context, vault: Vault, state: OpenState, journal: Journal, lock: VaultLock) -> None:
        self.ctx = ctx
        self.vault = vault
        self.layout: VaultLayout = state.layout
        self._state = state
        self._journal = journal
        self._lock = lock
        self._lines = 0
        self._changed = 0
        self._generation = state.generation
        self._begun = False

    @property
    def id(self) -> str:
        return self.vault.id

    @property
    def label(self) -> str:
        return self.vault.label

    @property
    def generation(self) -> int:
        """The one that this batch of changes carries; committed to the catalog before the first line (format.md)."""
        if not self._begun:
            self._generation += 1
            with self.ctx.catalog.transaction(self.ctx.now()) as transaction:
                vaults.set_generation(transaction, self.vault.id, self._generation)
            self._begun = True
        return self._generation

    def write(self, records: Sequence[Record]) -> None:
        """Journal these statements, flushed, before the files move. Their generation must be this one's."""
        self._journal.append_many(records)
        self._lines += len(records)

    def changed(self, items: int) -> None:
        """Count items whose copy here changed, and fold when the journal has grown long. Between batches only."""
        self._changed += items
        self._lock.beat()
        if self._lines >= FOLD_EVERY:
            self.fold()

    def free(self) -> int:
        """Bytes that may be written here now."""
        return volumes.space(self.layout.root)[0]

    def fold(self) -> None:
        """Carry the journal into the manifests, and the catalog's label and site with it. Damaged lists are written
        anew from what the catalog knows."""
        identity = self._renamed()
        if identity is None and not self._journal.size and not bag.damaged_lists(self.layout):
            return
        try:
            folded = self._fold(identity, None)
        except VaultError:
            if not bag.damaged_lists(self.layout) and bag.manifest_reads(self.layout):
                raise
            folded = self._fold(identity, self._known())
        self._state = replace(self._state, identity=folded)
        self._lines = 0
        self._begun = False

    def _fold(self, identity: Identity | None, contents: bag.Contents | None) -> Identity:
        return bag.fold(
            self.layout,
            self._journal,
            now=int(self.ctx.now()),
            generation=self.generation,
            identity=identity,
            contents=contents,
            head=audit.log_head(self.ctx.catalog),
        )

    def _renamed(self) -> Identity | None:
        """The identity with the label and the parity that the user chose meanwhile; None where the drive has them."""
        vault, there = vaults.by_id(self.ctx.catalog, self.vault.id) or self.vault, self._state.identity
        wanted = replace(there, label=clean_label(vault.label), site=clean_label(vault.site), parity=vault.parity)
        return None if wanted == there else wanted

    def _known(self) -> bag.Contents:
        return listing.contents(self.ctx.catalog, self.vault.id, now=self.ctx.now(), generation=self.generation)

    def renew(self) -> None:
        """Write all lists and the snapshot anew, from what the catalog knows."""
        bag.fold(
            self.layout,
            self._journal,
            now=int(self.ctx.now()),
            generation=self.generation,
            contents=self._known(),
            head=audit.log_head(self.ctx.catalog),
        )
        self._lines = 0
        self._begun = False
        snapshots.write(self.ctx, self.vault, self.layout)

    def finish(self, *, lazily: bool = False) -> None:
        """The end of a job that went well: fold, and a snapshot where one is due. `lazily`: whoever runs small jobs one
        after the other folds later; the journal states all of it until then."""
        if not lazily or self._journal.size > LONG_JOURNAL:
            self.fold()
        vault = vaults.by_id(self.ctx.catalog, self.vault.id) or self.vault
        if snapshots.is_due(self.ctx, vault, self.layout, self._changed):
            snapshots.write(self.ctx, vault, self.layout)


@contextmanager
def claimed(ctx: Context, presence: Presence) -> Iterator[OpenVault]:
    """Lock the vault on its drive and open its journal; the caller holds its catalog lock (`ctx.locked`).

    Raises DriveGone, DriveUnwritable, DriveRefused, Locked, NoSpace, VaultError.
    """
    if presence.root is None:
        raise DriveGone(presence.reason)
    if not presence.writable:
        raise DriveUnwritable(presence.reason)
    locating.remember(ctx, presence)
    layout = VaultLayout(presence.root)
    with VaultLock(layout.guarded(b"musicvault/lock"), ctx.now) as lock:
        state = _opened(ctx, presence)
        with Journal(state.layout.journal) as journal:
            vault = vaults.by_id(ctx.catalog, presence.vault.id) or presence.vault
            yield OpenVault(ctx, vault, state, journal, lock)


def _opened(ctx: Context, presence: Presence) -> OpenState:
    assert presence.root is not None
    vault = vaults.by_id(ctx.catalog, presence.vault.id)
    state = open_vault(presence.root, ctx.catalog.catalog_id, vault.generation if vault else None)
    if state.identity.id != presence.vault.id:
        raise DriveGone(
            tr(
                "Another vault than {label} is at {folder} now.",
                label=presence.vault.label,
                folder=display(presence.root),
            )
        )
    state.require_writable()
    if state.behind:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            replicas.doubt(transaction, presence.vault.id)
    return state
