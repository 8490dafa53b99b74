"""The first half of a scan: walking a library's tree and comparing it with the catalog, without reading a file.

What comes out: files to read, items that are gone from where they were, and what is left out of protection.
Unreadable folders, absent submounts and a root that vanishes meanwhile make nothing "gone" (M2).
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from musicvault.catalog import items, libraries
from musicvault.catalog.database import Row
from musicvault.catalog.items import KnownFile
from musicvault.catalog.libraries import Library
from musicvault.domain.paths import folded, join, split
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


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What is still being written and so left alone for now: whole folders where somebody is at work, and all
    folders with a new or changed file whose modification is younger than `seconds` (a rip in progress), by the clock
    that dates files: the computer's own, believed or not."""

    seconds: float = 0.0
    folders: frozenset[bytes] = frozenset()
    clock: Callable[[], float] = time.time


SETTLED = Unsettled()


@dataclass(slots=True)
class Survey:
    """What one walk found. `submounts`: folders that are mount points, each with the device on it (0: not there now);
    `restless`: a folder went from under the walk; `unsettled`: files left alone, still being written."""

    files: int = 0
    size: int = 0
    unchanged: int = 0
    to_read: list[ToRead] = field(default_factory=list)
    gone: list[tuple[KnownFile, bytes]] = field(default_factory=list)
    out_of_reach: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    named: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[tuple[bytes, str]] = field(default_factory=list)
    submounts: dict[bytes, int] = field(default_factory=dict)
    device: int = 0
    restless: bool = False
    unsettled: int = 0


_NAMED_LIMIT = 1000
_NAMED = frozenset({SkipReason.SYMLINKED_FOLDER, SkipReason.UNREADABLE, SkipReason.VAULT})
_REREAD = frozenset(
    state.value
    for state in (ReplicaState.MISSING, ReplicaState.FORGOTTEN, ReplicaState.UNREADABLE, ReplicaState.SUSPECT)
)


_ATTEMPTS = 3
_CLOCK_GRAIN_S = 2.0
"""A file system's clock may be ahead of ours by so much (FAT)."""


def survey(ctx: Context, library: Library, traits: Traits, unsettled: Unsettled = SETTLED) -> Survey:
    """Walk the library; once more where folders are renamed meanwhile, so that old and new names aren't both met.
    Raises DriveGone when its root vanishes."""
    for _ in range(_ATTEMPTS):
        found = _walked(ctx, library, traits, unsettled)
        if not found.restless:
            break
    return found


def _walked(ctx: Context, library: Library, traits: Traits, unsettled: Unsettled) -> Survey:
    found = Survey(device=_device(library))
    visited: set[bytes] = set()
    closed: set[bytes] = set()  # folders whose inside is unknown today
    for folder in walk(library.root, library.exclusions):
        ctx.checkpoint()
        visited.add(folder.path)
        if folder.mount and folder.path:
            found.submounts[folder.path] = folder.device
        if folder.problem is not None:
            closed.add(folder.path)
            found.problems.append((folder.path, reason_of(folder.problem)))
            found.restless |= isinstance(folder.problem, FileNotFoundError | NotADirectoryError)
            continue
        so_far = len(found.to_read)
        _compare(ctx, library, traits, folder, found)
        _leave_unsettled(folder, found, so_far, unsettled)
    _vanished_folders(ctx, library, traits, visited, found)
    still_there(library, found)
    _absent_submounts(ctx, library, found, closed)
    _keep_out_of_reach(found, closed)
    if found.unsettled:  # what is gone may have moved to where somebody is still writing
        found.out_of_reach += len(found.gone)
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
    del found.to_read[first:]


def still_there(library: Library, found: Survey) -> None:
    """Raises DriveGone where the library isn't any more what was walked: then nothing that is missing proves anything.
    To be asked again before such things are written."""
    if _device(library) != found.device:
        raise DriveGone(tr("The library {name} vanished while it was scanned. Nothing was changed.", name=library.name))


def _device(library: Library) -> int:
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


def _absent_submounts(ctx: Context, library: Library, found: Survey, closed: set[bytes]) -> None:
    """A mount that was there before, or at the start of the walk, and isn't now: what it held is out of reach. One that
    isn't missed, because all that it held lies in the folder itself by now, is a mount no more."""
    for path in sorted(libraries.submounts(ctx.catalog, library.id) | found.submounts.keys()):
        if path in found.submounts and _device_of(library, path) == found.submounts[path]:
            continue
        if any(gone.startswith(path + b"/") for _, gone in found.gone):
            found.submounts[path] = 0
            closed.add(path)
            found.problems.append((path, tr("the file system that was mounted here is not connected")))
        else:
            found.submounts.pop(path, None)


def _device_of(library: Library, path: bytes) -> int:
    try:
        return os.lstat(os.path.join(library.root, path)).st_dev
    except OSError:
        return -1


def _compare(ctx: Context, library: Library, traits: Traits, folder: Folder, found: Survey) -> None:
    rows = items.folder_rows(ctx.catalog, library.id, folder.path)
    found.files += len(folder.files)
    found.size += sum([entry[1] for entry in folder.files])
    if _all_unchanged(rows, folder):
        found.unchanged += len(folder.files)
    else:
        _compare_files(library, traits, folder, items.known_files(rows), found)
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
    seen = Stat(entry.size, entry.mtime_ns, entry.ctime_ns, items.signed(entry.inode))
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
    else:
        found.out_of_reach += 1


def _vanished_folders(ctx: Context, library: Library, traits: Traits, visited: set[bytes], found: Survey) -> None:
    missing = sorted(items.folders(ctx.catalog, library.id) - visited)
    twins = {_folded(path): path for path in visited} if missing else {}
    for folder in missing:
        ctx.checkpoint()
        renamed = _is_twin(library, traits, folder, twins.get(_folded(folder)))
        for file in items.folder_files(ctx.catalog, library.id, folder).values():
            if renamed:
                found.gone.append((file, join(folder, file.name)))
            else:
                _maybe_gone(library, traits, folder, file, found)


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


def _keep_out_of_reach(found: Survey, closed: set[bytes]) -> None:
    if not closed:
        return

    def reachable(path: bytes) -> bool:
        while path:
            path = split(path)[0]
            if path in closed:
                return False
        return True

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
