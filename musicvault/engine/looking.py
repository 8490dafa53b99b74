"""The first half of a scan: walking a library's tree and comparing it with the catalog, without reading a file.

What comes out: files to read, items that are gone from where they were, and what is left out of protection.
Unreadable folders, absent submounts and a root that vanishes meanwhile make nothing "gone" (M2).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from musicvault.catalog import items, libraries
from musicvault.catalog.items import KnownFile
from musicvault.catalog.libraries import Library
from musicvault.domain.paths import join
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits, stat_moved
from musicvault.domain.values import Stat
from musicvault.engine.context import Context
from musicvault.errors import DriveGone, reason_of
from musicvault.language import tr
from musicvault.storage.exclusions import SkipReason
from musicvault.storage.walk import Entry, Folder, walk


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file that is new (`known` is None) or may have changed."""

    path: bytes
    size: int
    known: KnownFile | None


@dataclass(slots=True)
class Survey:
    """What one walk found."""

    files: int = 0
    size: int = 0
    unchanged: int = 0
    to_read: list[ToRead] = field(default_factory=list)
    gone: list[tuple[KnownFile, bytes]] = field(default_factory=list)
    out_of_reach: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[tuple[bytes, str]] = field(default_factory=list)
    submounts: set[bytes] = field(default_factory=set)


_NAMED_LIMIT = 1000
_NAMED = frozenset({SkipReason.SYMLINKED_FOLDER, SkipReason.UNREADABLE, SkipReason.VAULT})
_REREAD = frozenset({ReplicaState.MISSING, ReplicaState.FORGOTTEN, ReplicaState.UNREADABLE, ReplicaState.SUSPECT})


def survey(ctx: Context, library: Library, traits: Traits) -> Survey:
    """Walk the library. Raises DriveGone when its root vanishes meanwhile."""
    found = Survey()
    device = _device(library)
    visited: set[bytes] = set()
    closed: list[bytes] = []  # folders whose inside is unknown today
    for folder in walk(library.root, library.exclusions):
        ctx.checkpoint()
        visited.add(folder.path)
        if folder.mount and folder.path:
            found.submounts.add(folder.path)
        if folder.problem is not None:
            closed.append(folder.path)
            found.problems.append((folder.path, reason_of(folder.problem)))
            continue
        _compare(ctx, library, traits, folder, found)
    for path in libraries.submounts(ctx.catalog, library.id) - found.submounts:
        closed.append(path)
        found.problems.append((path, tr("the file system that was mounted here is not connected")))
    if _device(library) != device:
        raise DriveGone(tr("The library {name} vanished while it was scanned. Nothing was changed.", name=library.name))
    found.submounts |= libraries.submounts(ctx.catalog, library.id)
    _vanished_folders(ctx, library, visited, found)
    _keep_out_of_reach(found, closed)
    return found


def _device(library: Library) -> int:
    try:
        return os.stat(library.root).st_dev
    except OSError as error:
        raise DriveGone(
            tr("The library {name} is not there: {cause}.", name=library.name, cause=error.strerror or "")
        ) from error


def _compare(ctx: Context, library: Library, traits: Traits, folder: Folder, found: Survey) -> None:
    known = items.folder_files(ctx.catalog, library.id, folder.path)
    for entry in folder.files:
        found.files += 1
        found.size += entry.size
        before = known.pop(entry.name, None) if known else None
        if before is None:
            found.to_read.append(ToRead(join(folder.path, entry.name), entry.size, None))
        elif before.state in _REREAD or _moved(before, entry, traits):
            found.to_read.append(ToRead(join(folder.path, entry.name), entry.size, before))
        else:
            found.unchanged += 1
    for skipped in folder.skipped:
        found.left_out[skipped.reason.value] += 1
        if (skipped.folder or skipped.reason in _NAMED) and len(found.named) < _NAMED_LIMIT:
            found.named.append((skipped.reason.value, skipped.path))
    if known:
        inodes = {items.signed(entry.inode) for entry in folder.files}
        for file in known.values():
            _maybe_gone(library, folder.path, file, inodes, found)


def _moved(before: KnownFile, entry: Entry, traits: Traits) -> bool:
    stat = before.stat
    if stat.mtime_ns == entry.mtime_ns and stat.ctime_ns == entry.ctime_ns and stat.size == entry.size:
        return traits.stable_inodes and stat.inode != items.signed(entry.inode)
    seen = Stat(entry.size, entry.mtime_ns, entry.ctime_ns, items.signed(entry.inode))
    return stat_moved(stat, seen, traits)


def _maybe_gone(library: Library, folder: bytes, file: KnownFile, inodes: set[int], found: Survey) -> None:
    """Not listed is not yet gone: a name may be excluded now, or stand under another case."""
    path = join(folder, file.name)
    try:
        there = os.lstat(os.path.join(library.root, path))
    except FileNotFoundError:
        found.gone.append((file, path))
        return
    except OSError as error:
        found.problems.append((path, reason_of(error)))
        return
    if items.signed(there.st_ino) in inodes:
        found.gone.append((file, path))  # a case-insensitive file system answers to the old name as well
    else:
        found.out_of_reach += 1


def _vanished_folders(ctx: Context, library: Library, visited: set[bytes], found: Survey) -> None:
    for folder in sorted(items.folders(ctx.catalog, library.id) - visited):
        ctx.checkpoint()
        for file in items.folder_files(ctx.catalog, library.id, folder).values():
            _maybe_gone(library, folder, file, set(), found)


def _keep_out_of_reach(found: Survey, closed: list[bytes]) -> None:
    if not closed:
        return

    def reachable(path: bytes) -> bool:
        return not any(path.startswith(folder + b"/") or not folder for folder in closed)

    kept = [(file, path) for file, path in found.gone if reachable(path)]
    found.out_of_reach += len(found.gone) - len(kept)
    found.gone = kept


def not_protected(found: Survey) -> list[tuple[str, bytes | None, int]]:
    """What `status` will list as not protected: counts by reason, and names where a name tells more."""
    named = Counter(reason for reason, _ in found.named)
    entries: list[tuple[str, bytes | None, int]] = [(reason, path, 1) for reason, path in found.named]
    entries += [
        (reason, None, count - named[reason]) for reason, count in found.left_out.items() if count > named[reason]
    ]
    entries += [("unreadable", path, 1) for path, _ in found.problems[:_NAMED_LIMIT]]
    return entries
