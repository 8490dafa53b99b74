"""Finding each block of a file among its copies: whole where one copy has it right, else mixed from their sectors."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from blake3 import blake3

from musicvault.domain.notices import Checkpoint
from musicvault.domain.values import BLOCK_DIGEST_SIZE, BLOCK_SIZE, Digests
from musicvault.errors import ItemError
from musicvault.storage.mixing import SECTOR, Mixed, mix
from musicvault.storage.pagecache import WINDOW
from musicvault.storage.reading import OpenFile, Reading
from musicvault.storage.vain import Copies, InVain

MOST_AT_ONCE = 64 * BLOCK_SIZE
"""A file without block digests is taken for one block up to this size, in bytes."""

_PIECES = (BLOCK_SIZE, 64 * 1024, SECTOR)
"""Where a read fails from its first byte on, it is tried in ever smaller pieces (bytes): a dying disk takes seconds for
each sector that it can't read, so none is asked for again once it is known."""


class Hole(NamedTuple):
    """Bytes `start` to `end` (exclusive) that are lost. `readable`: some copy has bytes there, which may be right or
    not; else nobody has any."""

    start: int
    end: int
    readable: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """A block: where it begins, how long it is, and how its BLAKE3 digest begins when it is right (empty: nobody
    knows)."""

    start: int
    length: int
    wanted: bytes

    def is_right(self, digest: bytes) -> bool:
        """Whether the block with this digest (32 bytes) is the right one, where that is known."""
        return digest.startswith(self.wanted)


class Blocks:
    """Iterates over the blocks of a file in order: right ones, and for those that can't be had the likeliest bytes.
    `used` counts the blocks that each copy gave to, `holes` are the bytes that can't be had so far.

    `watched` is the file among `files` of which all is read on the way, whatever it holds. What is `vain` isn't
    searched for again."""

    def __init__(
        self,
        files: Sequence[OpenFile | None],
        wanted: Digests,
        checkpoint: Checkpoint,
        watched: Watched | None = None,
        vain: InVain | None = None,
    ) -> None:
        self._files = files
        self._wanted = wanted
        self._checkpoint = checkpoint
        self._watched = watched
        self._vain = vain
        self.used = [0] * len(files)
        self.wrong: set[int] = set()
        """Copies that were read somewhere and hadn't the right bytes there."""
        self.holes: list[Hole] = []

    @property
    def lost(self) -> tuple[int, ...]:
        """The blocks of 1 MiB with holes in them."""
        found = (range(hole.start // BLOCK_SIZE, -(-hole.end // BLOCK_SIZE)) for hole in self.holes)
        return tuple(sorted({index for blocks in found for index in blocks}))

    def __iter__(self) -> Iterator[bytes]:
        for place in _places(self._wanted):
            self._checkpoint()
            yield self._find(place)

    def _find(self, place: _Place) -> bytes:
        seen: list[bytes] = []
        for number in range(len(self._files)):
            block = self._read(number, place)
            if len(block) == place.length and (not place.wanted or place.is_right(blake3(block).digest())):
                self.used[number] += -(-place.length // BLOCK_SIZE)
                return block
            if place.wanted and self._files[number] is not None:
                self.wrong.add(number)
            seen.append(block)
        return self._mixed(place, seen)

    @property
    def unreadable(self) -> frozenset[int]:
        """Where the sectors of the watched file begin that can't be read."""
        return frozenset() if self._watched is None else frozenset(self._watched.bad)

    def _read(self, number: int, place: _Place) -> bytes:
        """What a copy has there; nothing where it can't be read in one piece."""
        file = self._files[number]
        if file is None:
            return b""
        if self._watched is not None and self._watched.file is file:
            return self._watched.next(place.length)
        with suppress(ItemError):
            return file.read_at(place.start, place.length)
        return b""

    def _mixed(self, place: _Place, seen: Sequence[bytes]) -> bytes:
        present = [number for number, file in enumerate(self._files) if file is not None]
        copies = [self._sectors(number, place, seen[number]) for number in present]
        mixed = self._searched(place, copies)
        for number, given in zip(present, mixed.given, strict=True):
            self.used[number] += given > 0 and mixed.block is not None
        self.holes += _holes(place, mixed.unreadable, readable=False)
        self.holes += _holes(place, mixed.doubtful, readable=True)
        self.holes.sort()
        return mixed.likeliest

    def _searched(self, place: _Place, copies: Sequence[Sequence[bytes | None]]) -> Mixed:
        if self._vain is None or not place.wanted or len(copies) < 2:
            return mix(copies, place.length, place.is_right if place.wanted else None, checkpoint=self._checkpoint)
        told = Copies(len(copies))
        for number, sectors in enumerate(copies):
            told.tell(number, sectors)
        search = told.search(place.wanted)
        known = search in self._vain
        mixed = mix(copies, place.length, None if known else place.is_right, checkpoint=self._checkpoint)
        if mixed.block is None and not known:
            self._vain.add(search)
        return mixed

    def _sectors(self, number: int, place: _Place, seen: bytes) -> list[bytes | None]:
        """A copy's block sector by sector, read around what can't be read."""
        file = self._files[number]
        assert file is not None
        if len(seen) == place.length:
            return [seen[start : start + SECTOR] for start in range(0, len(seen), SECTOR)]
        known = self._watched.around if self._watched is not None and self._watched.file is file else None
        return around(file, place.start, place.length) if known is None else _fitted(known, place.length)


def has_blocks(wanted: Digests) -> bool:
    """Whether there is a digest for each MiB."""
    return len(wanted.blocks) == BLOCK_DIGEST_SIZE * -(-wanted.size // BLOCK_SIZE)


def _places(wanted: Digests) -> Iterator[_Place]:
    size, whole = wanted.size, wanted.blake3
    if not has_blocks(wanted) and 0 < size <= MOST_AT_ONCE:
        yield _Place(0, size, whole)
        return
    for index, start in enumerate(range(0, size, BLOCK_SIZE)):
        digest = wanted.blocks[index * BLOCK_DIGEST_SIZE : (index + 1) * BLOCK_DIGEST_SIZE]
        yield _Place(start, min(BLOCK_SIZE, size - start), digest)


def around(
    file: OpenFile, start: int, length: int, bad: Collection[int] = (), begun: bytes | None = None
) -> list[bytes | None]:
    """The sectors of a part of a file (`start` at one's beginning), read around what can't be read: None for each that
    can't, or that lies (if only in part) behind the file's end. Those that begin at `bad` are known not to be and are
    left alone; `begun` is what came of all of it before an error."""
    end, at = start + length, start
    sectors: list[bytes | None] = []
    size = largest = _PIECES[0]
    exact = False  # whether a read gives what comes before an error
    while at < end:
        stop = min((known for known in bad if at <= known < end), default=end)
        asked = min(stop - at, size - at % size)
        data, failed = file.as_far_as(at, asked, SECTOR) if begun is None else (begun, True)
        begun = None
        exact = exact or (failed and len(data) > 0)
        whole = len(data) if at + len(data) == end else len(data) // SECTOR * SECTOR
        sectors += [data[n : n + SECTOR] for n in range(0, whole, SECTOR)]
        at += whole
        if not failed and asked and whole == asked:
            size = largest if exact or at % largest == 0 else size
        elif failed and not data and asked > SECTOR:
            size = next(smaller for smaller in _PIECES if smaller < size)
            largest = _PIECES[1]
        elif at < end:
            sectors.append(None)
            at += SECTOR
            size = SECTOR  # bad sectors have bad neighbours
    return sectors


def _fitted(sectors: Sequence[bytes | None], length: int) -> list[bytes | None]:
    """The sectors of a block of `length` bytes, out of what a file has there, which may be shorter or longer."""
    found: list[bytes | None] = []
    for number, start in enumerate(range(0, length, SECTOR)):
        size = min(SECTOR, length - start)
        sector = sectors[number] if number < len(sectors) else None
        found.append(sector[:size] if sector is not None and len(sector) >= size else None)
    return found


def _holes(place: _Place, sectors: Iterable[int], *, readable: bool) -> list[Hole]:
    found: list[Hole] = []
    for sector in sectors:
        start = place.start + sector * SECTOR
        end = min(start + SECTOR, place.start + place.length)
        if found and found[-1].end == start:
            found[-1] = Hole(found[-1].start, end, readable)
        else:
            found.append(Hole(start, end, readable))
    return found


def joined(holes: Sequence[Hole]) -> tuple[Hole, ...]:
    """Holes that touch and are of one kind as one."""
    found: list[Hole] = []
    for hole in holes:
        if found and found[-1].end == hole.start and found[-1].readable == hole.readable:
            found[-1] = Hole(found[-1].start, hole.end, hole.readable)
        else:
            found.append(hole)
    return tuple(found)


class Watched:
    """A file that is read from start to end, block by block and past the page cache, to know what stands there. `bad`
    is where its sectors begin that can't be read, `around` what there is of the last block, where that has such."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self._grade = file.past_cache()
        self._offset = 0
        self._complete = True
        self.bad: list[int] = []
        self.around: list[bytes | None] | None = None
        self._blake, self._sha, self._each = blake3(), hashlib.sha256(), bytearray()

    def next(self, length: int) -> bytes:
        """The next block, of which `length` bytes (fewer at the file's end); nothing where it can't be read."""
        offset = self._offset
        self._offset += BLOCK_SIZE
        block, failed = self.file.as_far_as(offset, BLOCK_SIZE, SECTOR)
        if failed:
            self._complete = False
            self._read_around(offset, min(BLOCK_SIZE, self.file.stat.size - offset), block)
            return b""
        self.around = None
        self._blake.update(block)
        self._sha.update(block)
        if block:
            self._each += blake3(block).digest(BLOCK_DIGEST_SIZE)
        if self._offset % WINDOW == 0:
            self.file.forget(self._offset - WINDOW, WINDOW)
        return block[:length]

    def _read_around(self, offset: int, length: int, begun: bytes) -> None:
        """Of a block that can't be read in one piece, sector by sector what can be."""
        self.around = around(self.file, offset, length, begun=begun)
        self.bad += [offset + number * SECTOR for number, sector in enumerate(self.around) if sector is None]

    def finish(self) -> Reading | None:
        """What all of it is, None where some of it can't be read. Raises UnstableError."""
        size = self.file.stat.size
        while self._complete and self._offset < size:
            self.next(BLOCK_SIZE)
        self.file.forget(0, 0)
        if not self._complete:
            return None
        self.file.check_stable(size)
        digests = Digests(size, self._blake.digest(), self._sha.digest(), bytes(self._each))
        return Reading(self.file.stat, digests, self._grade)
