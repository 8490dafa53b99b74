"""What stands on a vault whose interrupted work is finished: each name is looked at and read once, and moves are
known."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass, field

from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import RelPath
from musicvault.engine.steady import insistently
from musicvault.errors import ItemError
from musicvault.storage import durable
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import Reading, read_file
from musicvault.storage.vault.layout import VaultLayout


@dataclass(frozen=True, slots=True)
class There:
    """Something has the name; `reading` is None where it is no file or can't be read."""

    reading: Reading | None


@dataclass(slots=True)
class Ground:
    """Under the vault's lock. Everything raises OSError where the drive doesn't say or do it."""

    layout: VaultLayout
    checkpoint: Checkpoint
    _known: dict[RelPath, There | None] = field(default_factory=dict)

    def at(self, path: RelPath) -> There | None:
        """What stands at a stored path, None for nothing."""
        if path not in self._known:
            self._known[path] = self._looked_at(path)
        return self._known[path]

    def _looked_at(self, path: RelPath) -> There | None:
        seen = tree.look(self.layout.root, path)
        if seen is not None and seen.sort is Sort.CLOSED:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if seen is None or seen.sort is not Sort.FILE:
            return None if seen is None else There(None)
        place = self.layout.path(path)
        with suppress(ItemError):
            return There(insistently(lambda: read_file(place, from_device=True, checkpoint=self.checkpoint)))
        return There(None)

    def move(self, origin: RelPath, path: RelPath, mtime_ns: int = 0) -> None:
        """Durably, onto no other file; `mtime_ns` in nanoseconds since the epoch, 0 leaves it. Raises FileExistsError,
        ItemError, VaultError too."""
        place, target = self.layout.guarded(origin), self.layout.ensure_parent(path)
        if mtime_ns:
            durable.keep_mtime(place, mtime_ns)
        durable.place(place, target)
        durable.sync_folder(os.path.dirname(target))
        durable.sync_folder(os.path.dirname(place))
        self._known.pop(path, None)
        self._known[origin] = None

    def unlink(self, path: RelPath) -> None:
        """Durably take away a name whose file has another."""
        place = self.layout.guarded(path)
        os.unlink(place)
        durable.sync_folder(os.path.dirname(place))
        self._known[path] = None
