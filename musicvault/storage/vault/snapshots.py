"""The catalog's snapshots on a vault, read as hostile input: only their digests are known here.

A snapshot counts when its BLAKE3 digest stands in *either* of the two digest files: that holds at each moment of an
exchange (format.md).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.errors import ItemError
from musicvault.storage.reading import read_file
from musicvault.storage.vault.layout import VaultLayout
from musicvault.storage.vault.own import opened

_LINE = re.compile(rb"([0-9a-f]{64})  \S+\s*\Z")


def digest_file(snapshot: bytes) -> bytes:
    """Where the digest of a snapshot stands: BLAKE3 in hex, two spaces, `catalog.sqlite3`, as `b3sum` writes it."""
    return snapshot + b".blake3"


def recorded_digests(layout: VaultLayout, only: bytes = b"") -> frozenset[bytes]:
    """The digests that the vault's digest files (or `only` this one) state; those that can't be read state nothing."""
    found = set()
    for path in (only,) if only else (digest_file(layout.snapshot), digest_file(layout.previous_snapshot)):
        with suppress(OSError):
            with opened(path) as file:
                match = _LINE.match(file.read(200))
            if match:
                found.add(bytes.fromhex(match[1].decode("ascii")))
    return frozenset(found)


def digest_states(path: bytes, known: frozenset[bytes], checkpoint: Checkpoint = never_stops) -> bool:
    """Whether the file at `path` is what some recorded digest says. Raises ItemError for what can't be read."""
    found = read_file(path, digests=False, blocks=False, from_device=True, checkpoint=checkpoint).digests
    return found.blake3 in known


def counts(path: bytes, known: frozenset[bytes]) -> bool:
    """The same of a snapshot that may be unreadable, a link, or gone: none of these counts."""
    try:
        return digest_states(path, known)
    except ItemError:
        return False


def present(layout: VaultLayout) -> Iterator[bytes]:
    """The snapshots that are there, the current one first, whether they count or not."""
    for path in (layout.snapshot, layout.previous_snapshot):
        if os.path.lexists(path) and not os.path.islink(path):
            yield path
