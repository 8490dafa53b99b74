"""Which file systems a library's tree lies on, and whether they are there: what went with one isn't gone (M2)."""

from __future__ import annotations

import os

from musicvault.catalog import libraries
from musicvault.catalog.libraries import Library
from musicvault.domain.paths import split
from musicvault.engine.context import Context
from musicvault.errors import DriveGone, reason_of
from musicvault.language import tr
from musicvault.storage import mounts


def device_of_root(library: Library) -> int:
    """The device on which the library's own folder lies, once it was listed. Raises DriveGone where it isn't there."""
    try:
        with os.scandir(library.root) as entries:
            next(entries, None)
        return os.stat(library.root).st_dev
    except PermissionError:
        return os.stat(library.root).st_dev
    except OSError as error:
        raise DriveGone(
            tr("The library {name} is not there: {cause}.", name=library.name, cause=reason_of(error))
        ) from error


def still_there(library: Library, device: int, *, was_mounted: bool) -> None:
    """Raises DriveGone where the library isn't any more on the device where it was, or (`was_mounted`) no file system
    is mounted on its folder."""
    bare = was_mounted and not mounts.is_point(library.root)
    if bare or device_of_root(library) != device:
        raise DriveGone(tr("The library {name} vanished while it was scanned. Nothing was changed.", name=library.name))


def device_of(library: Library, path: bytes) -> int:
    """The device of a folder of the library (the path below its root); -1 where there is none."""
    try:
        return os.lstat(os.path.join(library.root, path)).st_dev
    except OSError:
        return -1


def is_mounted(library: Library, path: bytes) -> bool:
    """Whether a file system is mounted on this folder of the library."""
    absolute = os.path.realpath(os.path.join(library.root, path))
    if any(mount.point == absolute for mount in mounts.table()):
        return True
    return device_of(library, path) not in (-1, device_of(library, split(path)[0]))


def absent(ctx: Context, library: Library) -> tuple[bytes, ...]:
    """Folders of the library on which a file system was mounted when last seen and isn't now."""
    known = libraries.submounts(ctx.catalog, library.id)
    if not known:
        return ()
    points = {mount.point for mount in mounts.table()}
    return tuple(sorted(path for path in known - {libraries.ROOT} if library.root + b"/" + path not in points))


def below_any(path: bytes, folders: tuple[bytes, ...]) -> bool:
    """Whether the path lies below one of these folders."""
    return any(path.startswith(folder + b"/") for folder in folders)
