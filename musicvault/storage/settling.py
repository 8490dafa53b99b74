"""When a burst of changes is over: quiet for a while, files no longer growing, none open for writing.

Fed with what was heard, and asked now and then what has settled. No threads and no clock of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from musicvault.domain.paths import RelPath, join, split
from musicvault.domain.regions import Region

_PATIENCE = 4
"""Folders quiet for so many settling times go ahead of a root that never gets quiet (a day of ripping elsewhere)."""

_Look = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that an observer said. `writing`: True where bytes were written, False where the writer closed the
    file, None where it says nothing about that."""

    path: RelPath
    is_folder: bool = False
    writing: bool | None = None


@dataclass(slots=True)
class _Folder:
    last: float
    tree: bool = False
    looks: dict[bytes, _Look] = field(default_factory=dict)
    unseen: set[bytes] = field(default_factory=set)
    written: set[bytes] = field(default_factory=set)


class Settling:
    """What was heard below `root` and has not settled yet; times in seconds of one clock.

    A folder settles once nothing was heard of it for `settle_seconds`, the touched files have kept size and mtime that
    long, and none is still open for writing. A file whose end of writing never is heard of (`closes` tells whether
    the system says it at all) holds its folder for `open_seconds` at most. Folders settle together where they
    can, so that both ends of a move are looked at in one go.
    """

    def __init__(self, root: bytes, settle_seconds: float, open_seconds: float, *, closes: bool) -> None:
        self._root = root
        self._settle = settle_seconds
        self._open = open_seconds
        self._closes = closes
        self._folders: dict[RelPath, _Folder] = {}
        self._last = float("-inf")

    def quiet(self, now: float) -> bool:
        """Whether nothing at all was heard for the settling time."""
        return now - self._last >= self._settle

    def heard(self, what: Heard, now: float) -> None:
        """Take in one event."""
        self._last = now
        if what.is_folder:
            self._at(what.path, now).tree = True
        if not what.path:
            return
        parent, name = split(what.path)
        folder = self._at(parent, now)
        if what.is_folder:
            return
        folder.unseen.add(name)
        if self._closes and what.writing is not None:
            (folder.written.add if what.writing else folder.written.discard)(name)

    def look(self) -> None:
        """Note size and mtime of the files just heard of; call it after each batch of `heard`."""
        for path, folder in self._folders.items():
            for name in folder.unseen:
                folder.looks[name] = self._seen(join(path, name))
            folder.unseen.clear()

    def settled(self, now: float) -> Region:
        """What has settled, and forget it: it may be looked at now."""
        quiet = [path for path, folder in self._folders.items() if now - folder.last >= self._settle]
        if not quiet or not (self.quiet(now) or self._impatient(quiet, now)):
            return Region()
        ready = {path: self._folders[path] for path in quiet if self._is_still(path, self._folders[path], now)}
        for path in ready:
            del self._folders[path]
        return Region.of(ready, (path for path, folder in ready.items() if folder.tree))

    @property
    def is_waiting(self) -> bool:
        """Whether something was heard that has not settled yet."""
        return bool(self._folders)

    def busy(self) -> frozenset[RelPath]:
        """Folders in which somebody is at work: files of them were written and not closed."""
        return frozenset(path for path, folder in self._folders.items() if folder.written)

    def clear(self) -> None:
        """Forget everything (the root is gone)."""
        self._folders.clear()

    def _impatient(self, quiet: list[RelPath], now: float) -> bool:
        return any(now - self._folders[path].last >= _PATIENCE * self._settle for path in quiet)

    def _is_still(self, path: RelPath, folder: _Folder, now: float) -> bool:
        looks = {name: self._seen(join(path, name)) for name in folder.looks}
        if looks != folder.looks:
            folder.looks, folder.last = looks, now
            return False
        folder.written = {name for name in folder.written if looks.get(name) is not None}
        return not folder.written or now - folder.last >= self._open

    def _at(self, path: RelPath, now: float) -> _Folder:
        folder = self._folders.setdefault(path, _Folder(now))
        folder.last = now
        return folder

    def _seen(self, path: RelPath) -> _Look:
        try:
            found = os.lstat(join(self._root, path))
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns
