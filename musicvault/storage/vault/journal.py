"""The journal: one flushed line for each file that takes its place, written before it does.

A line is one JSON object whose first member is the start of the BLAKE3 digest over the rest of the line, so that
a damaged line is known. Names are text where they are UTF-8, else base64 under `<name>_raw`.
The same form, in `musicvault/kept`, holds the folded records of versions and quarantine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from musicvault.storage.flushing import flush, sync_folder
from musicvault.storage.reading import is_there
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.records import LONGEST_LINE, FoldMark, Record, from_line, to_line
from musicvault.storage.vault.writing import done


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1 and what it states; None where it isn't what was written. `half`: the unfinished last
    line, which never counts."""

    number: int
    statement: Record | FoldMark | None
    half: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """A journal in memory, oldest record first. `damaged` holds the numbers of lines that are not what was written.
    `marks` are the folds that were begun, newest last."""

    records: tuple[Record, ...] = ()
    marks: tuple[FoldMark, ...] = ()
    damaged: tuple[int, ...] = ()
    half: bool = False


def read_lines(path: bytes) -> Iterator[Line]:
    """Read a journal (or kept list) line by line; an absent one is empty. Damage is reported, never raised.

    Raises `VaultError` for read errors.
    """
    for number, raw in _numbered_lines(path):
        if not raw.endswith(b"\n"):
            yield Line(number, None, half=True)
            return
        try:
            yield Line(number, from_line(raw))
        except ValueError:
            yield Line(number, None)


def replay(path: bytes) -> Replay:
    """All lines at once (about 1 kB of memory each: for a whole first sync prefer `read_lines`)."""
    lines = list(read_lines(path))
    statements = [line.statement for line in lines]
    return Replay(
        records=tuple(statement for statement in statements if isinstance(statement, Record)),
        marks=tuple(statement for statement in statements if isinstance(statement, FoldMark)),
        damaged=tuple(line.number for line in lines if line.statement is None and not line.half),
        half=any(line.half for line in lines),
    )


class Journal:
    """The journal open for appending, under the vault's lock. A context manager."""

    def __init__(self, path: bytes) -> None:
        """Opens or creates it and cuts off half a last line. Raises the `VaultError` of an unwritable drive."""
        self._path = path
        with explained(path):
            fresh = not is_there(path)
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115  (closed by close)
            try:
                self._end = _cut_half_line(path, self._file.fileno())
                if fresh:
                    sync_folder(path.rpartition(b"/")[0])
            except BaseException:
                self._file.close()
                raise

    def append(self, record: Record | FoldMark) -> None:
        """Returns once the line is on the device. Raises `NoSpace`, `DriveUnwritable`, `DriveGone`."""
        self.append_many((record,))

    def append_many(self, records: Iterable[Record | FoldMark]) -> None:
        """All lines with one flush; after an error none of them counts."""
        lines = b"".join(to_line(record) for record in records)
        if not lines:
            return
        handle = self._file.fileno()
        with explained(self._path):
            if os.fstat(handle).st_size != self._end:  # what an earlier append, now known as failed, left behind
                os.ftruncate(handle, self._end)
            try:
                _write_whole(handle, lines)
                flush(handle)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(handle, self._end)
                raise
        self._end += len(lines)
        done("journal flushed")

    @property
    def size(self) -> int:
        """Bytes of all lines that count; 0 when there is nothing to fold."""
        return self._end

    def empty(self) -> None:
        """Forget all lines, durably: the last step of a fold."""
        with explained(self._path):
            os.ftruncate(self._file.fileno(), 0)
            flush(self._file.fileno())
        self._end = 0

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _numbered_lines(path: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with their number; one longer than any of ours comes cut off, with a newline, and so fails its digest."""
    with explained(path):
        try:
            file = open(path, "rb")  # noqa: SIM115
        except FileNotFoundError:
            return
        with file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    rest = file.readline(LONGEST_LINE)
                    line = rest if len(rest) == LONGEST_LINE else rest[-1:]
                yield number, line


def _cut_half_line(path: bytes, handle: int) -> int:
    size = os.fstat(handle).st_size
    with open(path, "rb") as file:
        end = size
        while end > 0:
            start = max(0, end - LONGEST_LINE)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
    if end < size:
        os.ftruncate(handle, end)
        flush(handle)
    return end


def _write_whole(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
