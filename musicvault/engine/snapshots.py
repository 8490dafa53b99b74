"""The catalog's snapshot on a vault: when it is due at the end of a job, and how it takes its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from musicvault.catalog import items, libraries, snapshot, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.needs import NOTHING, Tally
from musicvault.domain.paths import display
from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.errors import ItemError, VaultError
from musicvault.language import tr
from musicvault.storage import flushing, reading, volumes
from musicvault.storage.stats import is_there
from musicvault.storage.vault import bag, writing
from musicvault.storage.vault.faults import explained, explanation
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.snapshots import counts, digest_file, recorded_digests

SHARE = 0.01
"""A job that changed more than this share of the items brings the snapshot up to date."""

OLDEST_S = 86400.0


def is_due(ctx: Context, vault: Vault, layout: VaultLayout, changed: int) -> bool:
    """Whether a job that changed `changed` items on this vault should renew its snapshot."""
    if vault.snapshot_at is None or ctx.now() - vault.snapshot_at > OLDEST_S or not os.path.lexists(layout.snapshot):
        return True
    known = sum(items.count(ctx.catalog, library.id) for library in libraries.every(ctx.catalog))
    return changed > SHARE * known


def room(ctx: Context) -> int:
    """Bytes that must stay free on a vault for the next snapshot."""
    return snapshot.size(ctx.catalog) + _SLACK


def free_for(ctx: Context, root: bytes, entries: int) -> int:
    """Bytes that so many new files may take on a vault: what is free, less what lists and the next snapshot want."""
    reserve = bag.room_to_fold(VaultLayout(root), entries) + room(ctx) if entries else 0
    return volumes.space(root)[0] - reserve


def free_on(ctx: Context, presence: Presence, needed: Mapping[str, Tally]) -> int:
    """The same of a drive that is there, for what each vault needs."""
    assert presence.root is not None
    return free_for(ctx, presence.root, needed.get(presence.vault.id, NOTHING).files)


_SLACK = 64 << 10


def write(ctx: Context, vault: Vault, layout: VaultLayout) -> None:
    """Put a snapshot of the catalog on the vault, proven by a second read from the device; the one before is kept.

    The new file and its digest lie durable in `incoming/` before the old pair steps aside. Raises VaultError.
    """
    target = layout.guarded(b"musicvault/incoming/catalog.partial")
    with explained(layout.incoming):
        try:
            with suppress(FileNotFoundError):
                os.unlink(target)
            snapshot.write(ctx.catalog, target)
            _settle(layout, target)
        except BaseException as error:
            with suppress(OSError):
                os.unlink(target)
            if isinstance(error, ItemError):  # it can't be read back, say: that is no item's fault
                raise _of_the_drive(error, target) from error
            raise
    with ctx.catalog.transaction(ctx.now()) as transaction:
        vaults.set_snapshot(transaction, vault.id)


def _of_the_drive(error: ItemError, path: bytes) -> VaultError:
    cause = error.__cause__
    return explanation(cause, path) if isinstance(cause, OSError) else VaultError(str(error))


def _settle(layout: VaultLayout, aside: bytes) -> None:
    handle = os.open(aside, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    written = reading.read_file(aside, digests=False).digests
    proven = reading.read_file(aside, digests=False, from_device=True).digests
    if proven.blake3 != written.blake3:
        raise VaultError(
            tr(
                "{path} reads back differently from what was written: the drive or its cable is failing.",
                path=display(aside),
            )
        )
    line = written.blake3.hex().encode("ascii") + b"  catalog.sqlite3\n"
    digest = writing.write_aside(layout.guarded(b"musicvault/incoming/catalog.blake3.partial"), (line,))
    writing.done("snapshot: written")
    _step_aside(layout)
    writing.done("snapshot: stepped aside")
    writing.place(digest, digest_file(layout.snapshot))
    writing.place(writing.Aside(aside, written.blake3, written.size), layout.snapshot)
    flushing.sync_folder(layout.root + b"/musicvault")
    writing.done("snapshot: placed")
    _clear_previous(layout)


def _step_aside(layout: VaultLayout) -> None:
    """The current snapshot becomes the one before. Only one that counts does: a damaged one never takes the place of a
    right one. Nothing goes before the new one stands: what can't be read now may be right. Raises OSError, also where
    the drive doesn't say what is there."""
    if not is_there(layout.snapshot) or not counts(layout.snapshot, recorded_digests(layout)):
        _restate_previous(layout)
        return
    writing.place(writing.Aside(layout.snapshot, b"", 0), layout.previous_snapshot)
    if is_there(digest_file(layout.snapshot)):
        writing.place(writing.Aside(digest_file(layout.snapshot), b"", 0), digest_file(layout.previous_snapshot))


def _restate_previous(layout: VaultLayout) -> None:
    """After a kill between snapshot and digest the digest of the one before still has the current one's name."""
    current, previous = (
        recorded_digests(layout, only=path)
        for path in (digest_file(layout.snapshot), digest_file(layout.previous_snapshot))
    )
    if (
        is_there(layout.previous_snapshot)
        and not counts(layout.previous_snapshot, previous)
        and counts(layout.previous_snapshot, current)
    ):
        writing.place(writing.Aside(digest_file(layout.snapshot), b"", 0), digest_file(layout.previous_snapshot))


def _clear_previous(layout: VaultLayout) -> None:
    """One before that doesn't count goes, so that the drive is whole again."""
    if is_there(layout.previous_snapshot) and not counts(layout.previous_snapshot, recorded_digests(layout)):
        os.unlink(layout.previous_snapshot)
        writing.done("snapshot: removed")
