"""Drives: making a vault on one, naming it, and letting it go.

Where the catalog last saw a vault and finds none now, the drive isn't mounted: nothing is written there, for its mount
point would fill the system's disk.
"""

from __future__ import annotations

import os
from dataclasses import replace

from musicvault.catalog import libraries, vaults
from musicvault.catalog.vaults import Vault
from musicvault.domain.media import Media
from musicvault.domain.paths import display, split
from musicvault.engine.context import Context
from musicvault.engine.library import remember_volume
from musicvault.engine.locating import below, check_no_twin, present, remember
from musicvault.errors import DriveGone, DriveRefused, DriveUnwritable, UsageError
from musicvault.language import tr
from musicvault.storage import answering, volumes
from musicvault.storage.mounts import contains
from musicvault.storage.vault import create, identity, layout
from musicvault.storage.vault.faults import is_folder
from musicvault.storage.vault.identity import Identity
from musicvault.storage.volumes import Volume


def add_drive(ctx: Context, folder: bytes, label: str | None = None, site: str = "", *, new: bool = False) -> Vault:
    """Make a vault in `folder`, or recognise the one that is there (then `label` and `site`, where given, are its new
    ones).

    Raises UsageError for a missing folder, DriveGone where a known drive isn't mounted (`new` overrules), DriveRefused
    for a vault of another catalog, a copied vault and nested folders, DriveUnwritable, NoSpace.
    """
    place = os.path.realpath(folder)
    there = check_drive(ctx, place, new=new)
    if there is not None:
        return _recognised(ctx, place, there, label, site)
    return _created(ctx, place, label, site)


def check_drive(ctx: Context, folder: bytes, *, new: bool = False) -> Identity | None:
    """Whether `add_drive` would do: who the vault in the folder is, None where one would be made. Writes nothing,
    raises as `add_drive` does."""
    place = os.path.realpath(folder)
    if not is_folder(place):
        gone = _expected_at(ctx, place)
        if gone is not None:
            raise DriveGone(_not_mounted(gone, place))
        raise UsageError(tr("{folder} is not a folder. Give a folder on the drive.", folder=display(place)))
    there = create.existing_vault(place)
    if there is not None:
        _check_known(ctx, place, there)
        return there
    gone = _expected_at(ctx, place)
    if gone is not None and not new:
        raise DriveGone(_not_mounted(gone, place))
    _check_apart(ctx, place)
    return None


def _expected_at(ctx: Context, place: bytes) -> Vault | None:
    """A vault was last seen in this folder, or this folder lay on its volume, which is somewhere else now."""
    for vault in vaults.every(ctx.catalog):
        if vault.folder in (place, os.path.join(place, layout.VAULT_FOLDER)):
            return vault
        known = vaults.volume(ctx.catalog, vault.volume_id)
        if known is None or known.mount in (b"/", b"") or not contains(known.mount, place):
            continue
        try:
            here = volumes.volume_of(_nearest(place))
        except DriveGone:
            return vault
        # On what lies at or below the mount point of its parent, an unmounted folder looks like an empty drive.
        if here.id != known.id and not contains(known.mount, here.mount_point):
            return vault
    return None


def _nearest(place: bytes) -> bytes:
    """The place itself where anything is there, else the folder above it that is: a name mistyped on a drive that is
    there is no drive that is away."""
    while not os.path.lexists(place) and place != b"/":
        place = os.path.dirname(place)
    return place


def _not_mounted(vault: Vault, place: bytes) -> str:
    return tr(
        "The drive {label} was last seen at {folder} and is not there now: it is probably not mounted. Nothing was "
        "written. Plug it in and mount it; to make another vault at this place, use: drive add {place} --new",
        label=vault.label,
        folder=display(split(vault.folder)[0]),
        place=display(place),
    )


def _check_apart(ctx: Context, place: bytes) -> None:
    inside = layout.enclosing_vault(place)
    if inside is not None:
        raise DriveRefused(
            tr(
                "{folder} lies inside the vault {vault}. Choose a folder outside it.",
                folder=display(place),
                vault=display(inside),
            )
        )
    for library in libraries.placed(ctx.catalog):
        check_nesting(library.root, place)


def check_nesting(library_root: bytes, place: bytes) -> None:
    """Raises DriveRefused where a vault in `place` would lie inside the library, or the library inside the vault."""
    vault = os.path.join(place, layout.VAULT_FOLDER)
    if answering.holds(library_root, place) or answering.holds(vault, library_root):
        raise DriveRefused(
            tr(
                "{folder} and the library {library} lie inside one another. Copies belong outside the music that they "
                "protect: choose another folder, best on another drive.",
                folder=display(place),
                library=display(library_root),
            )
        )


def recorded(ctx: Context, folder: bytes) -> Vault | None:
    """The catalog's row of the vault that is in this folder now, if there is one."""
    there = create.existing_vault(os.path.realpath(folder))
    return None if there is None else vaults.by_id(ctx.catalog, there.id)


def _created(ctx: Context, place: bytes, label: str | None, site: str) -> Vault:
    if not os.access(place, os.W_OK | os.X_OK):
        raise DriveUnwritable(tr("This account may not write to {folder}.", folder=display(place)))
    volume = volumes.volume_of(place)
    if volume.read_only:
        raise DriveUnwritable(tr("{folder} is mounted read-only.", folder=display(place)))
    if label is not None and vaults.by_label(ctx.catalog, identity.clean_label(label)) is not None:
        raise UsageError(tr("There is a drive called {label} already. Choose another label.", label=label))
    name = vaults.free_label(ctx.catalog, identity.clean_label(label or "") or _default_label(place, volume))
    made = create.create_vault(place, name, site, ctx.catalog.catalog_id, now=int(ctx.now()))
    return _enrolled(ctx, os.path.join(place, layout.VAULT_FOLDER), made, made.generation, name, made.site)


def _default_label(place: bytes, volume: Volume) -> str:
    """The file system's own label, else the folder's name."""
    if place == volume.mount_point and volume.label:
        return identity.clean_label(volume.label) or tr("Drive")
    return identity.clean_label(display(split(place)[1])) or tr("Drive")


def _enrolled(ctx: Context, root: bytes, there: Identity, generation: int, label: str, site: str) -> Vault:
    """Write the vault that stands on the drive into the catalog: the drive first, this row last."""
    volume = volumes.volume_of(root)
    traits = volumes.probe(root)
    now = ctx.now()
    vault = Vault(
        there.id,
        volume.id,
        label,
        site,
        root,
        below(root, volume),
        generation,
        float(there.created),
        now,
        None,
        media=volume.media.value,
    )
    with ctx.catalog.transaction(now) as transaction:
        remember_volume(ctx, transaction, volume, traits)
        vaults.add(transaction, vault)
    return vault


def _check_known(ctx: Context, place: bytes, there: Identity) -> None:
    """A vault that is there must be ours, and the one that we know by its id, not a copy of it."""
    if there.owner != ctx.catalog.catalog_id:
        raise DriveRefused(
            tr(
                "The vault on {label} belongs to another catalog. It is left as it is: use the catalog that made it, "
                "or give this one a folder of its own on the drive. To take it over for good: "
                "musicvault drive add FOLDER --adopt-vault",
                label=there.label,
            )
        )
    check_no_twin(ctx, _root_of(place), there.id)


def _root_of(place: bytes) -> bytes:
    found = layout.find_vault(place)
    assert found is not None
    return found.root


def _recognised(ctx: Context, place: bytes, there: Identity, label: str | None, site: str) -> Vault:
    root = _root_of(place)
    known = vaults.by_id(ctx.catalog, there.id)
    if known is None:
        return _taken_back(ctx, root, there, label, site)
    remember(ctx, present(known, known.folder if _is_still_at(known.folder, root) else root))
    if label is not None or site:
        return relabel_drive(ctx, known, label if label is not None else known.label, site or known.site)
    return vaults.by_id(ctx.catalog, there.id) or known


def _is_still_at(folder: bytes, root: bytes) -> bool:
    """Whether this other name of a vault, such as a bind mount gives it, comes beside the one that is known: then that
    one stays, for the other may go without the drive."""
    try:
        return answering.within_reach(folder) and os.path.samefile(folder, root)
    except OSError:
        return False


def _taken_back(ctx: Context, root: bytes, there: Identity, label: str | None, site: str) -> Vault:
    """A vault of ours that the catalog doesn't list: its making was interrupted, or it was removed from the list."""
    state = identity.open_vault(root, ctx.catalog.catalog_id, None)
    wanted = identity.clean_label(label or "") or there.label
    return _enrolled(ctx, root, there, state.generation, vaults.free_label(ctx.catalog, wanted), site or there.site)


def remove_drive(ctx: Context, vault: Vault) -> None:
    """Stop using a drive. All that lies on it stays; adding it again brings it back."""
    with ctx.locked("drive remove", vaults=(vault.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
        vaults.remove(transaction, vault)


def relabel_drive(ctx: Context, vault: Vault, label: str, site: str, *, dry_run: bool = False) -> Vault:
    """Give a drive another label and site. Raises UsageError where another drive has the label."""
    wanted, place = identity.clean_label(label), identity.clean_label(site)
    if not wanted:
        raise UsageError(tr("A drive needs a label."))
    other = vaults.by_label(ctx.catalog, wanted)
    if other is not None and other.id != vault.id:
        raise UsageError(tr("There is a drive called {label} already. Choose another label.", label=wanted))
    if dry_run:
        return replace(vault, label=wanted, site=place)
    if (wanted, place) != (vault.label, vault.site):
        with ctx.locked("drive label", vaults=(vault.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
            vaults.relabel(transaction, vault, wanted, place)
    return vaults.by_id(ctx.catalog, vault.id) or vault


def describe_drive(ctx: Context, vault: Vault, *, media: Media, notes: str, dry_run: bool = False) -> Vault:
    """Say what kind of drive it is, and note something about it."""
    wanted = (media.value, " ".join(notes.split())[:_LONGEST_NOTE])
    if dry_run:
        return replace(vault, media=wanted[0], notes=wanted[1])
    if wanted != (vault.media, vault.notes):
        with ctx.locked("drive edit", vaults=(vault.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
            vaults.describe(transaction, vault, *wanted)
    return vaults.by_id(ctx.catalog, vault.id) or vault


_LONGEST_NOTE = 1000
