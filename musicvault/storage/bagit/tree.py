"""What lies in a bag, name by name, in constant memory. Links are told, never followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import RelPath, join
from musicvault.storage.reading import may_be_there


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
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    path = join(folder, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    else:
                        yield _seen(path, entry)
        except OSError:
            yield Seen(folder, Sort.CLOSED)


def _seen(path: RelPath, entry: os.DirEntry[bytes]) -> Seen:
    if entry.is_symlink():
        return Seen(path, Sort.LINK)
    if entry.is_file(follow_symlinks=False):
        return Seen(path, Sort.FILE, entry.stat(follow_symlinks=False).st_size)
    return Seen(path, Sort.OTHER)


def look(root: bytes, path: RelPath) -> Seen | None:
    """One name, if nothing on the way to it is a link; None where there is nothing."""
    place = root
    *folders, _ = path.split(b"/")
    for folder in folders:
        place = place + b"/" + folder
        if os.path.islink(place):
            return Seen(path, Sort.LINK)
    try:
        found = os.lstat(root + b"/" + path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return Seen(path, Sort.CLOSED)
    if os.path.islink(root + b"/" + path):
        return Seen(path, Sort.LINK)
    if os.path.isfile(root + b"/" + path):
        return Seen(path, Sort.FILE, found.st_size)
    return Seen(path, Sort.OTHER)
