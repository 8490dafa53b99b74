"""What an ID3v2 tag would cost to parse, told from its frames' headers alone.

mutagen copies what is left of the tag for each frame and what is left of a text for each of its values: over a tag
that was built for it, or damaged into it, that takes hours.
"""

from __future__ import annotations

from collections.abc import Callable

_SMALL = 1 << 16
_MOST_COPIED = 1 << 31
_PER_LETTER = 1000
_TEXTS = (b"T", b"COM", b"IPL")
_CHAPTERS = (b"CHAP", b"CTOC")
_DEEPEST = 4


class TooCostly(ValueError):  # noqa: N818  (a finding, not a fault)
    """Somebody built this tag to keep its readers busy, or damage did."""

    def __init__(self) -> None:
        super().__init__("its ID3 tag would take too long to read")


def check(tag: bytes) -> None:
    """Raises TooCostly for a whole tag (from its header on) that would take more than some seconds."""
    if len(tag) < _SMALL:
        return
    from mutagen.id3._frames import Frames
    from mutagen.id3._tags import determine_bpi
    from mutagen.id3._util import BitPaddedInt, unsynch

    version, data = tag[3], tag[10:]
    if version < 4 and tag[5] & 0x80:
        data = unsynch.decode(data)
    number = determine_bpi(data, Frames) if version == 4 else lambda size: BitPaddedInt(size, bits=8)
    if _frames_cost(data, version > 2, number, 0) > _MOST_COPIED:
        raise TooCostly


def is_costly(unpacked: bytes) -> bool:
    """Whether a frame's content that was compressed would be costly, were it a text of many values."""
    return unpacked.count(b"\0") * len(unpacked) // 2 > _MOST_COPIED


def _frames_cost(data: bytes, wide: bool, number: Callable[[bytes], int], depth: int) -> int:
    """Bytes copied over a run of frames; `wide` headers have ten bytes, those of ID3v2.2 six."""
    copied, at, head = 0, 0, 10 if wide else 6
    while at + head <= len(data) and data[at] and copied <= _MOST_COPIED:
        name = data[at : at + 4]
        size = int(number(data[at + 4 : at + 8] if wide else data[at + 3 : at + 6]))
        at += head
        copied += len(data) - at
        stop = min(at + size, len(data))
        if name.startswith(_TEXTS):
            copied += _text_cost(data, at, stop)
        elif name in _CHAPTERS and depth < _DEEPEST:
            inner = _behind_chapter(data, name, at, stop)
            copied += _frames_cost(data[inner:stop], wide, number, depth + 1)
        at += size
    return copied


def _behind_chapter(data: bytes, name: bytes, at: int, stop: int) -> int:
    """Where the frames begin inside of a chapter (a name, four times) or a table of contents (a list of names)."""
    at = data.find(b"\0", at, stop) + 1
    if name == b"CHAP" or not at:
        return at + 16
    count = data[at + 1] if at + 1 < stop else 0
    at += 2
    for _ in range(count):
        at = data.find(b"\0", at, stop) + 1 or stop
    return at


def _text_cost(data: bytes, start: int, stop: int) -> int:
    """Bytes copied over a text frame; its first byte says how it is coded (1 and 2: UTF-16)."""
    half = (stop - start) // 2
    if data[start : start + 1] in (b"\1", b"\2"):
        # These are decoded letter by letter, which takes as long as copying some hundred bytes.
        return (data.count(b"\0\0", start, stop) + _PER_LETTER) * half
    return data.count(b"\0", start, stop) * half
