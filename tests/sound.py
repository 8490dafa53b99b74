"""Real audio for tests, made here: a few seconds of seeded tones, coded by PyAV into real containers."""

from __future__ import annotations

import math
import random
import struct
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import av

RATE = 44100
_CODECS = {
    ".flac": ("flac", "s16"),
    ".mp3": ("libmp3lame", "s16p"),
    ".ogg": ("libopus", "s16"),
    ".opus": ("libopus", "s16"),
    ".m4a": ("aac", "fltp"),
    ".wav": ("pcm_s16le", "s16"),
    ".wv": ("wavpack", "s16p"),
    ".aiff": ("pcm_s16be", "s16"),
}


def make(path: Path, *, seconds: float = 1.0, seed: int = 1, **tags: str) -> Path:
    """Write a stereo piece of `seconds` to `path`; the extension chooses the codec, `seed` the sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_made(path.suffix, seconds, seed, tuple(tags.items())))
    return path


@lru_cache(maxsize=256)  # the same few pieces are asked for by one test after the other
def _made(suffix: str, seconds: float, seed: int, tags: tuple[tuple[str, str], ...]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"piece{suffix}"
        _code(path, seconds, seed)
        if tags:
            retag(path, **dict(tags))
        return path.read_bytes()


def _code(path: Path, seconds: float, seed: int) -> None:
    codec, sample_format = _CODECS[path.suffix]
    with av.open(str(path), "w") as container:
        rate = 48000 if codec == "libopus" else RATE
        stream: Any = container.add_stream(codec, rate=rate, layout="stereo", format=sample_format)
        resampler = av.AudioResampler(format=sample_format, layout="stereo", rate=rate, frame_size=_frame_size(stream))
        frame = av.AudioFrame(format="s16", layout="stereo", samples=int(seconds * RATE))
        frame.sample_rate = RATE
        frame.planes[0].update(_samples(seconds, seed))
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            for packet in stream.encode(piece):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def _frame_size(stream: av.AudioStream) -> int:
    stream.codec_context.open(strict=False)
    return int(stream.codec_context.frame_size or 0)


@lru_cache(maxsize=128)
def _samples(seconds: float, seed: int) -> bytes:
    """Four notes and a little noise: left and, turned around, right."""
    chance = random.Random(seed)
    a, b, c, d = (2 * math.pi * chance.uniform(110, 1760) for _ in range(4))
    sin, noise = math.sin, chance.random  # this loop is what takes the time
    left = [
        int(
            32767
            * (
                (sin(a * n / RATE) + sin(b * n / RATE) + sin(c * n / RATE) + sin(d * n / RATE)) / 5
                + (0.04 * noise() - 0.02)
            )
        )
        for n in range(int(seconds * RATE))
    ]
    return struct.pack(f"<{2 * len(left)}h", *(sample for one in left for sample in (one, -one)))


def retag(path: Path, **tags: str) -> None:
    """Set tags as another program would: mutagen, in place."""
    import mutagen

    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    for name, value in tags.items():
        file[name] = value
    file.save()
