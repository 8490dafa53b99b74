"""Reading a file once, and taking all digests from that one read.

Never mmap on user files: a disk's read error would be a SIGBUS that kills the process. A buffer of 1 MiB is filled and
digested again and again (hashlib and blake3 let other threads run meanwhile, so one thread a file is the way to
use more cores). The file is looked at before and after: what moved while it was read is `UnstableError` (chkbit#35).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat as modes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from blake3 import blake3

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import display
from musicvault.domain.proof import Grade
from musicvault.domain.values import BLOCK_DIGEST_SIZE, BLOCK_SIZE, MIB, Digests, Stat
from musicvault.errors import ItemError, UnstableError, reason_of
from musicvault.language import tr
from musicvault.storage import pagecache
from musicvault.storage.stats import as_stat

SMALL = MIB
"""Files up to this size (bytes) are read by one call and may be kept whole in memory."""

Sink = Callable[[memoryview], None]
"""Gets every byte of the file in order. The memory is used again after the call: copy what must stay."""

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)  # a symlink put in a file's place is not the file
    | getattr(os, "O_NONBLOCK", 0)  # nor may a FIFO in its place make us wait for ever
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read of a file gave. `grade` says how good a proof it is, None: none at all, the page cache may
    have answered. `content` holds the whole file where it is small and was asked for."""

    stat: Stat
    digests: Digests
    grade: Grade | None
    content: bytes | None = None


def read_file(
    path: bytes,
    sink: Sink | None = None,
    *,
    digests: bool = True,
    from_device: bool = False,
    blocks: bool = True,
    keep_small: bool = False,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
) -> Reading:
    """Read a regular file from start to end: see `OpenFile.read`."""
    with OpenFile(path) as file:
        return file.read(
            sink,
            digests=digests,
            from_device=from_device,
            blocks=blocks,
            keep_small=keep_small,
            checkpoint=checkpoint,
            on_bytes=on_bytes,
        )


def read_ahead(path: bytes, *, checkpoint: Checkpoint = never_stops) -> None:
    """Read a file from its beginning to its end into the page cache. Raises ItemError where it can't be read."""
    with OpenFile(path) as file:
        for offset in range(0, file.stat.size, MIB):
            checkpoint()
            file.read_at(offset, MIB)


class OpenFile:
    """A regular file, open for reading; `stat` is from right after opening. For parsers that look at a head or a tail
    (`read_at`) before the one read that yields everything (`read`). Raises ItemError("read") where it can't be
    opened, is a link or is no regular file; the OSError is its `__cause__`."""

    __slots__ = ("_fd", "_first", "_whole", "path", "stat")

    def __init__(self, path: bytes) -> None:
        self.path = path
        self._whole: bytes | None = None
        try:
            self._fd = os.open(path, _FLAGS)
        except OSError as error:
            cause = tr("a link, which is not followed") if error.errno == errno.ELOOP else reason_of(error)
            raise ItemError(display(path), "read", cause) from error
        try:
            self._first = os.fstat(self._fd)
            if not modes.S_ISREG(self._first.st_mode):
                raise ItemError(display(path), "read", tr("not a regular file"))
        except OSError as error:
            os.close(self._fd)
            raise ItemError(display(path), "read", reason_of(error)) from error
        except BaseException:
            os.close(self._fd)
            raise
        self.stat = as_stat(self._first)

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`, fewer only at the end of the file. Small files are read whole at the
        first call, once. Raises ItemError("read") with the offset."""
        if self._whole is None and self.stat.size <= SMALL:
            self._whole = self._pread(0, self.stat.size)
        if self._whole is not None:
            return self._whole[offset : offset + length]
        return self._pread(offset, length)

    def exactly(self, offset: int, length: int) -> bytes:
        """The same without ever reading anything else: for reading around bad sectors."""
        return self._pread(offset, length)

    def as_far_as(self, offset: int, length: int, grain: int) -> tuple[bytes, bool]:
        """The same, up to `length` bytes, as far as they can be read; and whether an error ended it. Where something
        came before the error, that is exactly at what comes next: it is read again in pieces of `grain` bytes."""
        parts: list[bytes] = []
        at, end = offset, offset + length
        while at < end:
            try:
                part = _pread(self._fd, min(end - at, grain - at % grain) if parts else end - at, at)
            except OSError:
                return b"".join(parts), True
            if not part:
                break
            parts.append(part)
            at += len(part)
        return b"".join(parts), False

    def past_cache(self) -> Grade | None:
        """Drop what memory holds of the file, so that the medium answers; gives how good a proof a read is now, None:
        none at all. Raises ItemError("read")."""
        self._whole = None  # read before the cache was dropped
        try:
            return pagecache.bypass(self._fd, self.path, self.stat.device)
        except OSError as error:
            raise ItemError(display(self.path), "read", reason_of(error)) from error

    def forget(self, offset: int, length: int) -> None:
        """Give back the memory of bytes that were read."""
        pagecache.behind(self._fd, offset, length)

    def _pread(self, offset: int, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0:
            try:
                part = _pread(self._fd, length, offset)
            except OSError as error:
                raise ItemError(display(self.path), "read", reason_of(error), offset) from error
            if not part:
                break
            if len(part) == length and not parts:
                return part
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def read(
        self,
        sink: Sink | None = None,
        *,
        digests: bool = True,
        from_device: bool = False,
        blocks: bool = True,
        keep_small: bool = False,
        checkpoint: Checkpoint = never_stops,
        on_bytes: Callable[[int], None] | None = None,
    ) -> Reading:
        """Read it all, once. `digests=False` leaves SHA-256 out, `blocks=False` the block
        digests (both are empty then). `from_device` drops the cached pages before
        and behind, so that the medium answers; `Reading.grade` says how far that worked. `on_bytes` gets the
        size of each step, `checkpoint` is called between steps of 1 MiB.

        Raises ItemError("read") with the byte offset, UnstableError when the file moved meanwhile.
        """
        grade = None
        if from_device:
            grade = self.past_cache()
        checkpoint()
        if self.stat.size <= SMALL:
            content = self._whole if self._whole is not None else self._pread(0, self.stat.size)
            found = _digest_small(content, digests)
            if sink is not None and content:
                sink(memoryview(content))
            if on_bytes is not None:
                on_bytes(len(content))
            if from_device:
                pagecache.behind(self._fd, 0, 0)
        else:
            content = None
            found = self._read_large(sink, digests, blocks, from_device, checkpoint, on_bytes)
        self.check_stable(found.size)
        return Reading(self.stat, found, grade, content if keep_small else None)

    def _read_large(
        self,
        sink: Sink | None,
        digests: bool,
        blocks: bool,
        from_device: bool,
        checkpoint: Checkpoint,
        on_bytes: Callable[[int], None] | None,
    ) -> Digests:
        pagecache.sequential(self._fd)
        whole = blake3()
        sha256 = hashlib.sha256() if digests else None
        each = bytearray()
        offset = 0
        os.lseek(self._fd, 0, os.SEEK_SET)
        buffer = _borrow()
        try:
            while True:
                if from_device and offset and offset % pagecache.WINDOW == 0:
                    pagecache.behind(self._fd, offset - pagecache.WINDOW, pagecache.WINDOW)
                chunk = self._fill(buffer, offset)
                if not chunk:
                    break
                whole.update(chunk)
                if blocks:
                    each += blake3(chunk).digest(BLOCK_DIGEST_SIZE)
                if sha256 is not None:
                    sha256.update(chunk)
                if sink is not None:
                    sink(chunk)
                offset += len(chunk)
                if on_bytes is not None:
                    on_bytes(len(chunk))
                if len(chunk) < BLOCK_SIZE or offset > self.stat.size:
                    break
                checkpoint()
        finally:
            _spare.buffers.append(buffer)
            if from_device:
                pagecache.behind(self._fd, 0, 0)
        return Digests(offset, whole.digest(), sha256.digest() if sha256 else b"", bytes(each))

    def _fill(self, buffer: memoryview, offset: int) -> memoryview:
        filled = 0
        while filled < BLOCK_SIZE:
            try:
                count = _read_into(self._fd, buffer[filled:] if filled else buffer)
            except OSError as error:
                raise ItemError(display(self.path), "read", reason_of(error), offset + filled) from error
            if count == 0:
                break
            filled += count
        return buffer if filled == BLOCK_SIZE else buffer[:filled]

    def check_stable(self, seen: int) -> None:
        """Raises UnstableError where the file moved since it was opened, ItemError("read") where not as many bytes
        were `seen` as it has or the file system no longer says."""
        first = self._first
        try:
            last = os.fstat(self._fd)
        except OSError as error:
            raise ItemError(display(self.path), "read", reason_of(error)) from error
        if (
            first.st_mtime_ns != last.st_mtime_ns
            or first.st_ctime_ns != last.st_ctime_ns
            or first.st_size != last.st_size
        ):
            raise UnstableError(display(self.path), "read", tr("the file changed while it was read"))
        if seen != first.st_size:
            raise ItemError(
                display(self.path), "read", tr("the file ends before its size, {size} bytes", size=first.st_size), seen
            )


class _Spare(threading.local):
    """Buffers that lie idle, for each thread its own: allocating and clearing 1 MiB costs more than a small file."""

    def __init__(self) -> None:
        self.buffers: list[memoryview] = []


_spare = _Spare()


def _borrow() -> memoryview:
    # A list, not one buffer: a sink may read another file on the same thread.
    return _spare.buffers.pop() if _spare.buffers else memoryview(bytearray(BLOCK_SIZE))


def _digest_small(content: bytes, sha256: bool) -> Digests:
    whole = blake3(content).digest()
    # One block: its digest is the beginning of the file's.
    blocks = whole[:BLOCK_DIGEST_SIZE] if content else b""
    return Digests(len(content), whole, hashlib.sha256(content).digest() if sha256 else b"", blocks)


if hasattr(os, "readv"):
    _pread = os.pread

    def _read_into(fd: int, view: memoryview) -> int:
        return os.readv(fd, [view])

else:  # Windows has neither; no two threads share an OpenFile

    def _pread(fd: int, length: int, offset: int, /) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, length)

    def _read_into(fd: int, view: memoryview) -> int:
        data = os.read(fd, len(view))
        view[: len(data)] = data
        return len(data)
