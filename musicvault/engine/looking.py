"""The first half of a scan: walking a library's tree and comparing it with the catalog, without reading a file.

What comes out: files to read, items that are gone from where they were, and what is left out of protection.
Unreadable folders, absent submounts and a root that vanishes meanwhile make nothing "gone" (M2).

A walk of one region (what a watcher heard of) sees the same there as a walk of the whole; what it can't decide without
the rest is left for later, and named.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from musicvault.catalog import libraries, packed, scanned
from musicvault.catalog.database import Row
from musicvault.catalog.libraries import Library
from musicvault.catalog.scanned import KnownFile
from musicvault.domain.paths import folded, join, split
from musicvault.domain.regions import WHOLE, Region
from musicvault.domain.states import ReplicaState
from musicvault.domain.times import Traits, stat_moved
from musicvault.domain.values import Stat
from musicvault.engine import submounts
from musicvault.engine.context import Context
from musicvault.errors import reason_of
from musicvault.language import tr
from musicvault.storage import mounts
from musicvault.storage.exclusions import SkipReason
from musicvault.storage.walk import Entry, Folder, walk


@dataclass(frozen=True, slots=True)
class ToRead:
    """A file that is new (`known` is None) or may have changed."""

    path: bytes
    size: int
    known: KnownFile | None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What is still being written and so left alone for now: whole folders where somebody is at work, and all
    folders with a new or changed file whose modification is younger than `seconds` (a rip in progress), by the clock
    that dates files: the computer's own, believed or not. `more`: of other folders something was heard that hasn't
    settled; a walk of one region doesn't see them, and waits for the other half of a move."""

    seconds: float = 0.0
    folders: frozenset[bytes] = frozenset()
    clock: Callable[[], float] = time.time
    more: bool = False


SETTLED = Unsettled()


@dataclass(slots=True)
class Survey:
    """What one walk of `region` found. `submounts`: folders that are mount points, each with the device on it (0: not
    there now); `closed`: folders whose inside is unknown today; `restless`: a folder went from under the walk;
    `unsettled`: files left alone, still being written; `left`: folders that were not settled because of them."""

    region: Region = WHOLE

    files: int = 0
    size: int = 0
    unchanged: int = 0
    to_read: list[ToRead] = field(default_factory=list)
    gone: list[tuple[KnownFile, bytes]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[tuple[bytes, str]] = field(default_factory=list)
    submounts: dict[bytes, int] = field(default_factory=dict)
    device: int = 0
    restless: bool = False
    closed: set[bytes] = field(default_factory=set)
    unsettled: int = 0
    left: set[bytes] = field(default_factory=set)

    def is_within_reach(self, path: bytes) -> bool:
        """Whether what is not there is gone: nothing above it is unknown today (M2)."""
        while path:
            path = split(path)[0]
            if path in self.closed:
                return False
        return True


_NAMED_LIMIT = 1000
_NAMED = frozenset({SkipReason.SYMLINKED_FOLDER, SkipReason.UNREADABLE, SkipReason.VAULT})
_REREAD = frozenset(
    state.value
    for state in (ReplicaState.MISSING, ReplicaState.FORGOTTEN, ReplicaState.UNREADABLE, ReplicaState.SUSPECT)
)


_ATTEMPTS = 3
_CLOCK_GRAIN_S = 2.0
"""A file system's clock may be ahead of ours by so much (FAT)."""


def survey(
    ctx: Context, library: Library, traits: Traits, unsettled: Unsettled = SETTLED, region: Region = WHOLE
) -> Survey:
    """Walk a region of the library; once more where folders are renamed meanwhile, so that old and new names aren't
    both met. Raises DriveGone when its root vanishes."""
    for _ in range(_ATTEMPTS):
        found = _walked(ctx, library, traits, unsettled, region)
        if not found.restless:
            break
    return found


def _walked(ctx: Context, library: Library, traits: Traits, unsettled: Unsettled, region: Region) -> Survey:
    found = Survey(region, device=submounts.device_of_root(library))
    if mounts.is_point(library.root):
        found.submounts[libraries.ROOT] = found.device
    visited: set[bytes] = set()
    for folder in walk(library.root, library.exclusions, region):
        ctx.checkpoint()
        visited.add(folder.path)
        if folder.mount and folder.path:
            found.submounts[folder.path] = folder.device
        if folder.problem is not None:
            found.closed.add(folder.path)
            found.problems.append((folder.path, reason_of(folder.problem)))
            found.restless |= isinstance(folder.problem, FileNotFoundError | NotADirectoryError)
            continue
        so_far = len(found.to_read)
        _compare(ctx, library, traits, folder, found)
        _leave_unsettled(folder, found, so_far, unsettled)
    _vanished_folders(ctx, library, traits, visited, found)
    still_there(library, found)
    _absent_submounts(ctx, library, found)
    if found.closed:
        found.gone = [(file, path) for file, path in found.gone if found.is_within_reach(path)]
    if found.unsettled or (unsettled.more and not region.is_whole):
        # What is gone may have moved to where somebody is still writing.
        found.left |= {split(path)[0] for _, path in found.gone}
        found.gone = []
    return found


def _leave_unsettled(folder: Folder, found: Survey, first: int, unsettled: Unsettled) -> None:
    """Take back what was to be read of a folder in which somebody is still writing."""
    if len(found.to_read) == first or unsettled == SETTLED:
        return
    if folder.path not in unsettled.folders:
        wanted = {split(file.path)[1] for file in found.to_read[first:]}
        newest = max(entry.mtime_ns for entry in folder.files if entry.name in wanted) / 1e9
        if not -_CLOCK_GRAIN_S <= unsettled.clock() - newest < unsettled.seconds:
            return
    found.unsettled += len(found.to_read) - first
    found.left.add(folder.path)
    del found.to_read[first:]


def still_there(library: Library, found: Survey) -> None:
    """Raises DriveGone where the library isn't any more what was walked: then nothing that is missing proves anything.
    To be asked again before such things are written."""
    submounts.still_there(library, found.device, was_mounted=libraries.ROOT in found.submounts)


def _absent_submounts(ctx: Context, library: Library, found: Survey) -> None:
    """A mount that was there before, or at the start of the walk, and isn't now: what it held is out of reach. One that
    isn't missed, because all that it held lies in the folder itself by now, is a mount no more. Those that the walk of
    a region doesn't pass are asked for by themselves."""
    below = Region(trees=found.region.trees)
    for path in sorted((libraries.submounts(ctx.catalog, library.id) | found.submounts.keys()) - {libraries.ROOT}):
        passed = path in found.submounts or path in below
        # By now: the folder below it may be of the device that the walk met.
        mounted, device = submounts.is_mounted(library, path), submounts.device_of(library, path)
        if not passed and mounted:
            found.submounts[path] = device
        if mounted and device == found.submounts.get(path):
            continue
        if any(gone.startswith(path + b"/") for _, gone in found.gone):
            found.submounts[path] = 0
            found.closed.add(path)
            found.problems.append((path, tr("the file system that was mounted here is not connected")))
        elif passed:
            found.submounts.pop(path, None)
        else:
            found.submounts[path] = 0  # nobody looked what is missed there
            found.closed.add(path)


def _compare(ctx: Context, library: Library, traits: Traits, folder: Folder, found: Survey) -> None:
    rows = scanned.folder_rows(ctx.catalog, library.id, folder.path)
    found.files += len(folder.files)
    found.size += sum([entry[1] for entry in folder.files])
    if _all_unchanged(rows, folder):
        found.unchanged += len(folder.files)
    else:
        _compare_files(library, traits, folder, scanned.known_files(rows), found)
    for skipped in folder.skipped:
        found.left_out[skipped.reason.value] += 1
        if (skipped.folder or skipped.reason in _NAMED) and len(found.named) < _NAMED_LIMIT:
            found.named.append((skipped.reason.value, skipped.path))


def _all_unchanged(rows: list[Row], folder: Folder) -> bool:
    """Whether a folder holds exactly the files that the catalog knows, none of which has to be read anyway. Both sides
    are in the order of their names, and begin with name, size, times and inode."""
    return (
        len(rows) == len(folder.files)
        and [row[:5] for row in rows] == [entry[:5] for entry in folder.files]
        and _REREAD.isdisjoint([row[8] for row in rows])
    )


def _compare_files(
    library: Library, traits: Traits, folder: Folder, known: dict[bytes, KnownFile], found: Survey
) -> None:
    for entry in folder.files:
        before = known.pop(entry.name, None) if known else None
        if before is None:
            found.to_read.append(ToRead(join(folder.path, entry.name), entry.size, None))
        elif before.word in _REREAD or (before[1:5] != entry[1:5] and _moved(before, entry, traits)):
            found.to_read.append(ToRead(join(folder.path, entry.name), entry.size, before))
        else:
            found.unchanged += 1
    if known:
        twins = {_folded(entry.name): join(folder.path, entry.name) for entry in folder.files}
        for file in known.values():
            _maybe_gone(library, traits, folder.path, file, found, twins.get(_folded(file.name)))


def _folded(name: bytes) -> str:
    return folded(name.decode("utf-8", "surrogateescape"))


def _moved(before: KnownFile, entry: Entry, traits: Traits) -> bool:
    seen = Stat(entry.size, entry.mtime_ns, entry.ctime_ns, packed.signed(entry.inode))
    return stat_moved(before.stat, seen, traits)


def _maybe_gone(
    library: Library, traits: Traits, folder: bytes, file: KnownFile, found: Survey, twin: bytes | None = None
) -> None:
    """Not listed is not yet gone: a name may be excluded by now, or stand under another case or normal form (`twin`),
    while the file system answers to the old one all the same."""
    path = join(folder, file.name)
    try:
        there = os.lstat(os.path.join(library.root, path))
    except (FileNotFoundError, NotADirectoryError):
        found.gone.append((file, path))
        return
    except OSError as error:
        found.problems.append((path, reason_of(error)))
        return
    if not stat.S_ISREG(there.st_mode) or _is_twin(library, traits, path, twin):
        found.gone.append((file, path))  # a link or a folder in its place is not the file


def _vanished_folders(ctx: Context, library: Library, traits: Traits, visited: set[bytes], found: Survey) -> None:
    missing = sorted(_known_folders(ctx, library, visited, found.region) - visited)
    twins = {_folded(path): path for path in visited} if missing else {}
    for folder in missing:
        ctx.checkpoint()
        renamed = _is_twin(library, traits, folder, twins.get(_folded(folder)))
        for file in scanned.folder_files(ctx.catalog, library.id, folder).values():
            if renamed:
                found.gone.append((file, join(folder, file.name)))
            else:
                _maybe_gone(library, traits, folder, file, found)


def _known_folders(ctx: Context, library: Library, visited: set[bytes], region: Region) -> set[bytes]:
    """The folders of a region in which the catalog knows an item; with one that is not there, all below it."""
    if region.is_whole:
        return scanned.folders(ctx.catalog, library.id)
    trees = region.trees | (region.folders - visited)
    return {folder for tree in trees for folder in scanned.folders_below(ctx.catalog, library.id, tree)}


def _is_twin(library: Library, traits: Traits, path: bytes, twin: bytes | None) -> bool:
    """Whether a path that wasn't listed is another name of one that was. Some drivers (FUSE) give each name an inode of
    its own; where case doesn't matter the names alone tell."""
    if twin is None:
        return False
    old, new = os.path.join(library.root, path), os.path.join(library.root, twin)
    try:
        return os.path.samestat(os.lstat(old), os.lstat(new)) or traits.case_insensitive
    except OSError:
        return False


def not_protected(found: Survey) -> list[tuple[str, bytes | None, int]]:
    """What `status` will list as not protected: counts by reason, and names where a name tells more."""
    named = Counter(reason for reason, _ in found.named)
    entries: list[tuple[str, bytes | None, int]] = [(reason, path, 1) for reason, path in found.named]
    entries += [
        (reason, None, count - named[reason]) for reason, count in found.left_out.items() if count > named[reason]
    ]
    entries += [("unreadable", path, 1) for path, _ in found.problems[:_NAMED_LIMIT]]
    return entries
