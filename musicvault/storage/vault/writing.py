"""Small files of a vault written so that the old or the new is there, whole: aside, flushed, read back, renamed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from musicvault.domain.paths import display
from musicvault.errors import VaultError
from musicvault.language import tr
from musicvault.storage import flushing, pagecache
from musicvault.storage.vault.own import opened

on_step: Callable[[str], None] | None = None
"""Called with the name of each step just done (`aside:…`, `placed:…`, …), so that tests can kill the process there."""

_CHUNK = 1 << 20


def done(step: str) -> None:
    """Announce a step."""
    if on_step is not None:
        on_step(step)


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that waits, proven, to take its place."""

    path: bytes
    sha256: bytes
    size: int


def write_aside(path: bytes, chunks: Iterable[bytes]) -> Aside:
    """Write a new file (an old one of that name is a leftover and goes), flush it and read it back from the device.

    Raises OSError, and `VaultError` when what comes back is not what was written.
    """
    digest = hashlib.sha256()
    size = 0
    with open(path, "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += file.write(chunk)
        file.flush()
        flushing.flush(file.fileno())
    if sha256_of(path, from_device=True) != digest.digest():
        raise VaultError(
            tr(
                "{path} reads back differently from what was written: the drive or its cable is failing.",
                path=display(path),
            )
        )
    return Aside(path, digest.digest(), size)


def chunked(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Many short lines as few writes."""
    waiting: list[bytes] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == 4096:
            yield b"".join(waiting)
            waiting.clear()
    yield b"".join(waiting)


def place(aside: Aside, target: bytes) -> None:
    """Give the waiting file its name; the folders are the caller's to sync."""
    os.replace(aside.path, target)


def sha256_of(path: bytes, *, from_device: bool = False) -> bytes:
    """SHA-256 of a small file. `from_device` has the system forget its cached pages first, where it can."""
    digest = hashlib.sha256()
    with opened(path) as file:
        if from_device:
            pagecache.drop(file.fileno(), path)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
