"""The solid part of a wrapper: all that it says outside of the sound and isn't padding or follows from padding.

Where it is equal before and after, and all that was parsed is equal too, a change can only lie in padding.
"""

from __future__ import annotations

from collections.abc import Iterator

from blake3 import blake3

from musicvault.audio import unpadded
from musicvault.audio.formats import wrapping
from musicvault.audio.formats.layout import Format, Layout, Source
from musicvault.audio.schemes.gathering import guarded

_LARGEST = 1 << 26
_DIGEST_SIZE = 16


def solid(found: Format | None, source: Source) -> bytes | None:
    """16 bytes, or None where the format can't tell padding apart or the wrapper is larger than 64 MiB."""
    if found is None:
        return None
    digests: list[bytes] = []
    guarded(lambda: digests.extend(_digest(found, source)))
    return digests[0] if digests else None


def _digest(found: Format, source: Source) -> Iterator[bytes]:
    """One digest or none; raises what parsers raise over hostile bytes."""
    layout = found.layout(source) if found.layout is not None else None
    if layout is not None and source.size - layout.size > _LARGEST:
        return
    pieces = unpadded.PIECES.get(found.name)
    if pieces is not None:
        own = pieces(source)
    elif layout is not None and layout.is_bare:
        own = (source.read_at(start, stop - start) for start, stop in _outside(layout, source))
    else:
        return
    digest, left = blake3(), _LARGEST
    for piece in _joined(_leading_tags(source), own):
        digest.update(len(piece).to_bytes(8, "big") + piece)
        left -= len(piece)
        if left < 0:
            return
    yield digest.digest(_DIGEST_SIZE)


def _joined(*parts: Iterator[bytes]) -> Iterator[bytes]:
    for part in parts:
        yield from part


def _outside(layout: Layout, source: Source) -> Iterator[tuple[int, int]]:
    """Ranges behind leading ID3v2 tags that aren't sound."""
    position = source.start
    for start, stop in (*layout.spans, (source.size, source.size)):
        if start > position:
            yield position, start
        position = max(position, stop)


def _leading_tags(source: Source) -> Iterator[bytes]:
    """Leading ID3v2 tags without their sizes and the zeros at their ends."""
    position = 0
    while position < source.start:
        length = wrapping.id3v2_size(source.read_at(position, 10))
        yield from unpadded.id3(source.read_at(position, length))
        position += length
