"""The journal: one flushed line for each file that takes its place, written before it does.

A line is one JSON object whose first member is the start of the BLAKE3 digest over the rest of the line, so that
a damaged line is known. Names are text where they are UTF-8, else base64 under `<name>_raw`.
The same form, in `musicvault/kept`, holds the folded records of versions and quarantine.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from musicvault.storage.flushing import flush, sync_folder
from musicvault.storage.stats import is_there
from musicvault.storage.vault import own
from musicvault.storage.vault.around import Around
from musicvault.storage.vault.faults import explained
from musicvault.storage.vault.records import LONGEST_LINE, FoldMark, Record, from_line, to_line
from musicvault.storage.vault.writing import done, place, write_aside


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
    """Read a journal (or kept list) line by line; an absent one is empty. Damage is reported, never raised; a bad
    sector is damage to the lines that it holds.

    Raises `VaultError` for all other read errors.
    """
    for number, raw, bad in _numbered_lines(path):
        if not raw.endswith(b"\n"):
            yield Line(number, None, half=not bad)
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
        """Opens or creates it and cuts off half a last line. One with a bad sector is exchanged for one that can be
        written. Raises the `VaultError` of an unwritable drive."""
        self._path = path
        with explained(path):
            own.check(path)
            fresh = not is_there(path)
            if not fresh and _has_bad_sector(path):
                _mended(path)
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


def _numbered_lines(path: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Lines with their number, and whether some of the file up to there could not be read; a line longer than any of
    ours comes cut off, with a newline, and so fails its digest."""
    with explained(path):
        try:
            around = Around(path)
        except FileNotFoundError:
            return
        with io.BufferedReader(around, LONGEST_LINE) as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    rest = file.readline(LONGEST_LINE)
                    line = rest if len(rest) == LONGEST_LINE else rest[-1:]
                yield number, line, around.bad


_UNREAD = b'{"check":"unreadable"}\n'
"""Stands for lines in a bad sector: damage to whoever reads it, so that the lists are written anew from the catalog."""


def _mended(path: bytes) -> None:
    """Give the journal up that has a bad sector: a new one with all lines that are right takes its name. The old one
    keeps the sector under a name beside it, where the file system knows links."""
    lines = [_UNREAD if not raw.endswith(b"\n") or _is_damaged(raw) else raw for _, raw, _ in _numbered_lines(path)]
    incoming = os.path.join(os.path.dirname(path), b"incoming")
    os.makedirs(incoming, exist_ok=True)
    aside = write_aside(os.path.join(incoming, b"journal.partial"), lines)
    done("journal: written")
    with suppress(OSError):
        _keep(path)
    done("journal: kept")
    place(aside, path)
    sync_folder(os.path.dirname(path))
    done("journal: placed")


def _is_damaged(raw: bytes) -> bool:
    try:
        from_line(raw)
    except ValueError:
        return True
    return False


def _keep(path: bytes) -> None:
    number, name = 1, path + b".unread"
    while is_there(name):
        if os.path.samefile(path, name):
            return  # by a run that was killed
        number += 1
        name = path + b".unread.%d" % number
    os.link(path, name)


def _has_bad_sector(path: bytes) -> bool:
    around = Around(path)
    with io.BufferedReader(around, LONGEST_LINE) as file:
        while file.read(LONGEST_LINE):
            pass
        return around.bad


def _cut_half_line(path: bytes, handle: int) -> int:
    size = os.fstat(handle).st_size
    with own.opened(path) as file:
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
