"""The steps of a durable copy (M4): written aside, flushed, read back from the device, put in place without
clobbering.

stage ─► flush ─► read_back ─► (the caller's journal line) ─► place ─► sync_folder ─► (the caller's transaction)

After a crash between any two of them a partial file, or the whole file under its name, is there, never half a file
under its name. The caller owns intents and journal; `on_step` lets a test kill the process after each step.

Errors: what is wrong with the source is an ItemError("read"); with one file on the target an ItemError("write");
with the target as a whole NoSpace, DriveUnwritable, DriveGone or VaultError. A partial that failed is removed
again.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from blake3 import blake3

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import display, join, split
from musicvault.errors import ItemError, NoSpace, VaultError, reason_of
from musicvault.language import tr
from musicvault.storage import flushing, pagecache, reading, renames
from musicvault.storage.reading import OpenFile, Reading
from musicvault.storage.vault.faults import explanation

on_step: Callable[[str], None] | None = None
"""Called with the name of each step just done: staged, flushed, proven, placed, set-aside, replaced, synced; whoever
goes on from here announces further ones by `done` (journaled, committed)."""

PARTIAL = b".partial"
"""How the names of all files end that are not yet what they will be."""

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_SUCH_TIME = frozenset(
    {errno.EINVAL, errno.EOVERFLOW, errno.ERANGE, errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP}
)
_THIS_FILE_ONLY = frozenset({errno.EFBIG, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EEXIST, errno.EISDIR})


def done(step: str) -> None:
    """Announce a step."""
    if on_step is not None:
        on_step(step)


def partial_beside(target: bytes) -> bytes:
    """A fresh name for a private copy in the folder of `target`: hidden, temporary, short, never taken."""
    return join(split(target)[0], b".musicvault-" + secrets.token_hex(8).encode("ascii") + PARTIAL)


def translated(error: OSError, path: bytes, missing: int = 0) -> ItemError | VaultError:
    """An OSError about `path` on the target in our words; `missing` is what had still to be written, in bytes."""
    if error.errno in _FULL and missing:
        return NoSpace(
            tr(
                "The drive is full: {path} needs {missing} more. Make room there and run it again.",
                path=display(path),
                missing=_megabytes(missing),
            )
        )
    if error.errno in _THIS_FILE_ONLY:
        return ItemError(display(path), "write", reason_of(error))
    return explanation(error, path)


@contextmanager
def _faults(path: bytes, missing: int = 0) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise translated(error, path, missing) from error


def _megabytes(amount: int) -> str:
    return f"{amount / 1e6:,.1f} MB"


class _Partial:
    """A private file that is being written. Whatever goes wrong, it is gone afterwards."""

    def __init__(self, path: bytes, size: int) -> None:
        self.path = path
        self._size = size
        self._written = 0
        self._started = 0
        with _faults(path, size):
            self.fd = os.open(path, _CREATE, 0o666)

    def write(self, chunk: memoryview) -> None:
        with _faults(self.path, max(1, self._size - self._written)):
            while chunk:
                count = os.write(self.fd, chunk)
                self._written += count
                chunk = chunk[count:]
        if self._written - self._started >= pagecache.WINDOW:
            # On dirty pages this starts to write them, so that the flush at the end has little left to wait for.
            pagecache.behind(self.fd, self._started, self._written - self._started)
            self._started = self._written

    def close(self, *, keep: bool) -> None:
        os.close(self.fd)
        if not keep:
            with suppress(OSError):
                os.unlink(self.path)


def stage(
    source: bytes,
    partial: bytes,
    *,
    digests: bool = True,
    from_device: bool = False,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
) -> Reading:
    """Copy `source` into the new file `partial`, digesting the source on the way, with the source's mtime.

    `digests=False` leaves SHA-256 out, `from_device` reads the source past the page cache. The Reading is the
    source's: the caller compares it with what it expects before it goes on. `partial` must not exist (a link there
    is never followed). Raises ItemError("read"), UnstableError, ItemError("write"), NoSpace, DriveUnwritable,
    DriveGone, Cancelled.
    """
    with OpenFile(source) as file:
        target = _Partial(partial, file.stat.size)
        whole = False
        try:
            found = file.read(
                target.write, digests=digests, from_device=from_device, checkpoint=checkpoint, on_bytes=on_bytes
            )
            keep_mtime(partial, found.stat.mtime_ns)
            whole = True
        finally:
            target.close(keep=whole)
    done("staged")
    return found


def take_over(private: bytes, partial: bytes, mtime_ns: int) -> None:
    """Let a private file that was written otherwise (in the same folder) be the staged copy. Raises as `stage` does for
    the target."""
    with _faults(partial):
        renames.no_clobber(private, partial)
    keep_mtime(partial, mtime_ns)
    done("staged")


def keep_mtime(path: bytes, mtime_ns: int) -> None:
    """The same where the file system can hold it: a time that it can't is no reason to have no copy. Raises as `stage`
    does for the target."""
    try:
        set_mtime(path, mtime_ns)
    except OSError as error:
        if error.errno not in _NO_SUCH_TIME:
            raise translated(error, path) from error


def set_mtime(path: bytes, mtime_ns: int) -> None:
    """Set a file's modification time (nanoseconds), links not followed. Raises OSError."""
    os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=os.utime not in os.supports_follow_symlinks)


def flush(partials: Sequence[bytes]) -> None:
    """Write these files to the device. Raises what `stage` raises for the target: then their bytes are not safe."""
    if partials:
        with _faults(partials[0]):
            flushing.flush_files(partials)
    done("flushed")


def read_back(
    partial: bytes,
    expected_blake3: bytes,
    *,
    checkpoint: Checkpoint = never_stops,
    on_bytes: Callable[[int], None] | None = None,
) -> Reading:
    """Read a flushed file from the device and compare. The Reading has only BLAKE3, and the grade of the proof.

    Raises ItemError("copy") when the drive gives back other bytes than were written, ItemError("read").
    """
    found = reading.read_file(
        partial, digests=False, blocks=False, from_device=True, checkpoint=checkpoint, on_bytes=on_bytes
    )
    if found.digests.blake3 != expected_blake3:
        raise ItemError(
            display(partial),
            "copy",
            tr("the drive gave back other bytes than were written: check its cable, connector and health"),
        )
    done("proven")
    return found


def prove(partial: bytes, *, checkpoint: Checkpoint = never_stops) -> Reading:
    """Make a private file durable that another program wrote (a tag editor), and show that the device has it. The
    Reading has all digests. Raises as `flush` and `read_back` do."""
    found = reading.read_file(partial, checkpoint=checkpoint)
    flush([partial])
    read_back(partial, found.digests.blake3, checkpoint=checkpoint)
    return found


def make_folders(path: bytes) -> None:
    """Make a folder and those above it that are missing, each durable in its parent. Raises VaultError kinds, and
    ItemError("write") for a name that the file system can't hold or that is a file."""
    missing: list[bytes] = []
    while not os.path.isdir(path):
        missing.append(path)
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    for folder in reversed(missing):
        with _faults(folder):
            with suppress(FileExistsError):
                os.mkdir(folder)
            if not os.path.isdir(folder):
                raise ItemError(display(folder), "write", tr("a file is in the place of this folder"))
            flushing.sync_folder(os.path.dirname(folder))


def place(partial: bytes, target: bytes) -> None:
    """Give a proven file its name. Not durable before `sync_folder` of both folders. Raises FileExistsError when the
    name is taken, and then nothing has changed; else as `stage` for the target."""
    _move(partial, target)
    done("placed")


def set_aside(path: bytes, aside: bytes) -> None:
    """Move a file to another name on the same volume, never onto another, both folders durable afterwards. The
    folder of `aside` is made where it is missing. Raises FileExistsError, ItemError("write"), VaultError kinds."""
    make_folders(os.path.dirname(aside))
    _move(path, aside)
    sync_folders([aside, path])
    done("set-aside")


def _move(path: bytes, target: bytes) -> None:
    try:
        renames.no_clobber(path, target)
    except FileExistsError:
        raise
    except OSError as error:
        raise translated(error, target) from error


def exchange(one: bytes, other: bytes) -> bool:
    """Swap two files in one step; False, and nothing changed, where the file system can't. Not durable before
    `sync_folders`. Raises as `place` does."""
    with _faults(other):
        swapped = renames.exchange(one, other)
    if swapped:
        done("exchanged")
    return swapped


def sync_folder(folder: bytes) -> None:
    """Make the names in a folder durable. Raises VaultError kinds."""
    with _faults(folder):
        flushing.sync_folder(folder)
    done("synced")


def sync_folders(paths: Sequence[bytes]) -> None:
    """Make the names of these files durable: each folder once, in the order of first mention."""
    for folder in dict.fromkeys(os.path.dirname(path) for path in paths):
        sync_folder(folder)


def write_small(path: bytes, data: bytes) -> None:
    """Write a small file of our own so that the old or the new content is there, whole and durable, whatever
    happens. Replaces what is there. Raises as `stage` for the target, ItemError("copy")."""
    partial = partial_beside(path)
    target = _Partial(partial, len(data))
    written = False
    try:
        target.write(memoryview(data))
        with _faults(partial, len(data)):
            flushing.flush(target.fd)
        written = True
    finally:
        target.close(keep=written)
    try:
        read_back(partial, blake3(data).digest())
        with _faults(path):
            os.replace(partial, path)
    except BaseException:
        remove(partial)
        raise
    sync_folder(os.path.dirname(path))


@contextmanager
def private(partial: bytes) -> Iterator[int]:
    """A new private file, open for writing; it is gone again if the block raises. Raises as `stage` for the target."""
    target = _Partial(partial, 0)
    whole = False
    try:
        with _faults(partial):
            yield target.fd
        whole = True
    finally:
        target.close(keep=whole)


def remove(partial: bytes) -> None:
    """Remove a private file of ours; one that is gone is fine, and so is a drive that can't be written: the next
    run clears up. Refuses (ValueError) any name that isn't a partial's: nothing else is ever deleted here."""
    if not partial.endswith(PARTIAL):
        raise ValueError(f"{display(partial)} is no partial file")
    with suppress(OSError):
        os.unlink(partial)
