"""Libraries: adding, removing, and whether one is there right now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from musicvault.catalog import items, libraries, scanned, vaults
from musicvault.catalog.database import Transaction
from musicvault.catalog.libraries import Library
from musicvault.domain.paths import display, split
from musicvault.domain.times import Traits
from musicvault.engine.context import Context
from musicvault.errors import Locked, UsageError
from musicvault.language import tr
from musicvault.storage import answering, mounts, volumes
from musicvault.storage.mounts import contains
from musicvault.storage.vault import layout
from musicvault.storage.vault.faults import is_folder

_SAMPLE = 50


def add_library(ctx: Context, folder: bytes, name: str | None = None, exclusions: Sequence[str] = ()) -> Library:
    """Record a folder of music; the one that is already recorded is given back as it is.

    Raises UsageError where the folder isn't there, can't be read, or lies in a vault or in another library.
    """
    root = os.path.realpath(folder)
    reconnect(ctx)
    known = libraries.by_root(ctx.catalog, root)
    if known is not None:
        return known if known.is_placed else place_library(ctx, known, root)
    check_addable(ctx, root)
    wanted = name or display(split(root)[1]) or "Music"
    if name is not None and libraries.by_name(ctx.catalog, name) is not None:
        raise UsageError(tr("There is a library called {name} already. Choose another name.", name=name))
    free, slug = libraries.free_name(ctx.catalog, wanted)
    volume = volumes.volume_of(root)
    with ctx.catalog.transaction(ctx.now()) as transaction:
        remember_volume(ctx, transaction, volume, volumes.probe(root))
        library_id = libraries.add(transaction, free, slug, root, volume.id, exclusions)
    added = libraries.by_id(ctx.catalog, library_id)
    assert added is not None
    return added


def check_addable(ctx: Context, root: bytes, but: Library | None = None) -> None:
    """Whether a new library (or `but`, which is to move) may be made of this resolved path; raises UsageError as
    `add_library` does."""
    _check_folder(root)
    _check_apart(ctx, root, but)


def place_library(ctx: Context, library: Library, folder: bytes) -> Library:
    """Point a library at the folder where it lies now: one of a rebuilt catalog, or one that was moved.

    Raises UsageError as `add_library` does, and where a library that has a folder already would get one with other
    files in it. Nothing on disk is changed.
    """
    root = os.path.realpath(folder)
    check_addable(ctx, root, but=library)
    taken = libraries.root_taken(ctx.catalog, root)
    if taken is not None and taken != library.id:
        raise UsageError(tr("{folder} is known as another library.", folder=display(root)))
    if library.is_placed and root != library.root and not _looks_the_same(ctx, library, root):
        raise UsageError(
            tr(
                "{folder} doesn't hold the files of the library {name}. Move them there first, or add the folder as a "
                "library of its own.",
                folder=display(root),
                name=library.name,
            )
        )
    volume = volumes.volume_of(root)
    with ctx.locked("library move", libraries=(library.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
        remember_volume(ctx, transaction, volume, volumes.probe(root))
        libraries.place(transaction, library, root, volume.id)
    found = libraries.by_id(ctx.catalog, library.id)
    assert found is not None
    return found


def remove_library(ctx: Context, library: Library) -> None:
    """Stop watching a library. Its files and every copy stay; adding the folder again brings it back."""
    with ctx.locked("library remove", libraries=(library.id,)), ctx.catalog.transaction(ctx.now()) as transaction:
        libraries.remove(transaction, library)


def remember_volume(ctx: Context, transaction: Transaction, volume: volumes.Volume, traits: Traits) -> None:
    """Write down what was found out about a volume."""
    vaults.save_volume(
        transaction,
        vaults.KnownVolume(
            volume.id,
            volume.fs_type,
            volume.fs_uuid,
            volume.label or "",
            traits,
            volume.mount_point,
            ctx.now(),
            disk=volume.hardware.id,
            model=volume.hardware.model,
            enclosure=volume.hardware.enclosure,
            detached=volume.detached,
        ),
    )


def _check_folder(root: bytes) -> None:
    if not is_folder(root):
        raise UsageError(tr("{folder} is not a folder. Give the folder that holds your music.", folder=display(root)))
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise UsageError(
            tr("{folder} can't be read: {cause}.", folder=display(root), cause=error.strerror or "")
        ) from error


def _check_apart(ctx: Context, root: bytes, but: Library | None) -> None:
    """A library inside a vault, a vault's whole folder as a library, and nested libraries are refused."""
    inside = layout.enclosing_vault(root)
    if inside is not None:
        raise UsageError(
            tr(
                "{folder} lies inside the MusicVault drive folder {vault}. Give the folder with your own music.",
                folder=display(root),
                vault=display(inside),
            )
        )
    for vault in vaults.every(ctx.catalog):
        if contains(root, vault.folder):
            raise UsageError(
                tr(
                    "The drive {label} keeps its copies inside {folder}, so that folder can't be a library.",
                    label=vault.label,
                    folder=display(root),
                )
            )
    for library in libraries.placed(ctx.catalog):
        if but is not None and library.id == but.id:
            continue
        if answering.holds(root, library.root) or answering.holds(library.root, root):
            raise UsageError(
                tr(
                    "{folder} and the library {name} ({other}) lie in one another: a file belongs to one library only.",
                    folder=display(root),
                    name=library.name,
                    other=display(library.root),
                )
            )


def online(ctx: Context, library: Library) -> bool:
    """Whether the library's folder is there, on the volume where it was last seen. An absent or empty mount point
    is not an empty library (M2), also where the folder below the mount point is on the same volume (bind mounts, Btrfs
    subvolumes). A folder on another volume is the library all the same when it holds
    at least half of a sample of the known files (a new disk, a file system without identity), or when
    nothing is known of it that could be missed."""
    if not library.is_placed or not answering.within_reach(library.root) or not os.path.isdir(library.root):
        return False
    try:
        volume = volumes.volume_of(library.root)
    except OSError:
        return False
    same = volume.id == library.volume_id and not _is_bare(ctx, library)
    return same or _looks_the_same(ctx, library, library.root)


def _is_bare(ctx: Context, library: Library) -> bool:
    """Whether the library was a mount point when last scanned, and isn't now."""
    return libraries.ROOT in libraries.submounts(ctx.catalog, library.id) and not mounts.is_point(library.root)


def _looks_the_same(ctx: Context, library: Library, root: bytes) -> bool:
    paths = scanned.sample_paths(ctx.catalog, library.id, _SAMPLE)
    there = sum(os.path.lexists(os.path.join(root, path)) for path in paths)
    return there * 2 >= len(paths)


def located(ctx: Context, library: Library) -> Library | None:
    """The library with the folder where it lies now; None where it isn't there. One whose drive came back under another
    mount point is recognised, as drives are: by its volume, the same folder below the mount point, and the known
    files in it. Writes nothing."""
    if online(ctx, library):
        return library
    if not library.is_placed or not items.count(ctx.catalog, library.id):
        return None
    for root in _candidates(library):
        if root != library.root and os.path.isdir(root) and _looks_the_same(ctx, library, root):
            found = os.path.realpath(root)
            if volumes.volume_of(found).id == library.volume_id:
                return replace(library, root=found)
    return None


def _candidates(library: Library) -> Iterator[bytes]:
    """Where the volume is mounted now, with ever less of the library's path below it: where its mount point was isn't
    known any more."""
    names = library.root.lstrip(b"/").split(b"/")
    for volume in volumes.mounts():
        if volume.id == library.volume_id:
            for start in range(len(names) + 1):
                yield os.path.join(volume.mount_point, *names[start:])


def reconnect(ctx: Context) -> None:
    """Note where libraries lie now that are not where they were. One that another process works on, or whose new folder
    can't be a library (another one has it), stays as it is."""
    for library in libraries.placed(ctx.catalog):
        found = located(ctx, library)
        if found is not None and found.root != library.root:
            with suppress(Locked, UsageError):
                place_library(ctx, library, found.root)


def settle_volume(ctx: Context, library: Library) -> Library:
    """Before a scan of a library that is there: note the volume if it isn't the one remembered."""
    volume = volumes.volume_of(library.root)
    if volume.id != library.volume_id or vaults.volume(ctx.catalog, volume.id) is None:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            remember_volume(ctx, transaction, volume, volumes.probe(library.root))
            libraries.set_volume(transaction, library.id, volume.id)
    found = libraries.by_id(ctx.catalog, library.id)
    assert found is not None
    return found
