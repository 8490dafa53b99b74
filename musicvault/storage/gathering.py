"""Putting a file together again from several copies, none of which need be whole.

Each block of 1 MiB is taken from the first copy whose block has the digest that is wanted; a block that can't be
read is a bad block (restic#804). Where no copy has it right, sectors of the copies are mixed (`mixing`). What comes
out must have the digest of the whole as well.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from blake3 import blake3

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.values import BLOCK_SIZE, Digests
from musicvault.errors import ItemError, UnstableError
from musicvault.storage import durable
from musicvault.storage.agreeing import Together, put_together
from musicvault.storage.blocks import MOST_AT_ONCE, Blocks, Hole, Watched, around, has_blocks, joined
from musicvault.storage.mixing import SECTOR
from musicvault.storage.reading import OpenFile, Reading, read_file
from musicvault.storage.vain import InVain


@dataclass(frozen=True, slots=True)
class Gathered:
    """`whole`: the file at the target has the digests that were wanted. `used` counts the blocks that each copy gave
    to, by its place in the list; `lost` are the blocks that can't be had, `holes` the bytes. `found` is what the
    damaged file holds, where `gather` was told of one and it could be read; else `unreadable` is where the sectors of
    it begin that can't be. `wrong`: copies that were read somewhere and hadn't the right bytes there."""

    whole: bool
    used: tuple[int, ...]
    lost: tuple[int, ...] = ()
    holes: tuple[Hole, ...] = ()
    found: Reading | None = None
    unreadable: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()


def gather(
    copies: Sequence[bytes],
    wanted: Digests,
    target: bytes,
    *,
    damaged: bytes = b"",
    partly: bool = False,
    mode: int = 0o600,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
    vain: InVain | None = None,
) -> Gathered:
    """Write the wanted content to `target`, a new file with `mode` (as the umask has it), and
    flush it to the device.

    `damaged` is the one among the copies whose place the new file shall take: it is read first, once, past the page
    cache, so that of the others only what it lacks is read. Where the content can't be had whole nothing is left at
    `target`, or, if `partly`, the likeliest bytes, with zeros in place of what no copy has. What is `vain` isn't
    searched for again, and what turns out to be is added; that changes nothing of what comes out. What goes wrong at
    the target is an ItemError("write") or a VaultError, as in `durable`. Raises Cancelled, and UnstableError for
    `damaged`.
    """
    order = _Order(wanted, target, partly, mode, checkpoint, on_bytes, vain)
    try:
        if not wanted.is_known:
            return _by_sha256(copies, order, damaged)
        if not has_blocks(wanted):
            return _without_blocks(copies, order, damaged)
        ordered = [damaged, *(copy for copy in copies if copy != damaged)] if damaged else copies
        found = _written(ordered, order, watch=bool(damaged))
    except OSError as error:
        raise durable.translated(error, target, wanted.size) from error
    counts = dict(zip(ordered, found.used, strict=True))
    wrong = {ordered[number] for number in found.wrong}
    return replace(
        found,
        used=tuple(counts[copy] for copy in copies),
        wrong=frozenset(number for number, copy in enumerate(copies) if copy in wrong),
    )


def survey(
    copies: Sequence[bytes], wanted: Digests, *, checkpoint: Checkpoint = never_stops, vain: InVain | None = None
) -> Gathered:
    """What `gather` would come to, as far as that is known without block digests; nothing is written but a scratch file
    where nothing else is known than a SHA-256."""
    if not wanted.is_known:
        with tempfile.TemporaryDirectory(prefix="musicvault-survey-") as folder:
            target = os.path.join(os.fsencode(folder), b"file")
            return _by_sha256(copies, _Order(wanted, target, False, 0o600, checkpoint, None, vain), b"")
    with ExitStack() as stack:
        blocks = Blocks([_opened(stack, path) for path in copies], wanted, checkpoint, vain=vain)
        blake = blake3()
        for block in blocks:
            blake.update(block)
    whole = not blocks.holes and blake.digest() == wanted.blake3
    return Gathered(whole, tuple(blocks.used), blocks.lost, joined(blocks.holes))


@dataclass(frozen=True, slots=True)
class _Order:
    wanted: Digests
    target: bytes
    partly: bool
    mode: int
    checkpoint: Checkpoint
    on_bytes: Callable[[int], None] | None
    vain: InVain | None


def _by_sha256(copies: Sequence[bytes], order: _Order, damaged: bytes) -> Gathered:
    """Nobody has had it whole (`engine.leftovers` tried all that can be tried): what the copies have together all the
    same, and where they lack something or differ."""
    reading = _read(damaged, order.checkpoint) if damaged else None
    try:
        found = put_together(
            copies,
            order.wanted.sha256,
            order.target,
            mode=order.mode,
            most=0,
            checkpoint=order.checkpoint,
            vain=order.vain,
        )
    except ItemError:
        found = Together(False, tuple(0 for _ in copies), (Hole(0, order.wanted.size, False),))
    if found.whole or order.partly:
        durable.flush([order.target])
    else:
        with suppress(FileNotFoundError):
            os.unlink(order.target)
    blocks = {index for hole in found.holes for index in range(hole.start // BLOCK_SIZE, -(-hole.end // BLOCK_SIZE))}
    return Gathered(found.whole, found.used, tuple(sorted(blocks)), found.holes, reading)


def _without_blocks(copies: Sequence[bytes], order: _Order, damaged: bytes) -> Gathered:
    """No block digests (a rebuilt catalog): all of it is one block, or where it is too large for that some copy must be
    whole."""
    reading = _read(damaged, order.checkpoint) if damaged else None
    if order.wanted.size > MOST_AT_ONCE:
        for number, copy in enumerate(copies):
            found = _written([copy], replace(order, partly=False))
            if found.whole:
                used = tuple(found.used[0] if number == other else 0 for other in range(len(copies)))
                return Gathered(True, used, found=reading)
        if not order.partly:
            return Gathered(False, tuple(0 for _ in copies), found=reading)
    return replace(_written(copies, order), found=reading)


def _read(path: bytes, checkpoint: Checkpoint) -> Reading | None:
    try:
        return read_file(path, from_device=True, checkpoint=checkpoint)
    except UnstableError:
        raise
    except ItemError:
        return None


def _written(copies: Sequence[bytes], order: _Order, *, watch: bool = False) -> Gathered:
    """Write what the copies give; `watch` the first of them."""
    handle = os.open(order.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), order.mode)
    wanted, keep = order.wanted, False
    try:
        with ExitStack() as stack:
            files = [_opened(stack, path) for path in copies]
            watched = Watched(files[0]) if watch and files[0] is not None else None
            blocks = Blocks(files, wanted, order.checkpoint, watched, order.vain)
            blake, sha = blake3(), hashlib.sha256()
            for block in blocks:
                if order.partly or not blocks.holes:
                    _write(handle, block)
                    blake.update(block)
                    sha.update(block)
                if order.on_bytes is not None:
                    order.on_bytes(len(block))
            found = watched.finish() if watched is not None else None
        whole = not blocks.holes and blake.digest() == wanted.blake3
        whole = whole and (not wanted.sha256 or sha.digest() == wanted.sha256)
        keep = whole or order.partly
        if keep:
            os.fsync(handle)
        holes, wrong = joined(blocks.holes), frozenset(blocks.wrong)
        return Gathered(whole, tuple(blocks.used), blocks.lost, holes, found, blocks.unreadable, wrong)
    finally:
        os.close(handle)
        if not keep:
            with suppress(OSError):
                os.unlink(order.target)


def _opened(stack: ExitStack, path: bytes) -> OpenFile | None:
    try:
        return stack.enter_context(OpenFile(path))
    except ItemError:
        return None


def _write(handle: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(handle, view) :]


def salvage(source: bytes, target: bytes, *, bad: Collection[int] = (), checkpoint: Checkpoint = never_stops) -> bool:
    """Copy what can be read of a damaged file to the new file `target`, zeros in place of what can't; flushed. Sectors
    that begin at `bad` are known to be unreadable and aren't asked for again. Gives whether all of it could be read.
    Raises ItemError where the source can't be opened, and as `gather` for the target.
    """
    try:
        return _salvaged(source, target, bad, checkpoint)
    except OSError as error:
        raise durable.translated(error, target) from error


def _salvaged(source: bytes, target: bytes, bad: Collection[int], checkpoint: Checkpoint) -> bool:
    complete = True
    with OpenFile(source) as file, ExitStack() as stack:
        size = file.stat.size
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        stack.callback(os.close, handle)
        try:
            for start in range(0, size, BLOCK_SIZE):
                checkpoint()
                length = min(BLOCK_SIZE, size - start)
                for number, sector in enumerate(around(file, start, length, bad)):
                    complete = complete and sector is not None
                    _write(handle, sector if sector is not None else bytes(min(SECTOR, length - number * SECTOR)))
            os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                os.unlink(target)
            raise
    return complete
