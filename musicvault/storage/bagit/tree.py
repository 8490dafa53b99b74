"""What lies in a bag, name by name, in constant memory. Links are told, never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import RelPath, join
from musicvault.storage.stats import may_be_there


class Sort(Enum):
    """What a name stands for. `CLOSED` is a folder that can't be listed: nothing below it is missing (M2)."""

    FILE = b"f"
    LINK = b"l"
    OTHER = b"o"
    CLOSED = b"c"


@dataclass(frozen=True, slots=True)
class Seen:
    """One name below the bag's root that is no folder; `size` in bytes, of files only."""

    path: RelPath
    sort: Sort
    size: int = 0


def walk(root: bytes, top: RelPath, checkpoint: Checkpoint) -> Iterator[Seen]:
    """All below the folder `top`; nothing where it isn't there. A `top` that is a link is told as one."""
    if not may_be_there(os.path.join(root, top)):
        return
    if os.path.islink(os.path.join(root, top)):
        yield Seen(top, Sort.LINK)
        return
    folders = [top]
    while folders:
        folder = folders.pop()
        checkpoint()
        try:
            yield from _inside(root, folder, folders)
        except OSError:
            yield Seen(folder, Sort.CLOSED)


def _inside(root: bytes, folder: RelPath, folders: list[RelPath]) -> Iterator[Seen]:
    """What lies directly in a folder; its subfolders are added to `folders`."""
    with os.scandir(os.path.join(root, folder)) as entries:
        for entry in entries:
            path = join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            else:
                yield _seen(path, entry)


def _seen(path: RelPath, entry: os.DirEntry[bytes]) -> Seen:
    if entry.is_symlink():
        return Seen(path, Sort.LINK)
    if entry.is_file(follow_symlinks=False):
        return Seen(path, Sort.FILE, entry.stat(follow_symlinks=False).st_size)
    return Seen(path, Sort.OTHER)


def look(root: bytes, path: RelPath) -> Seen | None:
    """One name, if nothing on the way to it is a link; None where there is nothing. A hostile list may name millions
    of deep paths: the first part that isn't there ends it."""
    place = root
    try:
        for part in path.split(b"/"):
            place = place + b"/" + part
            found = os.lstat(place)
            if stat.S_ISLNK(found.st_mode):
                return Seen(path, Sort.LINK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return Seen(path, Sort.CLOSED)
    if stat.S_ISREG(found.st_mode):
        return Seen(path, Sort.FILE, found.st_size)
    return Seen(path, Sort.OTHER)
