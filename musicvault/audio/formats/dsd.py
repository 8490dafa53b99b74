"""DSD in its two containers: DSF (Sony, little-endian) and DSDIFF (Philips, an IFF with 64-bit sizes)."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.audio.formats.layout import CERTAIN, NO, Format, Layout, Source, extensions, magic

_MOST_CHUNKS = 4096
_SMALL = 1 << 16


def dsf_layout(source: Source) -> Layout | None:
    """`fmt ` and `data`; the first chunk only says how long the file is and where its ID3 tag stands."""
    prefix = b""
    spans: list[tuple[int, int]] = []
    position = 28
    while position + 12 <= source.size and len(spans) < _MOST_CHUNKS:
        header = source.read_at(position, 12)
        name, size = header[:4], int.from_bytes(header[4:12], "little")
        if size < 12 or name not in (b"fmt ", b"data"):
            break
        end = min(position + size, source.size)
        if name == b"fmt ":
            prefix = source.read_at(position + 12, min(end - position - 12, _SMALL))
        else:
            spans.append((position + 12, end))
            break
        position = end
    if not prefix or not spans:
        return None
    return Layout("dsf", tuple(spans), prefix)


def chunks(source: Source) -> Iterator[tuple[bytes, int, int]]:
    """Chunks inside of `FRM8`, as (name, start of the body, end)."""
    position = 16
    for _ in range(_MOST_CHUNKS):
        header = source.read_at(position, 12)
        if len(header) < 12:
            return
        body, size = position + 12, int.from_bytes(header[4:], "big")
        end = min(body + size, source.size)
        yield header[:4], body, end
        position = end + (size & 1)


def dsdiff_layout(source: Source) -> Layout | None:
    prefix = b""
    spans: list[tuple[int, int]] = []
    for name, body, end in chunks(source):
        if name == b"PROP":
            prefix += source.read_at(body, min(end - body, _SMALL))
        elif name in (b"DSD ", b"DST ", b"DSTI"):
            spans.append((body, end))
    return Layout("dsdiff", tuple(spans), prefix) if spans else None


def _is_dsdiff(head: bytes) -> int:
    return CERTAIN if head[:4] == b"FRM8" and head[12:16] == b"DSD " else NO


DSF = Format("dsf", extensions("dsf"), magic(b"DSD "), dsf_layout)
DSDIFF = Format("dsdiff", extensions("dff"), _is_dsdiff, dsdiff_layout)
