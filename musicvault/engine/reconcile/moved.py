"""Moving on where a link-and-unlink may have been cut in two."""

from __future__ import annotations

import os
import stat
from functools import partial

from musicvault.engine.steady import steadily
from musicvault.errors import ItemError
from musicvault.storage import durable
from musicvault.storage.reading import read_file
from musicvault.storage.vault.faults import explained


def move(source: bytes, target: bytes) -> None:
    """Move a file, or end a move of it that was cut in two. Raises FileExistsError where something else has the name,
    and VaultError."""
    try:
        durable.place(source, target)
    except FileExistsError:
        if not is_cut_in_two(source, target):
            raise
        with explained(source):
            os.unlink(source)


def is_cut_in_two(source: bytes, target: bytes) -> bool:
    """Whether two names are of one file. Where the file system numbers names, not files (as some do), whether
    the device has the same bytes for both."""
    with explained(source):
        one, other = os.lstat(source), os.lstat(target)
    if os.path.samestat(one, other):
        return True
    if not stat.S_ISREG(one.st_mode) or not stat.S_ISREG(other.st_mode) or one.st_size != other.st_size:
        return False
    try:
        first, second = (
            steadily(partial(read_file, path, digests=False, from_device=True)) for path in (source, target)
        )
    except ItemError:
        return False
    return first.digests.blake3 == second.digests.blake3
