"""Reading files that were written a moment ago."""

from __future__ import annotations

from collections.abc import Callable

from musicvault.errors import UnstableError
from musicvault.storage.reading import Reading


def steadily(read: Callable[[], Reading]) -> Reading:
    """Read again where the times of the file moved: in user space and on a network, some file systems tell of a write
    that is over only when the file is next looked at. Raises what `read` does."""
    try:
        return read()
    except UnstableError:
        return read()
