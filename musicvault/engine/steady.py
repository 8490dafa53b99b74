"""Reading files that were written a moment ago, and drives that failed to answer once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from musicvault.errors import ItemError, UnstableError
from musicvault.storage.reading import Reading

_T = TypeVar("_T")


def steadily(read: Callable[[], Reading]) -> Reading:
    """Read again where the times of the file moved: in user space and on a network, some file systems tell of a write
    that is over only when the file is next looked at. Raises what `read` does."""
    try:
        return read()
    except UnstableError:
        return read()


def insistently(read: Callable[[], _T]) -> _T:
    """Read again where a read failed: one error is no word on what a drive holds. Raises what the second read does."""
    try:
        return read()
    except ItemError:
        return read()
