"""Names for files that are handed out to a file system which can't hold their own: FAT, exFAT and Windows refuse some
characters, and what is short enough for one file system is too long for another.

What refuses a name is the driver, so it is asked, in an empty folder of its own.
"""

from __future__ import annotations

import os
from contextlib import suppress

from musicvault.domain.paths import RelPath, join
from musicvault.storage import names
from musicvault.storage.delivery import aside_of
from musicvault.storage.vault.faults import explained

_TRIED = b"names that fit"


def fitting(root: bytes, path: RelPath) -> RelPath:
    """`path` with the safe form (`storage.names`) of each name in it that the file system of the folder `root` refuses.
    Raises VaultError where nothing can be tried there."""
    return b"/".join(_fitting(root, name) for name in path.split(b"/"))


def _fitting(root: bytes, name: bytes) -> bytes:
    plain = names.safe(name).path
    return name if plain == name or _holds(root, name) else plain


def _holds(root: bytes, name: bytes) -> bool:
    empty = aside_of(join(root, _TRIED))
    with explained(root), suppress(FileExistsError):
        os.mkdir(empty, 0o700)
    tried = join(empty, name)
    try:
        os.mkdir(tried)
        return name in os.listdir(empty)  # a trailing dot or blank is dropped in silence by some
    except FileExistsError:
        return True
    except OSError:
        return False
    finally:
        for folder in (tried, empty):
            with suppress(OSError):
                os.rmdir(folder)
