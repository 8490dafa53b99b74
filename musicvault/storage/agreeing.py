"""Putting a file together of which nothing but the SHA-256 of the whole is known.

Without digests of blocks a copy's sectors can't be judged one by one: where all copies that can be read agree they are
taken, where they differ the combinations are tried, few enough to be tried at all.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.values import BLOCK_SIZE
from musicvault.errors import ItemError
from musicvault.storage.blocks import around
from musicvault.storage.mixing import SECTOR
from musicvault.storage.reading import OpenFile

MOST_COMBINATIONS = 1 << 12
MOST_BYTES = 4 << 30
"""Bytes that are digested at most to try combinations: some seconds."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...
    def copy(self) -> _Digest: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Choice:
    offset: int
    variants: tuple[bytes, ...]


def put_together(
    copies: Sequence[bytes], sha256: bytes, target: bytes, *, checkpoint: Checkpoint = never_stops
) -> bool:
    """Write to `target`, a new scratch file, what the copies have together; whether it has this digest. Where it
    hasn't, the target holds the first copy's bytes where it has any, else another's, and zeros where there are none.

    Raises ItemError where no copy can be opened, OSError for `target`, and Cancelled.
    """
    with ExitStack() as stack, open(target, "xb+") as file:
        opened = []
        for path in copies:
            with suppress(ItemError):
                opened.append(stack.enter_context(OpenFile(path)))
        if not opened:
            raise ItemError(os.fsdecode(copies[0]) if copies else "", "read", "no copy can be opened")
        size = max(one.stat.size for one in opened)
        choices, absent = _written(opened, size, file, checkpoint)
        if absent or not _can_be_tried(choices, size):
            return False
        found = _tried(file, size, choices, sha256, checkpoint)
        for choice, data in zip(choices, found or (), strict=False):
            file.seek(choice.offset)
            file.write(data)
        return found is not None


def _written(
    opened: Sequence[OpenFile], size: int, target: BinaryIO, checkpoint: Checkpoint
) -> tuple[list[_Choice], bool]:
    """Write the first variant of each sector; gives where there are more, and whether some sector has none."""
    choices: list[_Choice] = []
    absent = False
    for start in range(0, size, BLOCK_SIZE):
        checkpoint()
        length = min(BLOCK_SIZE, size - start)
        columns = [around(one, start, length) for one in opened]
        block = bytearray(length)
        for number, offset in enumerate(range(0, length, SECTOR)):
            wanted = min(SECTOR, length - offset)
            found = [column[number] for column in columns if number < len(column)]
            variants = tuple(dict.fromkeys(one for one in found if one is not None and len(one) == wanted))
            absent = absent or not variants
            block[offset : offset + wanted] = variants[0] if variants else bytes(wanted)
            if len(variants) > 1 and len(choices) <= MOST_COMBINATIONS:
                choices.append(_Choice(start + offset, variants))
        target.write(block)
    target.flush()
    return choices, absent


def _can_be_tried(choices: Sequence[_Choice], size: int) -> bool:
    combinations = math.prod(len(choice.variants) for choice in choices)
    return combinations <= MOST_COMBINATIONS and combinations * size <= max(MOST_BYTES, size)


def _tried(
    target: BinaryIO, size: int, choices: Sequence[_Choice], sha256: bytes, checkpoint: Checkpoint
) -> tuple[bytes, ...] | None:
    """The variants with which the whole has the digest, None where no combination has."""

    def upto(digest: _Digest, start: int, end: int) -> None:
        while start < end:
            checkpoint()
            target.seek(start)
            data = target.read(min(BLOCK_SIZE, end - start))
            digest.update(data)
            start += len(data)

    def walk(digest: _Digest, at: int, number: int) -> tuple[bytes, ...] | None:
        if number == len(choices):
            upto(digest, at, size)
            return () if digest.digest() == sha256 else None
        choice = choices[number]
        upto(digest, at, choice.offset)
        for data in choice.variants:
            tried = digest.copy()
            tried.update(data)
            rest = walk(tried, choice.offset + len(data), number + 1)
            if rest is not None:
                return (data, *rest)
        return None

    return walk(hashlib.sha256(), 0, 0)
