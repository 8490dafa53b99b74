"""The vocabulary of formats: a source of bytes, a layout of the coded audio, a format's entry in the registry."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Protocol

from musicvault.audio.formats import wrapping
from musicvault.domain.values import Essence

ReadAt = Callable[[int, int], bytes]
"""`read_at(offset, length)` gives up to `length` bytes, fewer at the end of the file."""


def positioned(file: BinaryIO) -> ReadAt:
    """Positioned reads of an open file, past its buffer where the system can."""
    if hasattr(os, "pread"):
        descriptor = file.fileno()
        return lambda at, length: os.pread(descriptor, length, at)

    def read_at(at: int, length: int) -> bytes:
        before = file.tell()
        file.seek(at)
        data = file.read(length)
        file.seek(before)
        return data

    return read_at


HEAD = 64
"""Bytes after a leading ID3v2 tag that signatures are looked for in."""

CERTAIN, LIKELY, NO = 4, 2, 0
"""Scores of a signature: a magic word, a sync pattern that chance can make too, nothing. A fitting
file extension adds 1, so it breaks ties and decides where nothing matches."""


class Source:
    """A file as formats see it: short positioned reads and its size in bytes."""

    def __init__(self, read_at: ReadAt, size: int, name: bytes) -> None:
        self.read_at = read_at
        self.size = size
        self.extension = name.rpartition(b".")[2].lower() if b"." in name else b""

    @cached_property
    def start(self) -> int:
        """Where the file proper begins, after leading ID3v2 tags."""
        return wrapping.skip_leading(self.read_at, self.size)

    @cached_property
    def head(self) -> bytes:
        return self.read_at(self.start, HEAD)

    @cached_property
    def trailing(self) -> tuple[wrapping.Tag, ...]:
        """Tags behind the audio, the last in the file first."""
        return wrapping.find_trailing(self.read_at, self.start, self.size)

    @cached_property
    def end(self) -> int:
        """Where the file proper ends, before trailing tags."""
        return self.trailing[-1].start if self.trailing else self.size


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the coded audio lies: half-open, ascending, disjoint byte ranges. `prefix` are small parameters of
    the coding (`fmt `, `COMM`) that belong to the essence but may stand anywhere. `is_bare`: the container is
    nothing but its sound, so that all around it are tags."""

    kind: str
    spans: tuple[tuple[int, int], ...]
    prefix: bytes = b""
    is_bare: bool = False

    @property
    def size(self) -> int:
        return sum(stop - start for start, stop in self.spans)


class EssenceReader(Protocol):
    """Gets all bytes of a file in consecutive chunks of any size, then gives its essence."""

    def feed(self, chunk: memoryview) -> None: ...

    def finish(self) -> Essence | None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One container family. Either `layout` (byte ranges, planned from short reads) or `reader` (a streaming parser)
    gives the essence; where there is neither, the format is known, but its sound isn't told from its wrapper."""

    name: str
    extensions: frozenset[bytes]
    score: Callable[[bytes], int]
    layout: Callable[[Source], Layout | None] | None = None
    reader: Callable[[], EssenceReader] | None = None


def magic(*words: bytes, at: int = 0) -> Callable[[bytes], int]:
    """A score function: CERTAIN where one of the words stands at that offset."""

    def score(head: bytes) -> int:
        return CERTAIN if head.startswith(words, at) else NO

    return score


def extensions(words: str) -> frozenset[bytes]:
    return frozenset(word.encode() for word in words.split())
