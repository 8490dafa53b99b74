"""Auditing any folder: everything in it is read once from the device. How fast is it from end to end, and what can't
be read? No vault, no catalog and no digest is needed: for a drive out of a drawer, or one that is to be bought.

Files are read in the order in which they lie on the device, where that is known (in batches, so that a million of them
fit in memory). Of a file that fails, the rest is read on block by block, to tell how much of it is gone.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from musicvault.domain import curves
from musicvault.domain.curves import Curve
from musicvault.domain.notices import Advanced, Checkpoint, Finished, ItemDone, Job, Notice, Started, never_stops
from musicvault.domain.paths import display, join, split
from musicvault.domain.values import MIB
from musicvault.engine.judging import TELLS_OF_SPEED
from musicvault.engine.observing import Reads
from musicvault.engine.places import is_io_error
from musicvault.errors import DriveGone, ItemError, UsageError
from musicvault.language import tr, trn
from musicvault.storage import volumes
from musicvault.storage.placement import place_of
from musicvault.storage.reading import OpenFile
from musicvault.storage.volumes import Volume

JOB = "audit"
BATCH = 50_000
LOOK_S = 0.5
"""How often the curve is brought up to date for whoever looks on."""
MOST_BLOCKS = 64
"""So many blocks of one file that fail in a row are enough: each may take the device half a minute."""


@dataclass(slots=True)
class Audit:
    """What an audit found; filled as it goes (the curve now and then). `curve` by `basis` ("device" or "order"), see
    `domain.curves`."""

    volume: Volume | None = None
    curve: Curve = curves.EMPTY
    basis: str = "order"
    counts: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(("checked", "bytes", "unreadable", "failed"), 0))
    )


def audit(folder: bytes, found: Audit, checkpoint: Checkpoint = never_stops) -> Job:
    """Read every file below `folder` once, past the cache; other file systems mounted below it are left out.

    Counts: checked, bytes, unreadable (files that the device could not give), failed (could not be opened or listed).
    The exit code is 20 where anything is unreadable, 3 where something failed. Raises UsageError for what is no folder,
    DriveGone where the drive goes in the middle.
    """
    if not os.path.isdir(folder):
        raise UsageError(tr("{folder} is not a folder. Is the drive mounted?", folder=display(folder)))
    found.volume = volumes.volume_of(folder)
    run = _Run(folder, found, checkpoint)
    yield Started(JOB, display(split(folder.rstrip(b"/"))[1]) or "/")
    try:
        yield from run.work()
    finally:
        found.curve, found.basis = run.reads.curve, run.reads.basis
    counts = found.counts
    yield Finished(JOB, dict(counts), 20 if counts["unreadable"] else 3 if counts["failed"] else 0)
    if run.gone:
        text = "The drive at {folder} went away in the middle of the audit. What was read until then is told above."
        raise DriveGone(tr(text, folder=display(folder)))


class _Run:
    def __init__(self, folder: bytes, found: Audit, checkpoint: Checkpoint) -> None:
        assert found.volume is not None
        self.gone = False
        self._found, self._shown_at = found, time.perf_counter()
        self._folder = folder
        self._device = os.stat(folder).st_dev
        self._counts = found.counts
        self._checkpoint = checkpoint
        self._good: deque[bytes] = deque(maxlen=3)
        self._where = display(split(folder.rstrip(b"/"))[1]) or "/"
        used = max(1, found.volume.total - found.volume.free)
        self.reads = Reads(found.volume, used)

    def work(self) -> Iterator[Notice]:
        batch: list[tuple[int, bytes, int]] = []
        for path, size in self._files():
            if isinstance(size, OSError):
                yield self._failed(path, "list", size)
                continue
            batch.append((place_of(self._absolute(path)) or 0, path, size))
            if len(batch) == BATCH:
                yield from self._read(batch)
                batch = []
            if self.gone:
                return
        yield from self._read(batch)

    def _absolute(self, path: bytes) -> bytes:
        return self._folder + b"/" + path

    def _files(self) -> Iterator[tuple[bytes, int | OSError]]:
        """Regular files of this file system, with their sizes; what can't be looked at, with the error."""
        folders = [b""]
        while folders:
            self._checkpoint()
            below = folders.pop()
            try:
                with os.scandir(self._absolute(below) if below else self._folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield below, error
                continue
            for entry in listed:
                path = join(below, entry.name)
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError as error:
                    yield path, error
                    continue
                if stat.S_ISDIR(found.st_mode) and found.st_dev == self._device:
                    folders.append(path)
                elif stat.S_ISREG(found.st_mode):
                    yield path, found.st_size

    def _read(self, batch: list[tuple[int, bytes, int]]) -> Iterator[Notice]:
        for place, path, size in sorted(batch):
            if self.gone:
                return
            self._checkpoint()
            began = time.perf_counter()
            try:
                with OpenFile(self._absolute(path)) as file:
                    file.read(digests=False, blocks=False, from_device=True, checkpoint=self._checkpoint)
            except ItemError as error:
                yield from self._trouble(path, error)
                continue
            self._counts["checked"] += 1
            self._counts["bytes"] += size
            if size:
                self._good.append(path)
            seconds = time.perf_counter() - began if size >= TELLS_OF_SPEED else 0.0
            self.reads.add(size, seconds, place or None)
            self._show()
            yield Advanced(self._counts["checked"], self._counts["bytes"], display(path))

    def _show(self) -> None:
        now = time.perf_counter()
        if now - self._shown_at >= LOOK_S:
            self._shown_at = now
            self._found.curve, self._found.basis = self.reads.curve, self.reads.basis

    def _trouble(self, path: bytes, error: ItemError) -> Iterator[Notice]:
        if not self._still_there():
            self.gone = True
            return
        if not is_io_error(error):
            self._counts["failed"] += 1
            yield ItemDone("failed", path, self._where, problem=error.problem)
            return
        self._counts["unreadable"] += 1
        self.reads.failed(self._absolute(path), path, error)
        bad, read, given_up = self._blocks(path)
        self._counts["bytes"] += read
        problem = error.problem
        if bad:
            one, many = "{count} block of 1 MiB can't be read", "{count} blocks of 1 MiB can't be read"
            problem += "; " + trn(one, many, bad) + (tr(", and more was not tried") if given_up else "")
        yield ItemDone("failed", path, self._where, problem=problem)

    def _blocks(self, path: bytes) -> tuple[int, int, bool]:
        """Read a failing file block by block: how many blocks fail, bytes that were read, whether it was given up."""
        bad = read = row = 0
        try:
            with OpenFile(self._absolute(path)) as file:
                for offset in range(0, file.stat.size, MIB):
                    self._checkpoint()
                    got = _block(file, offset)
                    if got is not None:
                        read, row = read + got, 0
                        continue
                    bad, row = bad + 1, row + 1
                    if row == MOST_BLOCKS or not self._still_there():
                        return bad, read, True
        except ItemError:
            return bad, read, True
        return bad, read, False

    def _failed(self, path: bytes, operation: str, error: OSError) -> ItemDone:
        if not self._still_there():
            self.gone = True
        if error.errno in (errno.EIO, errno.EUCLEAN if hasattr(errno, "EUCLEAN") else errno.EIO):
            self._counts["unreadable"] += 1
        else:
            self._counts["failed"] += 1
        return ItemDone("failed", path, self._where, problem=str(ItemError("", operation, str(error.strerror)).problem))

    def _still_there(self) -> bool:
        """Whether the folder still lies on the same file system, and the device still gives what it gave before: one
        file that fails is a finding, all of them at once are a cable."""
        try:
            if os.stat(self._folder).st_dev != self._device:
                return False
        except OSError:
            return False
        return not self._good or any(self._answers(path) for path in self._good)

    def _answers(self, path: bytes) -> bool:
        try:
            with OpenFile(self._absolute(path)) as file:
                file.past_cache()
                return len(file.exactly(0, 4096)) > 0
        except ItemError:
            return False


def _block(file: OpenFile, offset: int) -> int | None:
    """How many bytes of a block can be read; None where that fails."""
    try:
        return len(file.exactly(offset, MIB))
    except ItemError:
        return None
