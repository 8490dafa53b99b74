"""What a container's own lengths and checksums say about its sound, where decoders are silent.

ffmpeg passes over Ogg pages with a wrong checksum, and minds neither samples that are missing at the end of a WAV nor
frames that are missing in an MP3.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from musicvault.audio import mpeg_frames
from musicvault.audio.formats import mp4, riff
from musicvault.audio.formats.layout import Source

_PIPED = 0x7FFF0000
_PCM_TAGS = (b"\1\0", b"\0\1", b"\3\0", b"\0\3", b"\xfe\xff", b"\xff\xfe")
_WINDOW = 1 << 20
_LARGEST_PAGE = 27 + 255 + 255 * 255
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Judgement:
    """`broken` says what is wrong, empty where nothing is; `settled` that no decoder could add to it."""

    broken: str = ""
    settled: bool = False


def plain_samples(source: Source) -> Judgement:
    """WAV and AIFF: are all the samples there that the header promises? Plain PCM has nothing more to judge."""
    order = riff.order_of(source)
    missing, sound, plain = 0, 0, source.head[8:12] == b"AIFF"
    for chunk, body, end in riff.chunks(source, order):
        if chunk in (b"data", b"SSND"):
            stated = int.from_bytes(source.read_at(body - 4, 4), order)
            sound += end - body
            # Programs that write into a pipe can't know the length: they state the largest.
            missing += stated - (end - body) if end - body < stated < _PIPED else 0
        elif chunk == b"fmt ":
            plain = source.read_at(body, 2) in _PCM_TAGS
    if missing:
        return Judgement(f"{missing} bytes of sound are missing at the end", settled=True)
    return Judgement(settled=plain and sound > 0)


def is_cut(name: str, source: Source) -> bool:
    """Whether a container says itself that the file once was longer."""
    head, start = source.head, source.start
    if name in ("wave", "aiff", "avi"):
        order = riff.order_of(source)
        stated = int.from_bytes(head[4:8], order)
        return source.size - start - 8 < stated < _PIPED
    if name == "dsdiff":
        return int.from_bytes(head[4:12], "big") + 12 > source.size
    if name == "mp4":
        return any(stated > source.size for stated in mp4.stated_ends(source))
    return name == "ogg" and _ends_inside_a_page(source)


def _ends_inside_a_page(source: Source) -> bool:
    base = max(source.start, source.end - _LARGEST_PAGE)
    tail = source.read_at(base, source.end - base)
    at = tail.rfind(b"OggS")
    table = tail[at + 27 : at + 27 + tail[at + 26]] if 0 <= at < len(tail) - 26 else b""
    return at < 0 or not table or at + 27 + len(table) + sum(table) > len(tail)


def ogg_pages(source: Source) -> Judgement:
    """Ogg: does each page's checksum hold, and is the last page whole? (RFC 3533, section 6)"""
    position = source.start
    data, base = b"", 0
    while position < source.end:
        if position - base + _LARGEST_PAGE > len(data):
            data, base = source.read_at(position, min(_WINDOW, source.end - position)), position
        at = position - base
        if data[at : at + 4] != b"OggS":
            found = data.find(b"OggS", at + 1)
            # Junk between pages isn't sound; the pages themselves tell.
            position = base + (found if found >= 0 else max(at + 1, len(data) - 3))
            continue
        body = at + 27 + (data[at + 26] if at + 26 < len(data) else 0)
        end = body + sum(data[at + 27 : body])
        if end > len(data) or body > len(data):
            return Judgement(f"the last page ends after {source.end - position} bytes")
        page = data[at:end]
        if checksum(page[:22] + b"\0\0\0\0" + page[26:]) != int.from_bytes(page[22:26], "little"):
            return Judgement(f"wrong checksum in the page at byte {position}")
        position += end - at
    return Judgement()


def mpeg_stream(source: Source) -> Judgement:
    """MP1 to MP3: do the frames follow each other, and are all there?"""
    return Judgement(mpeg_frames.broken(source))


def checksum(page: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with the bits the other way round and no inversion before and after."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


JUDGES: dict[str, Callable[[Source], Judgement]] = {
    "wave": plain_samples,
    "aiff": plain_samples,
    "ogg": ogg_pages,
    "mpeg": mpeg_stream,
}
"""By the format's name."""
