"""Locks per library and per vault that die with their process: the kernel drops an flock when its holder ends.

Reading is never locked. The lock file's content only names the holder, for the message.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from musicvault.catalog.faults import full
from musicvault.errors import Locked, VaultError, reason_of
from musicvault.language import tr

if os.name == "nt":  # pragma: no cover  (tested on Linux; msvcrt locks a byte range, which dies with the process too)
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        """Closing it is enough here."""

    def share(descriptor: int) -> None:
        """Byte-range locks aren't shared here: only the first process to open the catalog holds it."""

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        """Closing isn't enough: a child that another thread has just forked holds the file, too, until it runs its
        program."""
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def share(descriptor: int) -> None:
        """Hold a file together with others, until the descriptor is closed."""
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_alone(descriptor: int) -> bool:
    """Whether nobody else holds the file, shared or not; then it is held from now on."""
    return _try_lock(descriptor)


def open_file(catalog_path: Path, name: str) -> int:
    """A descriptor of a lock file, made where it isn't there. Raises OSError."""
    folder = catalog_path.with_name(catalog_path.name + ".locks")
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextmanager
def held(catalog_path: Path, name: str, purpose: str) -> Iterator[None]:
    """Hold the lock `name` ("library-3", "vault-<id>") while the block runs.

    Raises Locked, naming the other process and what it does there, when it is taken; VaultError where none can be made.
    """
    with _explained(catalog_path):
        descriptor = open_file(catalog_path, name)
    try:
        with _explained(catalog_path):
            _take(descriptor, purpose)
        try:
            yield
        finally:
            _release(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(catalog_path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full(catalog_path) from error
        raise VaultError(
            tr("No lock can be made beside the catalog {path}: {cause}.", path=catalog_path, cause=reason_of(error))
        ) from error


def _take(descriptor: int, purpose: str) -> None:
    if not _try_lock(descriptor):
        holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or tr("another process")
        raise Locked(tr("{holder} is at work there. Try again when it is done.", holder=holder))
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, tr("MusicVault process {pid} ({purpose})", pid=os.getpid(), purpose=purpose).encode(), 0)


@contextmanager
def waiting(catalog_path: Path, name: str) -> Iterator[None]:
    """Hold a lock that others keep for a moment only. Raises Locked where that takes longer than a minute."""
    for attempt in range(600):
        with ExitStack() as stack:
            try:
                stack.enter_context(held(catalog_path, name, name))
            except Locked:
                if attempt == 599:
                    raise
                time.sleep(0.1)
                continue
            yield
            return


def is_held(catalog_path: Path, name: str) -> bool:
    """Whether some process holds the lock right now."""
    path = catalog_path.with_name(catalog_path.name + ".locks") / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        if not _try_lock(descriptor):
            return True
        _release(descriptor)
        return False
    finally:
        os.close(descriptor)
