"""Putting a file together again from several copies, none of which need be whole.

Each block of 1 MiB is taken from the first copy whose block has the digest that is wanted; a block that can't be
read is a bad block (restic#804). What comes out must have the digest of the whole as well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from blake3 import blake3

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.values import BLOCK_DIGEST_SIZE, BLOCK_SIZE, Digests
from musicvault.errors import ItemError
from musicvault.storage import durable
from musicvault.storage.reading import OpenFile


@dataclass(frozen=True, slots=True)
class Gathered:
    """`whole`: the file at the target has the digests that were wanted. `used` counts the blocks taken from each copy,
    by its place in the list; `lost` are the blocks that no copy has right."""

    whole: bool
    used: tuple[int, ...]
    lost: tuple[int, ...]


def gather(
    copies: Sequence[bytes],
    wanted: Digests,
    target: bytes,
    *,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
) -> Gathered:
    """Write the wanted content to `target`, a new file that only its owner can read, and flush it to the device.

    Where it can't be had whole nothing is left at `target`. What goes wrong there is an ItemError("write") or a
    VaultError, as in `durable`. Raises Cancelled.
    """
    try:
        return _gathered(copies, wanted, target, checkpoint, on_bytes)
    except OSError as error:
        raise durable.translated(error, target, wanted.size) from error


def _gathered(
    copies: Sequence[bytes],
    wanted: Digests,
    target: bytes,
    checkpoint: Checkpoint,
    on_bytes: Callable[[int], None] | None,
) -> Gathered:
    if len(wanted.blocks) == BLOCK_DIGEST_SIZE * -(-wanted.size // BLOCK_SIZE):
        return _written(copies, wanted, target, checkpoint, on_bytes)
    for number, copy in enumerate(copies):  # no block digests (a rebuilt catalog): some copy must be whole
        found = _written([copy], wanted, target, checkpoint, on_bytes)
        if found.whole:
            used = tuple(found.used[0] if number == other else 0 for other in range(len(copies)))
            return Gathered(True, used, ())
    return Gathered(False, tuple(0 for _ in copies), ())


def _written(
    copies: Sequence[bytes],
    wanted: Digests,
    target: bytes,
    checkpoint: Checkpoint,
    on_bytes: Callable[[int], None] | None,
) -> Gathered:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    whole = False
    try:
        with ExitStack() as stack:
            files = [_opened(stack, path) for path in copies]
            blocks = _Blocks(files, wanted)
            blake, sha = blake3(), hashlib.sha256()
            for block in blocks:
                checkpoint()
                _write(handle, block)
                blake.update(block)
                sha.update(block)
                if on_bytes is not None:
                    on_bytes(len(block))
        if not blocks.lost:
            whole = blake.digest() == wanted.blake3 and (not wanted.sha256 or sha.digest() == wanted.sha256)
        if whole:
            os.fsync(handle)
        return Gathered(whole, tuple(blocks.used), tuple(blocks.lost))
    finally:
        os.close(handle)
        if not whole:
            with suppress(OSError):
                os.unlink(target)


def _opened(stack: ExitStack, path: bytes) -> OpenFile | None:
    try:
        return stack.enter_context(OpenFile(path))
    except ItemError:
        return None


class _Blocks:
    """Iterates over the right blocks; after the first lost one, only over what else is lost (nothing is yielded)."""

    def __init__(self, files: Sequence[OpenFile | None], wanted: Digests) -> None:
        self._files = files
        self._wanted = wanted
        self.used = [0] * len(files)
        self.lost: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        size, digests = self._wanted.size, self._wanted.blocks
        for index in range(-(-size // BLOCK_SIZE)):
            length = min(BLOCK_SIZE, size - index * BLOCK_SIZE)
            digest = digests[index * BLOCK_DIGEST_SIZE : (index + 1) * BLOCK_DIGEST_SIZE]
            block = self._find(index * BLOCK_SIZE, length, digest)
            if block is None:
                self.lost.append(index)
            elif not self.lost:
                yield block

    def _find(self, offset: int, length: int, digest: bytes) -> bytes | None:
        for number, file in enumerate(self._files):
            if file is None:
                continue
            with suppress(ItemError):
                block = file.read_at(offset, length)
                if len(block) == length and (not digest or blake3(block).digest(BLOCK_DIGEST_SIZE) == digest):
                    self.used[number] += 1
                    return block
        return None


def _write(handle: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(handle, view) :]


def salvage(source: bytes, target: bytes, *, checkpoint: Checkpoint = never_stops) -> bool:
    """Copy what can be read of a damaged file to the new file `target`, zeros in place of what can't; flushed. Gives
    whether all of it could be read. Raises ItemError where the source can't be opened, and as `gather` for the target.
    """
    try:
        return _salvaged(source, target, checkpoint)
    except OSError as error:
        raise durable.translated(error, target) from error


def _salvaged(source: bytes, target: bytes, checkpoint: Checkpoint) -> bool:
    complete = True
    with OpenFile(source) as file, ExitStack() as stack:
        size = file.stat.size
        damaged = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        stack.callback(os.close, damaged)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        stack.callback(os.close, handle)
        try:
            for offset in range(0, size, _PIECE):
                checkpoint()
                length = min(_PIECE, size - offset)
                piece = _piece(damaged, offset, length)
                complete = complete and len(piece) == length
                _write(handle, piece + bytes(length - len(piece)))
            os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                os.unlink(target)
            raise
    return complete


_PIECE = 4096
"""The unit in which disks fail, in bytes."""


def _piece(handle: int, offset: int, length: int) -> bytes:
    try:
        os.lseek(handle, offset, os.SEEK_SET)
        return os.read(handle, length)
    except OSError:
        return b""
