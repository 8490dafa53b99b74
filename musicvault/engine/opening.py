"""The door to a vault: what a crash left is settled first, and the lists follow what was done, however the job ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from musicvault.engine.context import Context
from musicvault.engine.locating import Presence
from musicvault.engine.opened import OpenVault, claimed
from musicvault.engine.reconcile.pending import settle
from musicvault.errors import VaultError


@contextmanager
def open_for_writing(ctx: Context, presence: Presence, *, lazily: bool = False) -> Iterator[OpenVault]:
    """Open a vault for one job; the caller holds its catalog lock (`ctx.locked`). Folds (not when `lazily`), and renews
    the snapshot where it is due, when the job has ended well.

    Raises DriveGone, DriveUnwritable, DriveRefused, Locked, NoSpace, VaultError.
    """
    with claimed(ctx, presence) as vault:
        settle(vault)
        try:
            yield vault
        except BaseException:
            # What can't be written now is in the journal: the next job goes on from there.
            with suppress(VaultError, OSError):
                settle(vault)
                vault.fold()
            raise
        vault.finish(lazily=lazily)
