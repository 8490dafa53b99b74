"""Formats whose coded audio is the whole file less the tags around it.

WavPack, TrueAudio, Monkey's Audio, Musepack, OptimFROG and TAK have their own headers, which taggers leave alone;
ADTS and ADIF AAC, AC-3, E-AC-3 and DTS are bare streams of frames.
"""

from __future__ import annotations

from collections.abc import Callable

from musicvault.audio.formats.layout import LIKELY, NO, Format, Layout, Source, extensions, magic


def _whole(kind: str) -> Callable[[Source], Layout]:
    def layout(source: Source) -> Layout:
        return Layout(kind, ((source.start, max(source.start, source.end)),), is_bare=True)

    return layout


def _tak_layout(source: Source) -> Layout | None:
    """TAK's own metadata (seek table, encoder, the kept RIFF header) stands in front of the frames, in objects of
    a type, a 24-bit length and a body; type 0 ends them."""
    position = source.start + 4
    for _ in range(64):
        header = source.read_at(position, 4)
        if len(header) < 4:
            return None
        position += 4 + int.from_bytes(header[1:], "little")
        if header[0] & 0x7F == 0:
            return Layout("tak", ((position, max(position, source.end)),), is_bare=True)
    return None


def _is_adts(head: bytes) -> int:
    """ADTS (ISO 13818-7): twelve sync bits, layer 0, a sample rate that isn't reserved."""
    if head[:4] == b"ADIF":
        return LIKELY + 1
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return NO
    return LIKELY if head[2] >> 2 & 0x0F < 13 else NO


def _is_ac3(head: bytes) -> int:
    return LIKELY if head[:2] == b"\x0b\x77" else NO


def _is_dts(head: bytes) -> int:
    return LIKELY + 1 if head[:4] in (b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80") else NO


WAVPACK = Format("wavpack", extensions("wv"), magic(b"wvpk"), _whole("wavpack"))
TRUEAUDIO = Format("tta", extensions("tta"), magic(b"TTA1", b"TTA2"), _whole("tta"))
MONKEYS = Format("ape", extensions("ape mac"), magic(b"MAC "), _whole("ape"))
MUSEPACK = Format(
    "musepack",
    extensions("mpc mp+ mpp"),
    magic(b"MP+", b"MPCK"),
    _whole("musepack"),
)
OPTIMFROG = Format(
    "optimfrog",
    extensions("ofr ofs"),
    magic(b"OFR "),
    _whole("optimfrog"),
)
TAK = Format("tak", extensions("tak"), magic(b"tBaK"), _tak_layout)
AAC = Format("aac", extensions("aac adts adif"), _is_adts, _whole("aac"))
AC3 = Format("ac3", extensions("ac3 eac3 ec3"), _is_ac3, _whole("ac3"))
DTS = Format("dts", extensions("dts dtshd"), _is_dts, _whole("dts"))
