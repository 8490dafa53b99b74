"""Matroska and WebM (RFC 9559): the payloads of the blocks of all audio tracks, in file order.

Clusters, cues and tags are cut anew by every remux; the frames in the blocks are not. A streaming parser of EBML
elements (RFC 8794): it looks into containers, keeps track entries and blocks, passes over the rest.
"""

from __future__ import annotations

from collections.abc import Generator

from blake3 import blake3

from musicvault.audio.formats.layout import Format, extensions, magic
from musicvault.domain.values import Essence

_SEGMENT, _CLUSTER, _TRACKS, _TRACK_ENTRY = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE
_TRACK_NUMBER, _TRACK_TYPE, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xD7, 0x83, 0xA3, 0xA0, 0xA1
_CONTAINERS = frozenset((_SEGMENT, _CLUSTER, _TRACKS, _BLOCK_GROUP))
_AUDIO = 2
_SMALL = 1 << 16
_MOST_BLOCK = 1 << 24
_ALWAYS, _BYTES_PER_ELEMENT = 10_000, 16
"""More elements than these for the bytes passed so far are somebody's joke: the file isn't parsed on."""

Step = tuple[str, int]
"""What the parser wants next: ("take", bytes) or ("skip", bytes)."""


class MatroskaReader:
    """Runs the parser as a generator and serves its wishes from the chunks that come in."""

    def __init__(self) -> None:
        self._digest = blake3()
        self._tracks: set[int] = set()
        self._size = 0
        self._passed = 0
        self._carry = b""
        self._skip = 0
        self._parser: Generator[Step, bytes, None] | None = self._parse()
        self._want = self._advance(None)

    def feed(self, chunk: memoryview) -> None:
        if self._parser is None:
            return
        if self._skip >= len(chunk):
            self._skip -= len(chunk)
            return
        data = self._carry + bytes(chunk[self._skip :])
        self._skip = 0
        at = 0
        while self._parser is not None:
            if len(data) - at < self._want:
                self._carry = data[at:]
                return
            piece = data[at : at + self._want]
            at += self._want
            self._want = self._advance(piece)
            if self._skip:
                passed = min(self._skip, len(data) - at)
                at += passed
                self._skip -= passed
        self._carry = b""

    def _advance(self, answer: bytes | None) -> int:
        """Send an answer; returns the size of the next take. Skips on the way are added up."""
        parser = self._parser
        if parser is None:
            return 0
        try:
            wish, amount = next(parser) if answer is None else parser.send(answer)
            while wish == "skip":
                self._skip += amount
                self._passed += amount
                wish, amount = next(parser)
        except StopIteration:
            self._parser = None
            return 0
        self._passed += amount
        return amount

    def _parse(self) -> Generator[Step, bytes, None]:
        elements = 0
        while elements < _ALWAYS + self._passed // _BYTES_PER_ELEMENT:
            elements += 1
            name = yield from _identifier()
            size = yield from _length()
            if name in _CONTAINERS:
                continue
            if size is None:
                return
            if name == _TRACK_ENTRY and size <= _SMALL:
                self._track_entry((yield "take", size) if size else b"")
            elif name in (_SIMPLE_BLOCK, _BLOCK) and 4 <= size <= _MOST_BLOCK:
                self._block((yield "take", size))
            else:
                yield "skip", size

    def _track_entry(self, body: bytes) -> None:
        found = dict(_elements(body))
        number, kind = found.get(_TRACK_NUMBER, b""), found.get(_TRACK_TYPE, b"")
        if int.from_bytes(kind, "big") == _AUDIO and len(number) <= 8:
            self._tracks.add(int.from_bytes(number, "big"))

    def _block(self, body: bytes) -> None:
        width = 9 - body[0].bit_length()
        track = int.from_bytes(body[:width], "big") & ((1 << 7 * width) - 1)
        if width <= 8 and track in self._tracks:
            # Behind the track number: two bytes of time, relative to a cluster, and one of flags.
            payload = body[width + 3 :]
            self._digest.update(payload)
            self._size += len(payload)

    def finish(self) -> Essence | None:
        return Essence("matroska", self._digest.digest(), self._size) if self._size else None


def _identifier() -> Generator[Step, bytes, int]:
    first = yield "take", 1
    width = 9 - first[0].bit_length()
    if width > 4:
        return 0
    rest = (yield "take", width - 1) if width > 1 else b""
    return int.from_bytes(first + rest, "big")


def _length() -> Generator[Step, bytes, int | None]:
    """The element's size in bytes; None where it is unknown (live streams)."""
    first = yield "take", 1
    width = 9 - first[0].bit_length()
    if width > 8:
        return None
    rest = (yield "take", width - 1) if width > 1 else b""
    mask = (1 << 7 * width) - 1
    value = int.from_bytes(first + rest, "big") & mask
    return None if value == mask else value


def _elements(body: bytes) -> list[tuple[int, bytes]]:
    """The elements of a small container, the first of each name winning in a dict built from it."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(body):
        width = 9 - body[at].bit_length()
        name = int.from_bytes(body[at : at + width], "big")
        at += width
        if width > 4 or at >= len(body):
            break
        width = 9 - body[at].bit_length()
        if width > 8:
            break
        size = int.from_bytes(body[at : at + width], "big") & ((1 << 7 * width) - 1)
        at += width
        found.append((name, body[at : at + size]))
        at += size
    return found


FORMAT = Format("matroska", extensions("mka mkv webm weba"), magic(b"\x1a\x45\xdf\xa3"), reader=MatroskaReader)
