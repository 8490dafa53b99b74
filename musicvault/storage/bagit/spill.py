"""Sorting more records than memory should hold: sorted runs in one temporary file, merged as they are read."""

from __future__ import annotations

import heapq
import struct
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self

_HEAD = struct.Struct(">I")
_BUFFER = 64 << 10
RUN = 24 << 20
"""Bytes of records that are sorted in memory at once; with Python's own some 60 MB."""


class Spill:
    """Add records (bytes), then iterate over them in byte order, once. A context manager; the temporary file goes with
    it. Raises OSError where it can't be written."""

    def __init__(self, run: int = RUN) -> None:
        self._run = run
        self._records: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._runs: list[tuple[int, int]] = []

    def add(self, record: bytes) -> None:
        self._records.append(record)
        self._size += len(record) + 50
        if self._size >= self._run:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="musicvault-")  # noqa: SIM115  (closed by __exit__)
        self._records.sort()
        start = self._file.tell()
        for record in self._records:
            self._file.write(_HEAD.pack(len(record)))
            self._file.write(record)
        self._runs.append((start, self._file.tell()))
        self._records.clear()
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        self._records.sort()
        return heapq.merge(iter(self._records), *(self._read(start, end) for start, end in self._runs))

    def _read(self, position: int, end: int) -> Iterator[bytes]:
        """One run, a buffer at a time; the file is shared by all runs."""
        assert self._file is not None
        waiting, at = b"", 0
        while True:
            while at + _HEAD.size <= len(waiting):
                (length,) = _HEAD.unpack_from(waiting, at)
                if at + _HEAD.size + length > len(waiting):
                    break
                at += _HEAD.size
                yield waiting[at : at + length]
                at += length
            if position >= end:
                return
            self._file.seek(position)
            more = self._file.read(min(_BUFFER, end - position))
            position += len(more)
            waiting, at = waiting[at:] + more, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
