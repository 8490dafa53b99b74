"""MPEG audio, layers 1 to 3: a bare stream of frames between tags.

The essence begins at the first frame header that another frame follows; a Xing, Info or VBRI frame (statistics, no
sound) is skipped, so that even a remux leaves the essence equal. Headers: ISO 11172-3 2.4.1.3, 13818-3.
"""

from __future__ import annotations

import re

from musicvault.audio.formats import wrapping
from musicvault.audio.formats.layout import LIKELY, NO, Format, Layout, Source, extensions

_WINDOW = 1 << 16
_REACH = 1 << 20
_MOST_CANDIDATES = 4096

_THIRD = b"".join(re.escape(bytes([byte])) for byte in range(0x10, 0xF0) if byte >> 2 & 3 != 3)
HEADER = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _THIRD + rb"][\x00-\xff]", re.DOTALL)
"""A plausible frame header: version, layer, bit rate and sample rate are none of the reserved ones."""

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_V1 = {
    3: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_V2 = {
    3: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def frame_length(header: bytes) -> int:
    """Length in bytes of the frame that a header matched by `HEADER` opens."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate = _RATES[version][header[2] >> 2 & 3]
    bits = (_V1 if version == 3 else _V2)[layer][(header[2] >> 4) - 1] * 1000
    padding = header[2] >> 1 & 1
    if layer == 3:
        return (12 * bits // rate + padding) * 4
    slots = 72 if layer == 1 and version != 3 else 144
    return slots * bits // rate + padding


def layout(source: Source) -> Layout | None:
    end = sound_end(source)
    found = first_frame(source, end)
    if found is None:
        return None
    start, header = found
    length = frame_length(header)
    if statistics_at(source.read_at(start, 192), header):
        start += length
    if start >= end:
        return None
    layer = header[1] >> 1 & 3
    return Layout(f"mp{4 - layer}", ((start, end),), is_bare=True)


def sound_end(source: Source) -> int:
    """Where the tags behind the sound begin, also one of a kind that belongs in front of it."""
    return wrapping.find_unmarked_id3v2(source.read_at, source.start, source.end)


def first_frame(source: Source, end: int) -> tuple[int, bytes] | None:
    """Offset and header of the first frame that another follows before `end`, or of the only one."""
    candidates = 0
    for base in range(source.start, min(end, source.start + _REACH), _WINDOW):
        window = source.read_at(base, min(_WINDOW + 4096, end - base))
        for match in HEADER.finditer(window, 0):
            at = match.start()
            if at >= _WINDOW:
                break
            if _is_followed(source, window, base, at, end):
                return base + at, match[0]
            candidates += 1
            if candidates > _MOST_CANDIDATES:
                return None
    return _lone_frame(source, end)


def _is_followed(source: Source, window: bytes, base: int, at: int, end: int) -> bool:
    following = at + frame_length(window[at : at + 4])
    if base + following + 4 > end:
        return False
    header = window[following : following + 4]
    if len(header) < 4:
        header = source.read_at(base + following, 4)
    same = (header[1] ^ window[at + 1]) & 0x1E == 0 and (header[2] ^ window[at + 2]) & 0x0C == 0
    return same and HEADER.match(header) is not None


def _lone_frame(source: Source, end: int) -> tuple[int, bytes] | None:
    """A file of a single frame: only where the audio begins with it."""
    header = source.head[:4]
    if HEADER.match(header) and source.start + frame_length(header) <= end:
        return source.start, header
    return None


def statistics_at(frame: bytes, header: bytes) -> int:
    """Offset in a frame of the Xing, Info or VBRI header that it carries in the place of sound; 0 where it has none."""
    mono = header[3] >> 6 == 3
    first_version = header[1] >> 3 & 3 == 3
    offset = {(True, True): 21, (True, False): 36, (False, True): 13, (False, False): 21}[first_version, mono]
    if frame[offset : offset + 4] in (b"Xing", b"Info"):
        return offset
    return 36 if frame[36:40] == b"VBRI" else 0


def score(head: bytes) -> int:
    # FF FE also opens every UTF-16 text; as a frame it would be the rare layer 1 with a CRC.
    return LIKELY if HEADER.match(head) and head[:2] != b"\xff\xfe" else NO


FORMAT = Format(
    name="mpeg",
    extensions=extensions("mp3 mp2 mp1 mpa mpga m2a"),
    score=score,
    layout=layout,
)
