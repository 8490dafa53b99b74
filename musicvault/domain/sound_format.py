"""How a piece of music is coded, as the players and taggers of this field say it: `FLAC 16/44.1`, `MP3 320`."""

from __future__ import annotations

import re

_DSD_BASE = 44100
"""DSD64 is 64 times the rate of a CD."""
_NAMES = tuple(
    (re.compile(pattern), called)
    for pattern, called in (
        ("(pcm_)?alaw", "A-law"),
        ("(pcm_)?m?ulaw", "µ-law"),
        ("pcm[ _]f|fl(32|64)", "PCM float"),
        ("pcm", "PCM"),
        ("adpcm", "ADPCM"),
        ("dsd|dst", "DSD"),
        ("ape$", "Monkey's Audio"),
        ("musepack", "Musepack"),
        ("optimfrog", "OptimFROG"),
        ("opus", "Opus"),
        ("speex", "Speex"),
        ("vorbis", "Vorbis"),
        ("wavpack", "WavPack"),
        ("g723", "G.723.1"),
        ("eac3", "E-AC-3"),
        ("ac3", "AC-3"),
        ("wmalossless", "WMA Lossless"),
        ("wmapro", "WMA Pro"),
        ("wma", "WMA"),
    )
)
"""By the beginning of what FFmpeg, mutagen or the container's own tag call it; the others are abbreviations, or
numbers of RIFF's that have no name here."""


def name(codec: str) -> str:
    """What people call a codec, empty where there is none."""
    word = codec.casefold()
    other = word if word.startswith("0x") else word.upper()
    return next((called for pattern, called in _NAMES if pattern.match(word)), other)


def said(codec: str, *, lossless: bool, bits: int, sample_rate: int, bitrate: int) -> str:
    """Name, bits and kHz of lossless sound; name and kbit/s of the rest; just the name where no more is known. `bits`
    a sample, `sample_rate` in Hz, `bitrate` in bits a second, each 0 where it is not known."""
    called = name(codec)
    if not called:
        return ""
    if called == "DSD" and sample_rate >= _DSD_BASE:
        return f"DSD{round(sample_rate / _DSD_BASE)}"
    if lossless and sample_rate:
        rate = f"{sample_rate / 1000:g}"
        return f"{called} {bits}/{rate}" if bits else f"{called} {rate}"
    return f"{called} {round(bitrate / 1000)}" if bitrate else called
