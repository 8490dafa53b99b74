"""Locks per library and per vault that die with their process: the kernel drops an flock when its holder ends.

Reading is never locked. The lock file's content only names the holder, for the message.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from musicvault.errors import Locked
from musicvault.language import tr

if os.name == "nt":  # pragma: no cover  (tested on Linux; msvcrt locks a byte range, which dies with the process too)
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextmanager
def held(catalog_path: Path, name: str, purpose: str) -> Iterator[None]:
    """Hold the lock `name` ("library-3", "vault-<id>") while the block runs.

    Raises Locked, naming the other process and what it does there, when it is taken.
    """
    folder = catalog_path.with_name(catalog_path.name + ".locks")
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _try_lock(descriptor):
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or tr("another process")
            raise Locked(tr("{holder} is at work there. Try again when it is done.", holder=holder))
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, tr("MusicVault process {pid} ({purpose})", pid=os.getpid(), purpose=purpose).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(catalog_path: Path, name: str) -> bool:
    """Whether some process holds the lock right now."""
    path = catalog_path.with_name(catalog_path.name + ".locks") / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)
