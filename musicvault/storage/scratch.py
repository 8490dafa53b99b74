"""Private folders for work that is thrown away: removed at the end, and after a kill by the next that is made there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from musicvault.storage.vault.lockfile import try_system_lock


@contextmanager
def scratch_folder(beside: bytes, prefix: bytes) -> Iterator[bytes]:
    """A new folder in `beside` while the block runs. Those of the same prefix whose makers are gone go first. That it
    can't be removed in the end is no reason to have done nothing. Raises OSError where it can't be made."""
    remove_leftovers(beside, prefix)
    folder = tempfile.mkdtemp(prefix=os.fsdecode(prefix), dir=os.fsdecode(beside))
    try:
        with claimed(os.fsencode(folder)):
            yield os.fsencode(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(beside: bytes, prefix: bytes) -> None:
    """Remove the folders of this prefix in `beside` whose makers are gone. Raises OSError where `beside` can't be
    listed."""
    for name in os.listdir(beside):
        leftover = os.path.join(beside, name)
        if name.startswith(prefix) and os.path.isdir(leftover) and not os.path.islink(leftover):
            with claimed(leftover) as ours:
                if ours:
                    shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def claimed(folder: bytes) -> Iterator[bool]:
    """The system's lock on a folder while the block runs; yields False where another process has it. Where folders
    can't be locked it yields True: what another has open can't be removed there."""
    if not hasattr(os, "O_DIRECTORY"):
        yield True
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield try_system_lock(handle)
    finally:
        os.close(handle)
