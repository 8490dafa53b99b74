"""Formats are called as people call them."""

from __future__ import annotations

import pytest

from musicvault.domain.sound_format import name, said


@pytest.mark.parametrize(
    ("codec", "lossless", "bits", "rate", "bitrate", "words"),
    [
        ("flac", True, 16, 44100, 700_000, "FLAC 16/44.1"),
        ("fLaC", True, 24, 96000, 0, "FLAC 24/96"),
        ("pcm_s8", True, 8, 11025, 88_200, "PCM 8/11.025"),
        ("pcm_s16le", True, 16, 44100, 0, "PCM 16/44.1"),
        ("pcm float", True, 32, 48000, 0, "PCM float 32/48"),
        ("pcm_f32le", True, 32, 48000, 0, "PCM float 32/48"),
        ("pcm_alaw", False, 8, 8000, 64_000, "A-law 64"),
        ("mulaw", False, 8, 8000, 64_000, "µ-law 64"),
        ("wavpack", True, 16, 44100, 0, "WavPack 16/44.1"),
        ("ape", True, 16, 44100, 0, "Monkey's Audio 16/44.1"),
        ("dsd", True, 1, 2_822_400, 5_644_800, "DSD64"),
        ("dsd_lsbf_planar", True, 1, 5_644_800, 0, "DSD128"),
        ("mp3", False, 0, 44100, 320_000, "MP3 320"),
        ("vorbis", False, 0, 44100, 0, "Vorbis"),
        ("wmav2", False, 16, 44100, 64_000, "WMA 64"),
        ("adpcm_ima_wav", False, 4, 22050, 88_000, "ADPCM 88"),
        ("0x0042", False, 0, 8000, 0, "0x0042"),
        ("", False, 0, 0, 0, ""),
        ("", True, 16, 44100, 0, ""),
    ],
)
def test_a_format_in_words(codec: str, lossless: bool, bits: int, rate: int, bitrate: int, words: str) -> None:
    assert said(codec, lossless=lossless, bits=bits, sample_rate=rate, bitrate=bitrate) == words


def test_no_name_is_raw() -> None:
    for codec in ("pcm_u8", "pcm_s24be", "musepack7", "g723_1", "eac3", "optimfrog", "speex", "opus"):
        assert "_" not in name(codec)
        assert name(codec) != codec
