"""Copies that wait in `incoming/` where the journal has lost lines: a lost line may have spoken of them.

One may be the only copy of its music, so none is cleared away. It goes to the free name for which a list states its
bytes (a chain of renames passes through `incoming/`), else to quarantine, where it stays until the user takes
it away: nobody knows whose it is.
"""

from __future__ import annotations

import errno
import os
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from musicvault.domain.paths import RelPath, split
from musicvault.engine.rebuild.ground import Ground
from musicvault.errors import VaultError
from musicvault.storage.bagit import tree
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import Reading
from musicvault.storage.vault import manifest
from musicvault.storage.vault.layout import INCOMING, free_quarantine_path
from musicvault.storage.vault.records import Operation, Record

_COPY = re.compile(rb"(?:[0-9a-f]{12}-\d+|rename-[0-9a-f]{12})\.partial\Z")
"""What copying, adopting and renaming call what they have on its way; lists and scratch files have other names."""


def waiting(ground: Ground) -> list[RelPath]:
    """Copies in `incoming/`. Raises OSError where it can't be listed."""
    found = []
    for seen in tree.walk(ground.layout.root, INCOMING, ground.checkpoint):
        if seen.sort is Sort.CLOSED:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if seen.sort is Sort.FILE and _COPY.match(split(seen.path)[1]):
            found.append(seen.path)
    return found


def bring_home(ground: Ground, lines: Sequence[Record]) -> int:
    """Move each to the free name that should have its bytes; gives how many went. Raises as `Ground.move` does."""
    read = {path: reading for path in waiting(ground) if (reading := _read(ground, path)) is not None}
    homes = _homes(ground, lines, {reading.digests.sha256 for reading in read.values()})
    moved = 0
    for path, reading in read.items():
        if free := homes.get(reading.digests.sha256):
            ground.move(path, free.pop())
            moved += 1
    return moved


def set_aside(ground: Ground, now: float) -> None:
    """Move the others to quarantine, where no list speaks of them and `verify` tells of them. `now` in seconds since
    the epoch. Raises as `Ground.move` does."""
    for path in waiting(ground):
        reading = _read(ground, path)
        blake3 = b"" if reading is None else reading.digests.blake3
        ground.move(path, free_quarantine_path(ground.layout, now, blake3, split(path)[1]))


def _read(ground: Ground, path: RelPath) -> Reading | None:
    there = ground.at(path)
    return None if there is None else there.reading


def _homes(ground: Ground, lines: Sequence[Record], wanted: Collection[bytes]) -> Mapping[bytes, list[RelPath]]:
    """By SHA-256 the stored paths that should hold these bytes, by manifest and journal, and hold nothing."""
    stated: dict[RelPath, bytes] = {}
    with suppress(VaultError):
        if wanted:
            entries = manifest.read_entries(ground.layout.manifest)
            stated = {entry.path: entry.sha256 for entry in entries if entry.sha256 in wanted}
    for line in lines:
        stated.pop(line.source, None)
        stated[line.path] = b"" if line.operation is Operation.REMOVE else line.sha256
    found: dict[bytes, list[RelPath]] = defaultdict(list)
    for path, sha256 in stated.items():
        if sha256 in wanted and ground.at(path) is None:
            found[sha256].append(path)
    return found
