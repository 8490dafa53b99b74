"""Putting a file together of which nothing but the SHA-256 of the whole is known.

Without digests of blocks a copy's sectors can't be judged one by one: where all copies that can be read agree they are
taken, and a sector that one copy can't give comes from another. Where they differ, first each copy is believed
throughout, then (`narrow`) the format's own checksums are asked, and what is left is tried in all combinations, few
enough to be tried at all: damage that lies together as one, then sector by sector.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.values import BLOCK_SIZE
from musicvault.errors import ItemError
from musicvault.storage.blocks import Hole, around, joined
from musicvault.storage.mixing import SECTOR, blank
from musicvault.storage.reading import OpenFile
from musicvault.storage.vain import Copies, InVain

MOST_BYTES = 8 << 30
"""Bytes that are digested at most to try combinations: some five seconds."""

_MOST_KEPT = 128 << 20
"""Bytes of differing sectors that are kept in memory; beyond that only the likeliest is written."""

_MOST_CHOICES = 24
"""A search through more than these would never end, wherever they lie."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def copy(self) -> _Digest: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Bytes from `offset` on (whole sectors but at the end of the file) in which the copies differ: the likeliest
    variant first, all of one length, and by their places in the list the copies that have each."""

    offset: int
    variants: tuple[bytes, ...]
    holders: tuple[tuple[int, ...], ...]

    @property
    def end(self) -> int:
        return self.offset + len(self.variants[0])

    @property
    def is_between_all(self) -> bool:
        """Whether of three copies or more no two have the same: then it is here that they are wrong. Of two that differ
        one may be right, and what they agree on wrong."""
        return len(self.holders) > 2 and all(len(who) == 1 for who in self.holders)


Narrow = Callable[[bytes, Sequence[Choice]], Mapping[int, int]]
"""Given a file that holds the first variant everywhere, and the choices: by number, those of which the right variant
is known by the format's own checksums, with its number."""


@dataclass(frozen=True, slots=True)
class Together:
    """`whole`: the target has the digest. `used` counts the sectors that each copy gave, `holes` are the bytes that are
    lost or in doubt. `alike`: where the copies can be compared they are mostly the same."""

    whole: bool
    used: tuple[int, ...] = ()
    holes: tuple[Hole, ...] = ()
    alike: bool = False


def put_together(
    copies: Sequence[bytes],
    sha256: bytes,
    target: bytes,
    *,
    mode: int = 0o600,
    narrow: Narrow | None = None,
    most: int = MOST_BYTES,
    checkpoint: Checkpoint = never_stops,
    vain: InVain | None = None,
) -> Together:
    """Write to `target`, a new file with `mode`, what the copies have together. Where that hasn't this digest, it is
    the likeliest bytes, and zeros where there are none. Combinations are tried where that digests no more than
    `most` bytes. What is `vain` isn't searched for again, and what turns out to be is added: for who only wants to know
    whether the whole can be had, for then the format's checksums aren't asked about the rest.

    Raises ItemError where no copy can be opened, OSError for `target`, and Cancelled.
    """
    with ExitStack() as stack:
        opened: list[OpenFile | None] = []
        for path in copies:
            opened.append(None)
            with suppress(ItemError):
                opened[-1] = stack.enter_context(OpenFile(path))
        there = [one.stat.size for one in opened if one is not None]
        if not there:
            raise ItemError(os.fsdecode(copies[0]) if copies else "", "read", "no copy can be opened")
        handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        file = stack.enter_context(os.fdopen(handle, "rb+"))
        done = Together(False)
        for size in sorted(set(there), key=lambda size: (there.count(size), size), reverse=True):
            work = _Work(opened, size, file, sha256, checkpoint, vain)
            done = work.done(target, narrow, most)
            if done.whole:
                return done
        if size != max(there):
            done = _Work(opened, max(there), file, sha256, checkpoint, vain).done(target, None, 0)
        return done


@dataclass(slots=True)
class _Work:
    """One size that the file may have had."""

    opened: Sequence[OpenFile | None]
    size: int
    file: BinaryIO
    sha256: bytes
    checkpoint: Checkpoint
    vain: InVain | None
    choices: list[Choice] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    alone: bool = False
    unconfirmed: list[Hole] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    differing: int = 0
    _kept: int = 0

    @property
    def there(self) -> int:
        """How many copies can be opened."""
        return sum(one is not None for one in self.opened)

    def done(self, target: bytes, narrow: Narrow | None, most: int) -> Together:
        self.used = [0] * len(self.opened)
        told = Copies(len(self.opened))
        self._write(told)
        comparable = -(-self.size // SECTOR)
        alike = 2 * self.differing <= comparable
        whole = False
        if not self.absent and len(self.choices) == self.differing:
            search = told.search(self.sha256, self.size, most, narrow is not None)
            whole = not self._is_vain(search) and self._searched(target, narrow, most)
            if not whole and self.vain is not None:
                self.vain.add(search)
        if self.absent and narrow is not None and self.vain is None:
            self._settle(narrow(target, self.choices))
        return Together(whole, tuple(self.used), () if whole else self._holes(), alike)

    def _is_vain(self, search: bytes) -> bool:
        return self.vain is not None and search in self.vain

    def _write(self, told: Copies) -> None:
        """Write the likeliest variant of each sector, and remember where there are more, or none."""
        self.file.seek(0)
        self.file.truncate(0)
        for start in range(0, self.size, BLOCK_SIZE):
            self.checkpoint()
            length = min(BLOCK_SIZE, self.size - start)
            columns = [[] if one is None else around(one, start, length) for one in self.opened]
            if self.vain is not None:
                for copy, column in enumerate(columns):
                    told.tell(copy, column)
            self.file.write(b"".join(self._sectors(columns, start, length)))
        self.file.flush()

    def _sectors(self, columns: Sequence[Sequence[bytes | None]], start: int, length: int) -> Iterator[bytes]:
        for number, offset in enumerate(range(0, length, SECTOR)):
            wanted = min(SECTOR, length - offset)
            holders: dict[bytes, list[int]] = {}
            for copy, column in enumerate(columns):
                data = column[number] if number < len(column) else None
                if data is not None and len(data) == wanted:
                    holders.setdefault(data, []).append(copy)
            if not holders:
                self.absent.append(start + offset)
                yield bytes(wanted)
                continue
            # What a disk gives for a sector that it has lost is often zeros.
            ranked = sorted(holders, key=lambda data: (blank(data), -len(holders[data]), holders[data][0]))
            self.used[holders[ranked[0]][0]] += 1
            if len(ranked) == 1:
                self._confirm(ranked[0], len(holders[ranked[0]]), start + offset)
            else:
                self.differing += 1
                self._kept += wanted * len(ranked)
                if self._kept <= _MOST_KEPT:
                    mine = tuple(tuple(holders[variant]) for variant in ranked)
                    self.choices.append(Choice(start + offset, tuple(ranked), mine))
            yield ranked[0]

    def _confirm(self, data: bytes, copies: int, offset: int) -> None:
        """Note a sector for which no two copies stand: only one of several can give it, or they give zeros, as disks do
        for what they have lost. Those in which they differ are choices."""
        alone = copies == 1 and self.there > 1
        self.alone = self.alone or alone
        if alone or blank(data):
            before = self.unconfirmed.pop() if self.unconfirmed and self.unconfirmed[-1].end == offset else None
            self.unconfirmed.append(Hole(offset if before is None else before.start, offset + len(data), True))

    # -- searching

    def _searched(self, target: bytes, narrow: Narrow | None, most: int) -> bool:
        """Whether the file has the digest now. What it holds is the likeliest where it hasn't."""
        if any(self._tried(self.choices, picks) for picks in self._believing()):
            return True
        if narrow is not None and self.choices:
            self._settle(narrow(target, self.choices))
            if self._tried(self.choices, (0,) * len(self.choices)):
                return True
        for choices in (_runs(self.choices), self.choices):
            if len(choices) <= _MOST_CHOICES and _cost(choices, self.size) <= most:
                picks = self._found(choices)
                if picks is not None:
                    self._put(choices, picks)
                    return True
        return False

    def _believing(self) -> Iterator[tuple[int, ...]]:
        """The likeliest everywhere; then each copy's own bytes wherever it has any."""
        seen = {(0,) * len(self.choices)}
        yield from seen
        for copy in range(len(self.opened)):
            picks = tuple(
                next((number for number, who in enumerate(choice.holders) if copy in who), 0) for choice in self.choices
            )
            if picks not in seen:
                seen.add(picks)
                yield picks

    def _settle(self, known: Mapping[int, int]) -> None:
        """Believe what is known, and leave only the rest to choose from."""
        self._put([self.choices[number] for number in known], list(known.values()))
        self.choices = [choice for number, choice in enumerate(self.choices) if number not in known]
        self.differing = len(self.choices)

    def _tried(self, choices: Sequence[Choice], picks: Sequence[int]) -> bool:
        """Whether the whole has the digest with these variants; then they are written."""
        digest, at = hashlib.sha256(), 0
        for choice, pick in zip(choices, picks, strict=True):
            self._digest(digest, at, choice.offset)
            digest.update(choice.variants[pick])
            at = choice.end
        self._digest(digest, at, self.size)
        if digest.digest() != self.sha256:
            return False
        self._put(choices, picks)
        return True

    def _found(self, choices: Sequence[Choice]) -> tuple[int, ...] | None:
        """The variants with which the whole has the digest; each beginning that several share is digested once."""

        def walk(digest: _Digest, at: int, number: int) -> tuple[int, ...] | None:
            if number == len(choices):
                self._digest(digest, at, self.size)
                return () if digest.digest() == self.sha256 else None
            choice = choices[number]
            self._digest(digest, at, choice.offset)
            for pick, data in enumerate(choice.variants):
                tried = digest.copy()
                tried.update(data)
                rest = walk(tried, choice.end, number + 1)
                if rest is not None:
                    return (pick, *rest)
            return None

        return walk(hashlib.sha256(), 0, 0)

    def _digest(self, digest: _Digest, start: int, end: int) -> None:
        self.file.seek(start)
        while start < end:
            self.checkpoint()
            data = self.file.read(min(BLOCK_SIZE, end - start))
            digest.update(data)
            start += len(data)

    def _put(self, choices: Sequence[Choice], picks: Sequence[int]) -> None:
        for choice, pick in zip(choices, picks, strict=True):
            self.file.seek(choice.offset)
            self.file.write(choice.variants[pick])
            sectors = -(-len(choice.variants[pick]) // SECTOR)
            self.used[choice.holders[0][0]] -= sectors
            self.used[choice.holders[pick][0]] += sectors
        self.file.flush()

    def _holes(self) -> tuple[Hole, ...]:
        """Nobody has the absent sectors; of those that differ nobody knows which is right, nor whether what is
        unconfirmed is. Where copies may agree on wrong bytes, all of it is in doubt."""
        holes = [Hole(start, min(start + SECTOR, self.size), False) for start in self.absent]
        if not holes and len(_runs(self.choices)) <= _MOST_CHOICES:
            if not self.alone and not any(choice.is_between_all for choice in self.choices):
                return (Hole(0, self.size, True),) if self.size else ()
            holes = self.unconfirmed
        holes += [Hole(choice.offset, choice.end, True) for choice in self.choices]
        return joined(sorted(holes))


def _runs(choices: Sequence[Choice]) -> list[Choice]:
    """Neighbouring choices between the same copies as one: damage comes in runs."""
    found: list[Choice] = []
    for choice in choices:
        before = found[-1] if found else None
        if before is not None and before.end == choice.offset:
            order = _same_order(before.holders, choice.holders)
            if order is not None:
                parts = tuple(data + choice.variants[other] for data, other in zip(before.variants, order, strict=True))
                found[-1] = replace(before, variants=parts)
                continue
        found.append(choice)
    return found


def _same_order(one: tuple[tuple[int, ...], ...], other: tuple[tuple[int, ...], ...]) -> tuple[int, ...] | None:
    """Where the same copies stand together in both: for each variant of the first its place in the second."""
    places = {who: number for number, who in enumerate(other)}
    return tuple(places[who] for who in one) if set(one) == places.keys() else None


def _cost(choices: Sequence[Choice], size: int) -> int:
    """Bytes that a whole search digests."""
    ends = [*(choice.offset for choice in choices[1:]), size]
    counts = [len(choice.variants) for choice in choices]
    return sum(
        math.prod(counts[: number + 1]) * (ends[number] - choice.offset) for number, choice in enumerate(choices)
    )
