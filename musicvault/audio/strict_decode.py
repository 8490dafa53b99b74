"""A strict decode of a whole file with PyAV, and FLAC's own MD5 over the samples. Runs only inside a worker child."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

_STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}


def decode(path: bytes) -> dict[str, Any]:
    """Whether every packet of the first audio stream decodes; for FLAC also whether the samples match STREAMINFO."""
    import av

    answer = decoder(path)
    with _opened(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return {**answer, "outcome": "unknown", "detail": "no audio stream in it"}
        stream.codec_context.options = _STRICT
        expected = _streaminfo_md5(stream) if stream.codec_context.name == "flac" else b""
        digest, frames = hashlib.md5(usedforsecurity=False), 0
        try:
            for frame in container.decode(stream):
                frames += 1
                if expected:
                    digest.update(_samples(frame, stream.codec_context))
        except av.FFmpegError as error:
            return {**answer, "outcome": "broken", "detail": f"after {frames} frames: {error.strerror or error}"}
    if not frames:
        return {**answer, "outcome": "unknown", "detail": "no sound in it"}
    if expected and digest.digest() != expected:
        return {**answer, "outcome": "broken", "detail": "the samples don't match the MD5 in STREAMINFO"}
    return {**answer, "outcome": "clean", "detail": f"{frames} frames"}


def decoder(_: bytes) -> dict[str, Any]:
    """Which decoder this is."""
    import av

    version = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return {"tool": "PyAV", "version": f"{av.__version__} (libavcodec {version})"}


def _opened(path: bytes) -> Any:
    """Strict demuxing where it gets past the header: an odd tag there says nothing about the sound."""
    import av

    from musicvault.audio.child import open_input

    try:
        return open_input(path, **_STRICT)
    except av.FFmpegError:
        return open_input(path)


def _streaminfo_md5(stream: Any) -> bytes:
    """The MD5 of the unencoded samples; empty where it is unset (all zero: unknown, no failure, RFC 9639 8.2)."""
    extradata = stream.codec_context.extradata or b""
    md5 = bytes(extradata[18:34])
    return md5 if len(md5) == 16 and any(md5) else b""


def _samples(frame: Any, codec: Any) -> bytes:
    """Interleaved little-endian samples at their native width; PyAV left-justifies 24 bits in 32."""
    bits = int.from_bytes(codec.extradata[12:14], "big") >> 4 & 0x1F
    bits += 1
    raw = bytes(frame.planes[0])[: frame.samples * frame.layout.nb_channels * frame.format.bytes]
    if sys.byteorder == "big" or bits in (16, 32):
        return raw
    return _narrowed(raw, frame.format.bytes, bits)


def _narrowed(raw: bytes, width: int, bits: int) -> bytes:
    target = (bits + 7) // 8
    shift = width * 8 - bits
    view = memoryview(raw).cast("h" if width == 2 else "i")
    return b"".join((sample >> shift).to_bytes(target, "little", signed=True) for sample in view)
