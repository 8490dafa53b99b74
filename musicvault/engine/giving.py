"""Giving a file out of the copies that there are: what restore, drills, deliveries and old versions have in common.

A file is put together from verified blocks beside its place, flushed, read back, given its time, and takes its name
without clobbering.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from musicvault.catalog import libraries
from musicvault.catalog.contents import Content
from musicvault.catalog.vain import SearchedInVain
from musicvault.domain.paths import RelPath, display, split
from musicvault.engine.context import Context
from musicvault.engine.witnessing import gathered
from musicvault.errors import ItemError, NoSpace, UsageError
from musicvault.language import tr
from musicvault.storage import durable, volumes
from musicvault.storage.delivery import aside_of
from musicvault.storage.mounts import contains
from musicvault.storage.reading import read_file
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.layout import enclosing_vault

_MODE = 0o644


def check_apart(ctx: Context, folder: bytes) -> None:
    """What is given out must not land in a library (it would be scanned as new music) or in a vault, whatever links
    lead there. Raises UsageError."""
    folder = os.path.realpath(folder)
    for library in libraries.placed(ctx.catalog):
        if contains(library.root, folder) or contains(folder, library.root):
            raise UsageError(
                tr(
                    "{folder} lies inside the library {name}. Restore into a folder outside it; `repair` puts files "
                    "back into the library itself.",
                    folder=display(folder),
                    name=library.name,
                )
            )
    vault = enclosing_vault(folder)
    if vault is not None:
        raise UsageError(
            tr(
                "{folder} lies inside the vault {vault}. Restore into a folder outside it.",
                folder=display(folder),
                vault=display(vault),
            )
        )


def check_room(folder: bytes, needed: int) -> None:
    """Raises NoSpace, saying how much is missing, where `folder` (or what it will be made in) has too little room for
    so many bytes."""
    there = folder
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    free, total = volumes.space(there)
    if total and needed > free:
        raise NoSpace(
            tr(
                "{folder} has room for {free} MB, and {needed} MB are needed. Make room there, or restore less.",
                folder=display(folder),
                free=f"{free / 1e6:,.0f}",
                needed=f"{needed / 1e6:,.0f}",
            )
        )


def make_folder(root: bytes, folder: bytes) -> None:
    """Make `root` (a real path) and `folder` below it. Raises ItemError where a link on the way leads out of it."""
    durable.make_folders(root)
    above = folder
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not contains(root, os.path.realpath(above)):
        raise ItemError(display(folder), "write", tr("a link on the way leads out of the folder"))
    durable.make_folders(folder)


def name_told(path: RelPath, fitted: RelPath) -> dict[str, object]:
    """The details of what was given out under a name that the file system can hold, instead of its own: `fitted` is
    `path` below a folder, as `storage.fitting` has it. Empty where it kept its names."""
    if fitted.endswith(path):
        return {}
    name = display(fitted)
    return {"written_as": name, "said": tr("as {name}: the names can't be held there", name=name)}


def write_out(ctx: Context, path: RelPath, content: Content, copies: Sequence[bytes], target: bytes) -> int:
    """Write this version of the item at `path` to `target`, whose folder is there; gives the place in `copies` of the
    one that most of it came from.

    Raises ItemError where no copy is whole or the name was taken meanwhile, VaultError, Cancelled; then nothing is
    left of it.
    """
    partial = aside_of(target)
    durable.remove(partial)  # of an earlier run that was killed
    try:
        vain = SearchedInVain(ctx.catalog, content.digests.blake3)
        found = gathered(copies, content.digests, partial, checkpoint=ctx.checkpoint, vain=vain)
        if not found.whole:
            raise ItemError(display(path), "read", tr("no copy of it within reach is whole"))
        durable.read_back(partial, _digest(content, partial), checkpoint=ctx.checkpoint)
        with explained(partial):
            os.chmod(partial, _MODE)
            durable.set_mtime(partial, content.mtime_ns)
        durable.flush([partial])
        durable.place(partial, target)
    except FileExistsError as error:
        raise ItemError(display(target), "write", tr("another file took its name meanwhile")) from error
    finally:
        durable.remove(partial)
    durable.sync_folder(split(target)[0])
    return max(range(len(copies)), key=lambda number: found.used[number], default=0)


def _digest(content: Content, partial: bytes) -> bytes:
    """The BLAKE3 digest of what was just gathered, and has the digests that are known."""
    return content.digests.blake3 if content.digests.is_known else read_file(partial, digests=False).digests.blake3
