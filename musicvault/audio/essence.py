"""The essence: the digest of the coded audio, taken in the same read as the whole file."""

from __future__ import annotations

from blake3 import blake3

from musicvault.audio.formats import recognise
from musicvault.audio.formats.layout import EssenceReader, Layout, ReadAt, Source
from musicvault.domain.values import Essence


class SpanReader:
    """Digests the byte ranges of a layout out of consecutive chunks."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._spans = iter(layout.spans)
        self._start, self._stop = next(self._spans, (0, 0))
        self._position = 0
        self._left = layout.size
        self._digest = blake3(layout.prefix)

    def feed(self, chunk: memoryview) -> None:
        base = self._position
        self._position = end = base + len(chunk)
        while self._left and self._start < end:
            piece = chunk[max(0, self._start - base) : self._stop - base]
            self._digest.update(piece)
            self._left -= len(piece)
            if self._stop > end:
                self._start = end
                return
            self._start, self._stop = next(self._spans, (end, end))

    def finish(self) -> Essence | None:
        """None where the file was shorter than it said."""
        if self._left:
            return None
        return Essence(self._layout.kind, self._digest.digest(), self._layout.size)


class NoEssence:
    """Stands in for files that can't be parsed as audio."""

    def feed(self, chunk: memoryview) -> None:
        """Nothing to digest."""

    def finish(self) -> Essence | None:
        return None


def begin(read_at: ReadAt, size: int, name: bytes) -> EssenceReader:
    """A reader to be fed the whole file from offset 0 in chunks of any size.

    `read_at(offset, length)` does short reads, mostly of head and tail; they may fail as reads do, and that
    error passes through. Content decides the format, the extension of `name` only breaks ties.
    """
    source = Source(read_at, size, name)
    found = recognise(source)
    if found is None:
        return NoEssence()
    if found.reader is not None:
        return found.reader()
    layout = found.layout(source) if found.layout is not None else None
    # Parameters of a coding with no samples behind them are a sound of no length: such a file can be tagged as well.
    return SpanReader(layout) if layout is not None and (layout.size or layout.prefix) else NoEssence()
