"""Where a file has padding that can hold nothing but zeros: in FLAC (RFC 9639, section 8.3). Zeros there are right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from musicvault.audio.formats import flac
from musicvault.audio.formats.layout import Source
from musicvault.audio.schemes.gathering import guarded


def zeros(source: Source) -> list[tuple[int, int]]:
    """Ranges of bytes, the end exclusive; none where the file can't be understood, or is of another format."""
    found: list[tuple[int, int]] = []
    guarded(lambda: found.extend(_flac(source)))
    return found


def _flac(source: Source) -> Iterator[tuple[int, int]]:
    walked = flac.blocks(source)
    if walked is not None:
        for start, stop in pairwise([*walked[1], walked[0]]):
            if source.read_at(start, 1)[0] & 0x7F == flac.PADDING:
                yield start + 4, stop
