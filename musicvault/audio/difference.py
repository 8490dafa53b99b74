"""Which seconds of two files sound otherwise: their coded packets are compared, wherever in the file they lie.

So a tag that grew, and moved all that follows, changes nothing. The work is done in a child with a time limit;
`packets_apart` runs only there.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from musicvault.audio import children

Spans = list[tuple[float, float]]
"""From when to when, in seconds; neighbours are joined."""

_TIMEOUT = 120.0
_GAP = 0.1
"""Seconds: parts that lie nearer to one another are one. They are told in tenths, and would seem to overlap."""


def differing(before: bytes, after: bytes, timeout: float = _TIMEOUT) -> tuple[Spans, Spans] | None:
    """Two lists: the parts of `after` whose coded sound isn't in `before`, and the parts of `before` whose coded sound
    isn't in `after`. None where one can't be demuxed."""
    other = base64.b64encode(os.path.abspath(before)).decode("ascii")
    try:
        answer = children.worker().ask({"do": "differing", "other": other}, after, timeout)
    except children.ChildFailed:
        return None
    if "new" not in answer:
        return None
    return [(one[0], one[1]) for one in answer["new"]], [(one[0], one[1]) for one in answer["gone"]]


def packets_apart(path: bytes, other: str) -> dict[str, Any]:
    """The child's part."""
    new, old = _packets(path), _packets(base64.b64decode(other))
    if not new or not old:
        return {"problem": "no sound in one of them"}
    known, left = {digest for _, _, digest in old}, {digest for _, _, digest in new}
    return {
        "new": _joined([(begins, ends) for begins, ends, digest in new if digest not in known]),
        "gone": _joined([(begins, ends) for begins, ends, digest in old if digest not in left]),
    }


def _packets(path: bytes) -> list[tuple[float, float, bytes]]:
    import av
    from blake3 import blake3

    from musicvault.audio.child import open_input

    found: list[tuple[float, float, bytes]] = []
    clock = 0.0
    with open_input(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return []
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                begins = clock if packet.pts is None else max(0.0, float(packet.pts * packet.time_base))
                clock = begins + float((packet.duration or 0) * packet.time_base)
                found.append((begins, clock, blake3(bytes(packet)).digest(16)))
        except av.FFmpegError:
            pass  # up to there they can be compared
    # A damaged packet may not say how long it is: it lasts until the next one.
    following = [*(begins for begins, _, _ in found[1:]), clock]
    return [
        (begins, ends if ends > begins else max(begins, then), digest)
        for (begins, ends, digest), then in zip(found, following, strict=True)
    ]


def _joined(spans: Spans) -> Spans:
    found: Spans = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1] + _GAP:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found
