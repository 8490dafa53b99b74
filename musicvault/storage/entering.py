"""The way from a library's root to where a walk of one region begins: the same folders that a whole walk would take.

A folder counts under the very name that its parent lists: where case doesn't matter, a folder answers to names that it
has no more. What lies behind a link, an excluded name or a vault is no part of the library.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Iterator
from typing import NamedTuple

from musicvault.domain.paths import RelPath, join
from musicvault.domain.regions import Region
from musicvault.storage.exclusions import Rules

BAG_FILE = b"bagit.txt"
_VAULT_FILE = b"musicvault/volume.json"


class Start(NamedTuple):
    """A folder to begin with; `parent` is the device of the folder above it (0 for the root). With a `problem`, the way
    ended at `path`, and what lies below is unknown. `below`: its subfolders are meant as well."""

    path: RelPath
    parent: int
    below: bool
    problem: OSError | None = None


def starts(root: bytes, region: Region, known: Rules) -> Iterator[Start]:
    """Where to begin; a folder of the region that is there no more is left out."""
    listed: dict[bytes, frozenset[bytes]] = {}
    for path in sorted(region.folders | region.trees):
        start = _start(root, path, known, listed)
        if start is not None:
            yield start._replace(below=path in region.trees)


def _start(root: bytes, path: RelPath, known: Rules, listed: dict[bytes, frozenset[bytes]]) -> Start | None:
    at, parent = b"", 0
    try:
        for name in path.split(b"/") if path else ():
            absolute = join(root, at) if at else root
            parent = device_of(absolute, follow=not at)
            if known.of_folder(at, name) is not None or is_vault(absolute):
                return None
            if at not in listed:
                listed[at] = frozenset(os.listdir(absolute))
            if name not in listed[at]:
                return None
            at = join(at, name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Start(at, parent, False, error)
    return Start(path, parent, False)


def device_of(path: bytes, follow: bool) -> int:
    """The device of a folder. Raises OSError, also for what is no folder."""
    found = os.stat(path, follow_symlinks=follow)
    if not modes.S_ISDIR(found.st_mode):
        # It was one when its parent was listed: a link in its place is not followed.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return found.st_dev


def is_vault(absolute: bytes) -> bool:
    """Whether a folder is a vault of MusicVault."""
    return os.path.lexists(join(absolute, BAG_FILE)) and os.path.lexists(join(absolute, _VAULT_FILE))
