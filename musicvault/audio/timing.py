"""Which part of the sound a range of bytes is: the packets of the container know where they lie and when they sound.

The file may be damaged at just that place, so what counts are the packets before and behind it. The work is done in a
child with a time limit; `times` runs only there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from musicvault.audio import children

Span = tuple[float, float]
"""From when to when, in seconds."""

_TIMEOUT = 60.0
_COUNTED = frozenset(("mp3", "aac", "ac3", "eac3", "dts", "mpc", "mpc8", "truehd"))
"""Demuxers that count packets for lack of times in the file: what is damaged beyond recognition isn't counted."""


def spans(path: bytes, ranges: Sequence[tuple[int, int]], timeout: float = _TIMEOUT) -> list[Span | None] | None:
    """For each range of bytes (the end exclusive) when it sounds, None for one before all sound. What lies behind the
    last packet ends at infinity: the file may be cut off there. None for all where it can't be demuxed."""
    try:
        answer = children.worker().ask({"do": "times", "ranges": [list(one) for one in ranges]}, path, timeout)
    except children.ChildFailed:
        return None
    if "spans" not in answer:
        return None
    return [
        None if one is None else (float(one[0]), float("inf") if one[1] is None else one[1]) for one in answer["spans"]
    ]


_HUGE = 4
"""A packet so many times the usual size is none: between it and the next the signs of a beginning are destroyed."""


class _Packet(NamedTuple):
    start: int
    end: int
    begins: float
    ends: float


def times(path: bytes, ranges: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The child's part."""
    from musicvault.audio.child import open_file
    from musicvault.audio.holes import AroundHoles

    with AroundHoles(path) as file, open_file(file) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return {"problem": "no audio stream in it"}
        packets = _packets(container, stream)
        if container.format.name in _COUNTED:
            packets = _with_gaps(packets)
    if not packets:
        return {"problem": "no packets in it"}
    return {"spans": [_span(packets, *one) for one in ranges]}


def _packets(container: Any, stream: Any) -> list[_Packet]:
    """In the order of the file; those that share a place (a page) are one. Behind a gap Ogg's first page is said to
    begin where the gap does, for a page tells its end alone: it is as long as its packets together."""
    import av

    found: dict[int, _Packet] = {}
    lengths: dict[int, float] = {}
    try:
        for packet in container.demux(stream):
            if packet.pts is None or packet.pos is None or packet.pos < 0:
                continue
            begins = max(0.0, float(packet.pts * packet.time_base))
            length = float((packet.duration or 0) * packet.time_base)
            one = _Packet(packet.pos, packet.pos + packet.size, begins, begins + length)
            lengths[packet.pos] = lengths.get(packet.pos, 0.0) + length
            before = found.get(packet.pos)
            if before is not None:
                one = _Packet(
                    before.start, before.end + packet.size, min(before.begins, begins), max(before.ends, one.ends)
                )
            found[packet.pos] = one
    except av.FFmpegError:
        pass  # up to there it is known
    if container.format.name != "ogg":
        return [found[place] for place in sorted(found)]
    return [
        found[place]._replace(begins=max(found[place].begins, found[place].ends - lengths[place]))
        for place in sorted(found)
    ]


def _with_gaps(packets: Sequence[_Packet]) -> list[_Packet]:
    """Count what was skipped between packets, or was taken for one huge packet, as many as fit by the usual size."""
    if not packets:
        return []
    usual = max(1.0, median(one.end - one.start for one in packets))
    length = median(one.ends - one.begins for one in packets)
    shift, end = 0.0, packets[0].start
    moved = []
    for one in packets:
        shift += round(max(0, one.start - end) / usual) * length
        size = one.end - one.start
        hidden = (round(size / usual) - 1) * length if size > _HUGE * usual else 0.0
        moved.append(_Packet(one.start, one.end, one.begins + shift, one.ends + shift + hidden))
        shift += hidden
        end = one.end
    return moved


def _span(packets: Sequence[_Packet], start: int, end: int) -> tuple[float, float | None] | None:
    starts = [one.start for one in packets]
    if end <= starts[0]:
        return None
    before = packets[max(0, bisect_right(starts, start) - 1)]
    begins = before.ends if before.end <= start else before.begins  # it may be whole
    behind = bisect_left(starts, end)
    if behind == len(packets):
        last = packets[-1]
        return (last.ends, None) if start >= last.end else (begins, None if end > last.end else last.ends)
    return begins, max(begins, packets[behind].begins)
