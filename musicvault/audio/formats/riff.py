"""RIFF (WAV, RF64, BW64, AVI) and its big-endian elder, IFF (AIFF, AIFC): chunks of a name and a length.

WAV: `fmt ` and `data`. AIFF: `COMM` and `SSND`. AVI: the `movi` list. RF64 (EBU Tech 3306) keeps its
64-bit sizes in `ds64`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from musicvault.audio.formats.layout import CERTAIN, NO, Format, Layout, Source, extensions

_MOST_CHUNKS = 1 << 14
_SMALL = 1 << 16
_UNKNOWN = 0xFFFFFFFF
FILLERS = frozenset((b"JUNK", b"junk", b"PAD ", b"FLLR", b"filr", b"fake"))
"""Chunks that only keep a place free."""

SOUND = frozenset((b"data", b"SSND", b"fmt ", b"COMM", b"ds64", b"fact", b"PEAK", b"FVER")) | FILLERS
"""Chunks that hold the sound or follow from it; all others are somebody's notes."""

Order = Literal["little", "big"]


def order_of(source: Source) -> Order:
    """Intel's byte order in RIFF, Motorola's in IFF and in the rare RIFX."""
    return "big" if source.head.startswith((b"RIFX", b"FORM")) else "little"


def chunks(source: Source, order: Order, sizes: dict[bytes, int] | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Chunks inside of the outer one, as (name, start of the body, end). Ends where the file does: lengths lie."""
    position = source.start + 12
    for _ in range(_MOST_CHUNKS):
        header = source.read_at(position, 8)
        if len(header) < 8:
            return
        name, size = header[:4], int.from_bytes(header[4:], order)
        if size == _UNKNOWN:
            size = (sizes or {}).get(name, source.size)
        body = position + 8
        end = min(body + size, source.size)
        yield name, body, end
        position = end + (size & 1)


def _layout(source: Source, kind: str, order: Order, parameters: bytes, sound: bytes) -> Layout | None:
    prefix = b""
    spans: list[tuple[int, int]] = []
    sizes: dict[bytes, int] = {}
    for name, body, end in chunks(source, order, sizes):
        if name == b"ds64":
            sizes[b"data"] = int.from_bytes(source.read_at(body + 8, 8), "little")
        elif name == parameters and not prefix:
            prefix = source.read_at(body, min(end - body, _SMALL))
        elif name == sound:
            if sound == b"LIST" and source.read_at(body, 4) != b"movi":
                continue
            spans.append((body, end))
    filled = tuple((start, stop) for start, stop in spans if stop > start)
    return Layout(kind, filled, prefix) if filled else None


def wave_layout(source: Source) -> Layout | None:
    return _layout(source, "wav", order_of(source), b"fmt ", b"data")


def aiff_layout(source: Source) -> Layout | None:
    return _layout(source, "aiff", "big", b"COMM", b"SSND")


def avi_layout(source: Source) -> Layout | None:
    return _layout(source, "avi", "little", b"", b"LIST")


def _score(outer: tuple[bytes, ...], inner: tuple[bytes, ...], head: bytes) -> int:
    return CERTAIN if head.startswith(outer) and head.startswith(inner, 8) else NO


WAVE = Format(
    name="wave",
    extensions=extensions("wav wave rf64 bwf bw64"),
    score=lambda head: _score((b"RIFF", b"RF64", b"BW64", b"RIFX"), (b"WAVE",), head),
    layout=wave_layout,
)
AIFF = Format(
    name="aiff",
    extensions=extensions("aif aiff aifc afc"),
    score=lambda head: _score((b"FORM",), (b"AIFF", b"AIFC"), head),
    layout=aiff_layout,
)
AVI = Format(
    name="avi",
    extensions=extensions("avi"),
    score=lambda head: _score((b"RIFF",), (b"AVI ", b"AVIX"), head),
    layout=avi_layout,
)
