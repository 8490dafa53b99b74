"""Replaced bytes, kept small: of a file that was retagged only what differs, so that an undo is exact to the byte.

A kept file is one line of JSON and then the old file's middle. The old file is the first `prefix` bytes of the new
one, that middle, and the last `suffix` bytes of the new one; its BLAKE3 digest is in the line and must come out.
A retag moves tags and leaves the coded audio standing at one end, so the middle is small; where nothing is shared
(Ogg, whose page checksums all change) the middle is the whole old file.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

from blake3 import blake3

from musicvault.domain.paths import display
from musicvault.domain.values import MIB
from musicvault.errors import ItemError, reason_of
from musicvault.language import tr
from musicvault.storage.durable import PARTIAL

SUFFIX = b".kept"
_STEP = 1 << 16
_PIECE = 64 * MIB
_LINE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """`prefix` and `suffix` in bytes; `old` and `new` are BLAKE3 digests in hex; `size` of the old file."""

    prefix: int
    suffix: int
    size: int
    old: str
    new: str


def difference(old_path: bytes, new_path: bytes, old: bytes, new: bytes) -> bytes:
    """The kept form of the file at `old_path` beside that at `new_path`; `old` and `new` are their BLAKE3 digests.

    Raises ItemError where one of them can't be read.
    """
    try:
        return _difference(old_path, new_path, old, new)
    except OSError as error:
        raise ItemError(display(old_path), "read", reason_of(error)) from error


def _difference(old_path: bytes, new_path: bytes, old: bytes, new: bytes) -> bytes:
    with open(old_path, "rb") as before, open(new_path, "rb") as after:
        size, other = os.fstat(before.fileno()).st_size, os.fstat(after.fileno()).st_size
        prefix = _shared(before.fileno(), after.fileno(), min(size, other), 0, 0, forwards=True)
        suffix = _shared(before.fileno(), after.fileno(), min(size, other) - prefix, size, other, forwards=False)
        head = Head(prefix, suffix, size, old.hex(), new.hex())
        middle = _between(before.fileno(), prefix, size - suffix)
    return json.dumps(asdict(head), sort_keys=True).encode() + b"\n" + middle


def _between(descriptor: int, start: int, end: int) -> bytes:
    """Exactly these bytes: one call gives less than 2 GiB, whatever it is asked for."""
    found = bytearray()
    while start < end:
        piece = os.pread(descriptor, min(_PIECE, end - start), start)
        if not piece:
            raise OSError(errno.EIO, os.strerror(errno.EIO))  # cut off meanwhile: too few bytes are no undo
        found += piece
        start += len(piece)
    return bytes(found)


def _shared(before: int, after: int, limit: int, end: int, other_end: int, *, forwards: bool) -> int:
    """How many bytes two files share from the front, or from their ends backwards."""
    shared = 0
    while shared < limit:
        step = min(_STEP, limit - shared)
        if forwards:
            one, other = os.pread(before, step, shared), os.pread(after, step, shared)
        else:
            one = os.pread(before, step, end - shared - step)
            other = os.pread(after, step, other_end - shared - step)
        if one == other:
            shared += step
            continue
        pairs = zip(one, other, strict=True) if forwards else zip(reversed(one), reversed(other), strict=True)
        for left, right in pairs:
            if left != right:
                return shared
            shared += 1
    return shared


def expire(folder: bytes, before: Callable[[str], float], abandoned: float) -> int:
    """Remove kept files that were written before a time (seconds since the epoch), which `before` gives for the name of
    each, and the halves that a killed process left unfinished before `abandoned`; gives how many."""
    count = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            name = os.fsdecode(entry.name)
            sort = os.path.splitext(name)[1].encode()
            latest = before(name) if sort == SUFFIX else abandoned if sort == PARTIAL else 0.0
            if entry.stat(follow_symlinks=False).st_mtime < latest:
                os.unlink(entry.path)
                count += 1
    return count


def head_of(kept_path: bytes) -> Head:
    """The line at the beginning. Raises ItemError where it isn't one of ours."""
    try:
        with open(kept_path, "rb") as file:
            return Head(**json.loads(file.readline(_LINE_LIMIT)))
    except FileNotFoundError:
        raise ItemError(
            display(kept_path), "read", tr("the bytes from before the edit are no longer kept: their time was over")
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise ItemError(display(kept_path), "read", tr("the kept bytes can't be used: {cause}", cause=error)) from error


def write_old(kept_path: bytes, new_path: bytes, target: int) -> None:
    """Write the old file to the open descriptor `target`, out of the kept bytes and the file at `new_path`.

    Raises ItemError where the result isn't the old file to the byte; the caller throws `target` away then.
    """
    head = head_of(kept_path)
    digest = blake3()
    with open(kept_path, "rb") as kept, open(new_path, "rb") as new:
        kept.readline(_LINE_LIMIT)
        end = os.fstat(new.fileno()).st_size
        _copy(new.fileno(), 0, head.prefix, target, digest)
        while middle := kept.read(MIB):
            digest.update(middle)
            _write(target, middle)
        _copy(new.fileno(), end - head.suffix, head.suffix, target, digest)
    if digest.hexdigest() != head.old:
        raise ItemError(display(new_path), "write", tr("the old version can't be rebuilt from what was kept"))


def _copy(source: int, offset: int, length: int, target: int, digest: blake3) -> None:
    while length > 0:
        piece = os.pread(source, min(length, MIB), offset)
        if not piece:
            return  # too short: the digest will tell
        digest.update(piece)
        _write(target, piece)
        offset += len(piece)
        length -= len(piece)


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
