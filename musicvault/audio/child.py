"""The other end of `children.Worker`: reads questions as JSON lines, answers each with one line.

Runs as `python -m musicvault.audio.child` and ends with its standard input. Only here is PyAV loaded.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from typing import Any

_MOST_MEMORY = 4 << 30
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,iff,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,"
    "mpc,mpc8,mpeg,mpegts,ogg,rm,shn,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
"""Demuxers that may be used. Playlists are left out: they open other files and addresses."""

SAFE = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}


def open_input(path: bytes, **options: str) -> Any:
    """A PyAV container. Names that aren't UTF-8 go through a file object, since PyAV takes only text."""
    try:
        name: Any = path.decode("utf-8")
    except UnicodeDecodeError:
        name = open(path, "rb")  # noqa: SIM115  (lives as long as the container)
    return open_file(name, **options)


def open_file(name: Any, **options: str) -> Any:
    """The same of a file object, or of a name that is text."""
    import av

    av.logging.set_level(None)  # ffmpeg's own words would fill the pipe of whoever started us
    return av.open(name, options={**SAFE, **options}, metadata_errors="replace")


def describe(path: bytes) -> dict[str, Any]:
    """What the container says of itself and of its first audio stream."""
    with open_input(path) as container:
        stream = next(iter(container.streams.audio), None)
        metadata = dict(container.metadata)
        if stream is not None:
            metadata = {**stream.metadata, **metadata}
        codec = stream.codec_context if stream is not None else None
        length = container.duration / 1_000_000 if container.duration else 0.0
        return {
            "container": container.format.name,
            "codec": codec.name if codec is not None else "",
            "duration": max(0.0, length),
            "sample_rate": (codec.sample_rate or 0) if codec is not None else 0,
            "channels": codec.layout.nb_channels if codec is not None else 0,
            "bits": (codec.format.bits if codec.format else 0) if codec is not None else 0,
            "bitrate": (stream.bit_rate or container.bit_rate or 0) if stream is not None else 0,
            "metadata": [(key.casefold(), value) for key, value in metadata.items()],
            "chapters": [_chapter(chapter) for chapter in container.chapters()],
        }


def _chapter(chapter: Any) -> str:
    start = float(chapter["start"] * chapter["time_base"])
    return f"{start:.3f} {chapter['metadata'].get('title', '')}"


def _deeds() -> dict[str, Callable[..., dict[str, Any]]]:
    from musicvault.audio import difference, strict_decode, timing

    return {
        "describe": describe,
        "decode": strict_decode.decode,
        "decoder": strict_decode.decoder,
        "differing": difference.packets_apart,
        "times": timing.times,
    }


def main() -> None:
    """Answer until the other end closes."""
    _limit()
    deeds = _deeds()
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        question = json.loads(line)
        path = base64.b64decode(question.pop("path"))
        try:
            answer = deeds[question.pop("do")](path, **question)
        except Exception as error:
            answer = {"problem": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits; the time limit stands
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


if __name__ == "__main__":
    main()
