"""A container's own metadata, through PyAV's demuxers: for what the tag library doesn't read (Matroska, CAF, AVI …).

Demuxers are large and written in C: they run in a worker child, so that a hostile file can't take the program along.
"""

from __future__ import annotations

from typing import Any

from musicvault.audio import children
from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered
from musicvault.domain.values import Stream

_TIMEOUT = 20.0
_LOOKUP = names.lookup("vorbis") | {"track": ("track", 0), "disc": ("disc", 0), "part_number": ("track", 1)}
_LOSSLESS = frozenset(["flac", "alac", "ape", "wavpack", "tta", "tak", "truehd", "mlp", "shorten", "wmalossless"])


def fill_in(path: bytes, stream: Stream, gathered: Gathered) -> Stream:
    """Add what the container says to `gathered`; gives the stream as the container describes it, or
    the one passed in where the file can't be demuxed."""
    try:
        answer = children.worker().ask({"do": "describe"}, path, _TIMEOUT)
    except children.ChildFailed:
        return stream
    if answer.get("problem"):
        return stream
    _fields(answer, gathered)
    if stream.codec:
        return stream
    codec = str(answer["codec"])
    return Stream(
        container=stream.container or str(answer["container"]),
        codec=codec,
        duration=float(answer["duration"]),
        sample_rate=int(answer["sample_rate"]),
        channels=int(answer["channels"]),
        bits=int(answer["bits"]),
        bitrate=int(answer["bitrate"]),
        lossless=codec in _LOSSLESS or codec.startswith(("pcm_", "dsd_")) if codec else None,
    )


def _fields(answer: dict[str, Any], gathered: Gathered) -> None:
    gathered.add_keyed(((key, (value,)) for key, value in answer["metadata"]), _LOOKUP)
    for chapter in answer["chapters"]:
        gathered.add_raw("chapter", chapter)
