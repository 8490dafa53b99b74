"""Are all the frames of an MPEG audio file there, one right behind the other?

Decoders resynchronise without a word, and stop without a word where a file was cut. What is looked at is what `mp3val`
looks at: the frames follow each other, the last is whole, and there are as many as the Xing, Info or VBRI header says.
(Xing: "VBR Headers and LAME Tag", gabriel.mp3-tech.org; VBRI: Fraunhofer IIS.)
"""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.audio.formats import mpeg, wrapping
from musicvault.audio.formats.layout import Source

_WINDOW = 1 << 20
_LONGEST_FRAME = 4096
_OFF_BY = 2
"""Frames. Some encoders count the header's own frame, or one that they never wrote."""
_OFF_BY_BYTES = 4096
_JUNK = 4096
"""Bytes behind the last frame that may be a tag nobody knows any more."""
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")


@dataclass(slots=True)
class Walk:
    """What a walk from frame to frame came by. `frames` without the one that carries statistics; `bytes` of all of
    them; offsets are -1 where there is nothing to tell: `lost_at`, where sound breaks off and goes on later, and
    `cut_at`, where a frame begins that the file doesn't hold to its end."""

    frames: int = 0
    bytes: int = 0
    lost_at: int = -1
    lost: int = 0
    cut_at: int = -1
    cut: int = 0
    behind: int = 0


def broken(source: Source) -> str:
    """What is wrong with the frames of a whole file; empty where nothing is."""
    end = mpeg.sound_end(source)
    found = mpeg.first_frame(source, end)
    if found is None:
        return ""
    start, header = found
    frame = source.read_at(start, 192)
    at = mpeg.statistics_at(frame, header)
    frames, size = _stated(frame, at) if at else (0, 0)
    own = mpeg.frame_length(header) if at else 0
    seen = walk(source, start + own, end, header)
    if seen.cut_at >= 0:
        return f"the last frame, at byte {seen.cut_at}, lacks {seen.cut} bytes"
    if frames > seen.frames + _OFF_BY:
        return f"{frames - seen.frames} of {frames} frames are missing"
    if not frames and size > seen.bytes + own + _OFF_BY_BYTES:
        return f"{size - seen.bytes - own} of {size} bytes of sound are missing"
    if seen.lost_at >= 0:
        return f"{seen.lost} bytes from byte {seen.lost_at} on are no frames"
    if frames and seen.frames >= frames:
        return ""  # all are there, whatever else is behind them
    return f"the last {seen.behind} bytes are no frames" if seen.behind > _JUNK else ""


def _stated(frame: bytes, at: int) -> tuple[int, int]:
    """Frames of sound and bytes that the header in a frame states, 0 where it doesn't."""
    if frame[at : at + 4] == b"VBRI":
        return int.from_bytes(frame[at + 14 : at + 18], "big"), int.from_bytes(frame[at + 10 : at + 14], "big")
    flags, at = frame[at + 7], at + 8
    frames = int.from_bytes(frame[at : at + 4], "big") if flags & 1 else 0
    at += 4 if flags & 1 else 0
    return frames, int.from_bytes(frame[at : at + 4], "big") if flags & 2 else 0


def walk(source: Source, start: int, end: int, first: bytes) -> Walk:
    """Go from frame to frame between two offsets; `first` is the header of a frame of this file."""
    seen, lengths = Walk(), dict[bytes, int]()
    data, base = b"", start
    position = start
    while position + 4 <= end:
        if position + _LONGEST_FRAME > base + len(data) and base + len(data) < end:
            data, base = source.read_at(position, min(_WINDOW, end - position)), position
            if len(data) < 4:
                break
        header = data[position - base : position - base + 4]
        length = lengths.get(header[1:3], 0) if header[0] == 0xFF else 0
        if not length and mpeg.HEADER.match(header) and (header[1] ^ first[1]) & 6 == 0:
            length = lengths[header[1:3]] = mpeg.frame_length(header)
        if length and position + length <= end:
            seen.frames += 1
            seen.bytes += length
            position += length
        elif length and _is_alike(header, first):
            seen.cut_at, seen.cut = position, position + length - end
            return seen
        else:
            following = _next(source, position, end, first)
            if not _is_tag(source, position, following):
                _count(seen, position, following, end)
            position = following
    return seen


def _count(seen: Walk, position: int, following: int, end: int) -> None:
    if following >= end:
        seen.behind += end - position
        return
    seen.lost_at = position if seen.lost_at < 0 else seen.lost_at
    seen.lost += following - position


def _next(source: Source, position: int, end: int, first: bytes) -> int:
    """Where frames go on: the next header like the first that another such header follows."""
    for base in range(position, end, _WINDOW):
        window = source.read_at(base, min(_WINDOW + _LONGEST_FRAME, end - base))
        for match in mpeg.HEADER.finditer(window):
            at = match.start()
            if base + at == position or at >= _WINDOW or not _is_alike(match[0], first):
                continue
            following = at + mpeg.frame_length(match[0])
            behind = window[following : following + 4]
            if mpeg.HEADER.match(behind) and _is_alike(behind, first):
                return base + at
    return end


def _is_alike(header: bytes, first: bytes) -> bool:
    """Whether version, layer and sample rate are the same."""
    return (header[1] ^ first[1]) & 0x1E == 0 and (header[2] ^ first[2]) & 0x0C == 0


def _is_tag(source: Source, start: int, stop: int) -> bool:
    """Whether the bytes between two frames are a tag, as where files were joined."""
    head = source.read_at(start, min(11, stop - start))
    if head.startswith(b"ID3"):
        return start + wrapping.id3v2_size(head) <= stop
    return head.startswith(_TAGS)
