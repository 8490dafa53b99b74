"""What lies in a library: folder by folder, without reading a file.

Depth first, names in byte order, never through a symlink. What is passed over comes with its reason
(`exclusions` has the rules for names), so that `status` can say what isn't protected:

- junk, excluded, temporary, hidden: by name;
- symlinks, to files and to folders; sockets, FIFOs, devices;
- a vault of MusicVault (a folder with `bagit.txt` and `musicvault/volume.json`), whole;
- unreadable: a file whose facts can't be had. An unreadable *folder* is a `problem`, not an empty folder (M2).

Empty files are items like others. Folders on another file system are walked and marked, so that the engine can tell
a submount that is away from files that were deleted.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from musicvault.domain.paths import RelPath, join
from musicvault.domain.regions import WHOLE, Region
from musicvault.domain.values import Stat
from musicvault.errors import reason_of
from musicvault.storage import mounts
from musicvault.storage.entering import BAG_FILE, device_of, is_vault, starts
from musicvault.storage.exclusions import Rules, SkipReason, rules

_WINDOWS = os.name == "nt"
_TYPE, _REGULAR = 0o170000, modes.S_IFREG  # stat.S_ISREG is a call a file


class Entry(NamedTuple):
    """A regular file: its name and the facts of `Stat`, in its order, flat because there are millions."""

    name: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int
    links: int

    @property
    def stat(self) -> Stat:
        return Stat(self.size, self.mtime_ns, self.ctime_ns, self.inode, self.device, self.links)


_flat = tuple.__new__  # an Entry in half the time that its own constructor takes


class Skipped(NamedTuple):
    """Something that isn't an item. `folder`: all below it isn't either. `detail`: the system's words, if any."""

    path: RelPath
    reason: SkipReason
    folder: bool = False
    detail: str = ""


class Folder(NamedTuple):
    """One folder below the root (`b""` is the root itself), with its files; its subfolders come by themselves.

    With a `problem`, the folder could not be listed to its end: names that are absent here prove nothing. `device`
    is its `st_dev` (0 where unknown); `mount`: another file system begins here (below the root only).
    """

    path: RelPath
    files: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]
    problem: OSError | None = None
    device: int = 0
    mount: bool = False


def walk(root: bytes, exclusions: Sequence[str] = (), region: Region = WHOLE) -> Iterator[Folder]:
    """Every folder of a region of the library, the root first. `exclusions` are the library's own patterns, on top of
    the default ones. Holds the names of one branch in memory, not of the tree. Raises nothing for what it finds on the
    way: a root that is gone or can't be read is one `Folder` with a problem; a folder of the region that isn't there is
    left out."""
    known = rules(tuple(exclusions))
    points = _mount_points(root)
    for start in starts(root, region, known):
        if start.problem is not None:
            yield Folder(start.path, (), (), start.problem, mount=join(root, start.path) in points)
            continue
        pending: list[tuple[RelPath, int]] = [(start.path, start.parent)]
        while pending:
            path, parent_device = pending.pop()
            absolute = join(root, path) if path else root
            try:
                device = device_of(absolute, follow=not path)
            except OSError as error:
                yield Folder(path, (), (), error, mount=absolute in points)
                continue
            folder, below = _list(absolute, path, known)
            yield folder._replace(device=device, mount=bool(path) and (absolute in points or device != parent_device))
            if start.below:
                pending.extend((name, device) for name in reversed(below))


def _list(absolute: bytes, path: RelPath, known: Rules) -> tuple[Folder, list[RelPath]]:
    files: list[Entry] = []
    skipped: list[Skipped] = []
    below: list[RelPath] = []
    prefix = path + b"/" if path else b""
    problem = None
    bag = False
    try:
        with os.scandir(absolute) as entries:
            for entry in entries:
                name = entry.name
                if not entry.is_file(follow_symlinks=False):
                    _other(entry, path, prefix, known, below, skipped)
                    continue
                reason = known.of_file(path, name)
                if reason is not None:
                    skipped.append(Skipped(prefix + name, reason))
                    continue
                bag = bag or name == BAG_FILE
                found = _entry(entry, prefix, skipped)
                if found is not None:
                    files.append(found)
    except OSError as error:
        problem = error
    if bag and is_vault(absolute):
        return Folder(path, (), (Skipped(path, SkipReason.VAULT, folder=True),), problem), []
    files.sort()
    skipped.sort()
    below.sort()
    return Folder(path, tuple(files), tuple(skipped), problem), below


def _entry(entry: os.DirEntry[bytes], prefix: bytes, skipped: list[Skipped]) -> Entry | None:
    try:
        # Windows leaves inode, device and links out of what it gives with a folder's listing.
        found = os.lstat(entry.path) if _WINDOWS else entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # gone since the folder was listed
    except OSError as error:
        skipped.append(Skipped(prefix + entry.name, SkipReason.UNREADABLE, detail=reason_of(error)))
        return None
    if found.st_mode & _TYPE != _REGULAR:
        return None  # exchanged since the folder was listed: the next walk sees what it is
    return _flat(
        Entry,
        (
            entry.name,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
            found.st_ino,
            found.st_dev,
            found.st_nlink,
        ),
    )


def _other(
    entry: os.DirEntry[bytes],
    path: RelPath,
    prefix: bytes,
    known: Rules,
    below: list[RelPath],
    skipped: list[Skipped],
) -> None:
    """Folders go `below`, everything else is skipped."""
    name = entry.name
    if entry.is_symlink():
        folder = _leads_to_folder(entry)
        reason = known.of_folder(path, name) if folder else known.of_file(path, name)
        kind = SkipReason.SYMLINKED_FOLDER if folder else SkipReason.SYMLINK
        skipped.append(Skipped(prefix + name, reason or kind, folder))
    elif entry.is_dir(follow_symlinks=False):
        reason = known.of_folder(path, name)
        if reason is None:
            below.append(prefix + name)
        else:
            skipped.append(Skipped(prefix + name, reason, folder=True))
    else:
        skipped.append(Skipped(prefix + name, SkipReason.SPECIAL))


def _leads_to_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a loop of links, or a target that can't be reached


def _mount_points(root: bytes) -> frozenset[bytes]:
    # Bind mounts show the same st_dev on both sides: only the table of mounts knows them.
    real = os.path.realpath(root)
    below = (mount.point for mount in mounts.table() if mount.point != real and mounts.contains(real, mount.point))
    return frozenset(join(root, os.path.relpath(point, real)) for point in below)
