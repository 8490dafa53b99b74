"""Finding vaults again, wherever they are mounted: each is known by the id that it carries, never by its path.

Two that carry one id are copies of one another; nobody can tell which is right, so neither is read or written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from musicvault.catalog import vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.paths import display, split
from musicvault.engine.context import Context
from musicvault.engine.library import remember_volume
from musicvault.errors import DriveGone, DriveRefused, VaultError
from musicvault.language import tr
from musicvault.storage import answering, filesystems, mounts, volumes
from musicvault.storage.vault import identity, layout
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.identity import Identity
from musicvault.storage.volumes import Volume


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a vault is right now. `root` is its `MusicVault` folder, None while the drive is away; `reason` says in
    plain words why it is away or can't be written, `strange` that there is more to it than being unplugged, `failing`
    that something is where it was last seen and can't be read, `silent` that its mount doesn't answer. `elsewhere`:
    another catalog owns the vault, or it was written by one; then it is only read until the user takes it over."""

    vault: Vault
    root: bytes | None
    volume: Volume | None
    online: bool
    writable: bool
    reason: str = ""
    elsewhere: bool = False
    strange: bool = False
    failing: bool = False
    silent: bool = False

    @property
    def is_unusual(self) -> bool:
        """Whether `reason` says more than that the drive is away."""
        return self.strange or self.silent or (self.online and bool(self.reason))


def locate(ctx: Context, *, record: bool = False) -> list[Presence]:
    """Where each vault is: in its recorded folder, else at its recorded place below any mount. `record` writes down
    what was found (not in commands that only read)."""
    found = [locate_one(ctx, vault) for vault in vaults.every(ctx.catalog)]
    if record:
        for presence in found:
            remember(ctx, presence)
    return found


def locate_one(ctx: Context, vault: Vault) -> Presence:
    """Where this vault is."""
    presence, there = _locate(vault)
    if there is None or (there.owner == ctx.catalog.catalog_id and there.generation <= vault.generation):
        return presence
    # A job may have raised both since the row was read.
    now = vaults.by_id(ctx.catalog, vault.id)
    known = there.owner == ctx.catalog.catalog_id and now is not None and there.generation <= now.generation
    return replace(presence, elsewhere=not known)


def _locate(vault: Vault) -> tuple[Presence, Identity | None]:
    """Where it is, and what it says of itself there."""
    reason, failing = "", False
    for folder in _candidates(vault):
        try:
            there = _identity_at(folder)
        except VaultError as error:
            there, problem = None, str(error)
            failing = failing or folder == vault.folder
        else:
            problem = "" if there is None else _another(there, folder)
        if there is not None and there.id == vault.id:
            twin = _twin_of(vault, folder)
            if twin is not None:
                return Presence(vault, None, None, False, False, _doubled(vault, folder, twin), strange=True), None
            return present(vault, folder), there
        if problem and folder == vault.folder:  # what stands elsewhere says nothing about this one
            reason = problem
    silent = not reason and not answering.within_reach(vault.folder)
    away = reason or (_silence(vault) if silent else tr("The drive {label} is not connected.", label=vault.label))
    return Presence(vault, None, None, False, False, away, strange=bool(reason), failing=failing, silent=silent), None


def _silence(vault: Vault) -> str:
    folder = display(split(vault.folder)[0])
    return tr("The drive {label} doesn't answer: what is mounted at {folder} hangs.", label=vault.label, folder=folder)


def _twin_of(vault: Vault, folder: bytes) -> bytes | None:
    """Another folder that carries the same id: a copied drive. Which of both is right, nobody can tell, so neither is
    read or written. Network shares aren't asked: one that is dead would never answer."""
    for mount in mounts.holding_files():
        candidate = os.path.join(mount.point, vault.below)
        if candidate == folder or filesystems.is_network(mount.fs_type) or not answering.answers(mount):
            continue
        try:
            there = _identity_at(candidate)
            if there is not None and there.id == vault.id and not os.path.samefile(candidate, folder):
                return candidate
        except (VaultError, OSError):
            continue
    return None


def _doubled(vault: Vault, folder: bytes, twin: bytes) -> str:
    return tr(
        "Two drives say that they are {label}: at {folder} and at {other}. One is a copy of the other. Unmount one of "
        "them.",
        label=vault.label,
        folder=display(split(folder)[0]),
        other=display(split(twin)[0]),
    )


def _another(there: Identity, folder: bytes) -> str:
    return tr("Another drive, {other}, is mounted at {folder}.", other=there.label, folder=display(folder))


def _candidates(vault: Vault) -> Iterator[bytes]:
    if answering.within_reach(vault.folder):
        yield vault.folder
    for mount in mounts.holding_files():
        candidate = os.path.join(mount.point, vault.below)
        if candidate != vault.folder and answering.answers(mount):
            yield candidate


def _identity_at(folder: bytes) -> Identity | None:
    """Raises VaultError where something is there that can't be read or understood."""
    with explained(folder):
        return identity.read_identity(layout.VaultLayout(folder)) if layout.is_vault(folder) else None


def present(vault: Vault, root: bytes) -> Presence:
    try:
        volume = volumes.volume_of(root)
    except DriveGone as error:
        return Presence(vault, None, None, False, False, str(error))
    reason = ""
    if volume.read_only:
        reason = tr("The drive {label} is mounted read-only.", label=vault.label)
    elif not os.access(root, os.W_OK | os.X_OK):
        reason = tr("This account may not write to {folder}.", folder=display(root))
    return Presence(vault, root, volume, True, not reason, reason)


def remember(ctx: Context, presence: Presence) -> None:
    """Write down where a vault was met."""
    if presence.root is None or presence.volume is None:
        return
    vault, volume = presence.vault, presence.volume
    same = (vault.folder, vault.below, vault.volume_id) == (presence.root, below(presence.root, volume), volume.id)
    if same and ctx.now() - vault.seen_at < _SEEN_GRAIN_S and vaults.volume(ctx.catalog, volume.id) is not None:
        return
    known = vaults.volume(ctx.catalog, volume.id)
    traits = known.traits if known is not None else volumes.probe(presence.root)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        remember_volume(ctx, transaction, volume, traits)
        vaults.set_seen(transaction, vault.id, presence.root, below(presence.root, volume), volume.id)


_SEEN_GRAIN_S = 3600.0


def below(root: bytes, volume: Volume) -> bytes:
    return os.path.relpath(root, volume.mount_point)


def not_there(presence: Presence) -> DriveGone:
    """The error of a job that was to write to a vault that is away."""
    if presence.failing or presence.silent:
        return DriveGone(presence.reason)
    if presence.strange:  # something is plugged in there
        return DriveGone(tr("{reason} Nothing was written there.", reason=presence.reason))
    return DriveGone(
        tr(
            "{reason} It was last seen at {folder}. Nothing was written there. Plug it in and mount it.",
            reason=presence.reason,
            folder=display(split(presence.vault.folder)[0]),
        )
    )


def check_no_twin(ctx: Context, here: bytes, vault_id: str) -> None:
    """Raises DriveRefused where the vault with this id is known to the catalog and connected in another place."""
    known = vaults.by_id(ctx.catalog, vault_id)
    for folder in _candidates(known) if known is not None else ():
        try:
            there = _identity_at(folder)
            twin = there is not None and there.id == vault_id and not os.path.samefile(folder, here)
        except (VaultError, OSError):
            continue
        if twin and known is not None:
            raise DriveRefused(
                tr(
                    "{folder} holds a copy of the vault on {label}, which is connected too. One of the two must be "
                    "removed: MusicVault can't tell which is right.",
                    folder=display(here),
                    label=known.label,
                )
            )
