"""The lines of BagIt manifests (RFC 8493, sections 2.1.3 and 2.2.1), read and merged as streams.

Our own manifests are sorted by path, so 300,000 lines fold without being held in memory. What other tools wrote
is read with the tolerance that the RFC asks for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from musicvault.domain.paths import RelPath, display, is_safe
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.own import opened

_LINE = re.compile(rb"([0-9A-Fa-f]{64})[ \t]+\*?(?:\./)?([^\r\n]+)\r?\n?\Z")
_ESCAPE = re.compile(rb"%(0[aA]|0[dD]|25)")
_ENCODED = {b"\n": b"%0A", b"\r": b"%0D", b"%": b"%25"}
_DECODED = {b"0A": b"\n", b"0D": b"\r", b"25": b"%"}
_LONGEST_LINE = 64 << 10

Changes = Mapping[RelPath, bytes | None]
"""What the journal states by path: the SHA-256 that it should have, None for a path that holds nothing any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest: a stored path and the SHA-256 of what should be there."""

    path: RelPath
    sha256: bytes


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...


def encode_path(path: RelPath) -> bytes:
    """Percent-encode line feed, carriage return and `%`, and nothing else (RFC 8493, section 2.1.3)."""
    return re.sub(rb"[\n\r%]", lambda match: _ENCODED[match[0]], path)


def decode_path(text: bytes) -> RelPath:
    """The reverse of `encode_path`; other percent signs stand for themselves."""
    return _ESCAPE.sub(lambda match: _DECODED[match[1].upper()], text)


def to_line(entry: Entry) -> bytes:
    """A line that `sha256sum -c` and BagIt tools read alike. Raises ValueError for a path that isn't UTF-8."""
    entry.path.decode("utf-8")
    return entry.sha256.hex().encode("ascii") + b"  " + encode_path(entry.path) + b"\n"


def _is_text(path: RelPath) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_entries(path: bytes, digest: _Digest | None = None) -> Iterator[Entry]:
    """Stream a manifest in its own order, feeding `digest` with its bytes.

    Raises `VaultError` naming the line for one that is no manifest line or names a path outside the bag.
    """
    with explained(path), opened(path) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if digest is not None:
                digest.update(line)
            if not line.strip():
                continue
            match = _LINE.match(line)
            stored = decode_path(match[2]) if match else b""
            if match is None or not is_safe(stored) or not _is_text(stored):
                raise VaultError(tr("{path} is damaged in line {number}.", path=display(path), number=number))
            yield Entry(stored, bytes.fromhex(match[1].decode("ascii")))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first pass over a manifest finds out: its own SHA-256, and whether it is sorted as ours are."""

    sha256: bytes
    ordered: bool


def survey(path: bytes) -> Survey:
    """Digest a manifest and look at its order. Raises `VaultError` as `read_entries`."""
    digest = hashlib.sha256()
    ordered, previous = True, b""
    for entry in read_entries(path, digest):
        ordered = ordered and previous < entry.path
        previous = entry.path
    return Survey(digest.digest(), ordered)


def sorted_entries(path: bytes) -> list[Entry]:
    """A manifest that another tool wrote, in our order. Raises `VaultError` where a path is listed twice."""
    entries = sorted(read_entries(path), key=lambda entry: entry.path)
    for one, next_one in pairwise(entries):
        if one.path == next_one.path:
            raise VaultError(tr("{path} lists {name} twice.", path=display(path), name=display(one.path)))
    return entries


def merged(entries: Iterable[Entry], changes: Changes) -> Iterator[Entry]:
    """Sorted entries with the changes carried in, sorted again; the newest statement wins."""
    waiting = sorted(changes)
    position = 0
    for entry in entries:
        while position < len(waiting) and waiting[position] < entry.path:
            yield from _entry(waiting[position], changes)
            position += 1
        if position < len(waiting) and waiting[position] == entry.path:
            continue
        yield entry
    for path in waiting[position:]:
        yield from _entry(path, changes)


def _entry(path: RelPath, changes: Changes) -> Iterator[Entry]:
    digest = changes[path]
    if digest is not None:
        yield Entry(path, digest)
