"""Tags that any file may be wrapped in: ID3v2 in front; ID3v1, Lyrics3, APE and ID3v2 behind.

Sources: id3.org (ID3v1, ID3v2.2 to 2.4, Lyrics3 v1 and v2), the APEv2 specification (Hydrogenaudio wiki).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]

_MOST_TAGS = 16  # a chain longer than this is made, not grown
_ID3V2 = b"ID3"
_TAIL = 512
_LYRICS3V1_REACH = 5100 + 20


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag's kind ("id3v2", "id3v1", "ape", "lyrics3") and half-open byte range."""

    kind: str
    start: int
    stop: int


def id3v2_size(header: bytes) -> int:
    """Whole size in bytes of the ID3v2 tag that these ten bytes open, 0 where they open none."""
    if len(header) < 10 or header[:3] != _ID3V2 or header[3] == 0xFF or header[4] == 0xFF:
        return 0
    size = 0
    for byte in header[6:10]:
        size = size << 7 | byte & 0x7F
    return size + (20 if header[3] >= 4 and header[5] & 0x10 else 10)


def skip_leading(read_at: ReadAt, size: int) -> int:
    """Where leading ID3v2 tags end. A tag that claims more than the file holds is not believed."""
    position = 0
    for _ in range(_MOST_TAGS):
        length = id3v2_size(read_at(position, 10))
        if not length or position + length > size:
            break
        position += length
    return position


def find_trailing(read_at: ReadAt, start: int, size: int) -> tuple[Tag, ...]:
    """Tags behind the audio, the last in the file first."""
    found: list[Tag] = []
    end = size
    base = max(start, size - _TAIL)
    tail = read_at(base, size - base)
    for _ in range(_MOST_TAGS):
        if end - base < 227 + 128 and base > start:
            base = max(start, end - _TAIL)
            tail = read_at(base, end - base)
        tag = _last_tag(read_at, tail[: end - base], start, end)
        if tag is None:
            break
        found.append(tag)
        end = tag.start
    return tuple(found)


def _last_tag(read_at: ReadAt, tail: bytes, start: int, end: int) -> Tag | None:
    if tail[-128:-125] == b"TAG" and len(tail) >= 128 and not _is_ape_footer(tail[-32:]):
        extended = len(tail) >= 355 and tail[-355:-351] == b"TAG+"
        return Tag("id3v1", end - (355 if extended else 128), end)
    if _is_ape_footer(tail[-32:]):
        return _ape(read_at, tail[-32:], start, end)
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        begin = end - 15 - int(tail[-15:-9])
        if begin >= start and read_at(begin, 11) == b"LYRICSBEGIN":
            return Tag("lyrics3", begin, end)
    if tail[-9:] == b"LYRICSEND":
        base = max(start, end - _LYRICS3V1_REACH)
        at = read_at(base, end - base).rfind(b"LYRICSBEGIN")
        if at >= 0:
            return Tag("lyrics3", base + at, end)
    if tail[-10:-7] == b"3DI" and len(tail) >= 20:
        begin = end - id3v2_size(_ID3V2 + tail[-7:])
        if start <= begin < end and read_at(begin, 3) == _ID3V2:
            return Tag("id3v2", begin, end)
    return None


def _is_ape_footer(footer: bytes) -> bool:
    # Bit 29 of the flags marks a header: that one stands before the items, not behind them.
    return len(footer) == 32 and footer[:8] == b"APETAGEX" and not footer[23] & 0x20


def _ape(read_at: ReadAt, footer: bytes, start: int, end: int) -> Tag | None:
    size = int.from_bytes(footer[12:16], "little")  # items and footer
    begin = end - size
    if size < 32 or begin < start:
        return None
    # The flag that promises a header isn't always kept (APEv1, careless writers): look for it.
    if begin - 32 >= start and read_at(begin - 32, 8) == b"APETAGEX":
        begin -= 32
    return Tag("ape", begin, end)


def find_unmarked_id3v2(read_at: ReadAt, start: int, end: int, reach: int = 32768) -> int:
    """Some players append an ID3v2 tag without a footer: where it begins, if it ends exactly at `end`, else `end`."""
    base = max(start, end - reach)
    tail = read_at(base, end - base)
    at = tail.rfind(_ID3V2)
    for _ in range(_MOST_TAGS):
        if at < 0:
            break
        if at + id3v2_size(tail[at : at + 10]) == len(tail):
            return base + at
        at = tail.rfind(_ID3V2, 0, at)
    return end
