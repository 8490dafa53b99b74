"""The solid part of a wrapper: all bytes outside of the sound that aren't padding or follow from padding.

Where it is equal before and after, and all that was parsed is equal too, a change can only lie in padding.
"""

from __future__ import annotations

from collections.abc import Iterator

from blake3 import blake3

from musicvault.audio.formats import wrapping
from musicvault.audio.formats.layout import Format, Layout, Source
from musicvault.audio.schemes.gathering import guarded

_LARGEST = 1 << 26
_DIGEST_SIZE = 16


def solid(found: Format | None, source: Source) -> bytes | None:
    """16 bytes, or None where the format can't tell padding apart or the wrapper is larger than 64 MiB."""
    if found is None or found.layout is None:
        return None
    plan = found.layout
    layouts: list[Layout | None] = []
    guarded(lambda: layouts.append(plan(source)))
    layout = layouts[0] if layouts else None
    if layout is None or layout.masks is None or source.size - layout.size > _LARGEST:
        return None
    digest = blake3()
    for start, stop in _outside(layout, source):
        digest.update(source.read_at(start, stop - start))
    for piece in _leading_tags(source):
        digest.update(piece)
    return digest.digest(_DIGEST_SIZE)


def _outside(layout: Layout, source: Source) -> Iterator[tuple[int, int]]:
    """Ranges behind leading ID3v2 tags that are neither sound nor masked."""
    position = source.start
    for start, stop in sorted((*layout.spans, *(layout.masks or ()), (source.size, source.size))):
        if start > position:
            yield position, start
        position = max(position, stop)


def _leading_tags(source: Source) -> Iterator[bytes]:
    """Leading ID3v2 tags without the size in their headers and the zeros at their ends."""
    position = 0
    while position < source.start:
        length = wrapping.id3v2_size(source.read_at(position, 10))
        tag = source.read_at(position, length)
        yield tag[:6]
        yield tag[10:].rstrip(b"\0")
        position += length
