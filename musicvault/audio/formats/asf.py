"""ASF (WMA, WMV): the coded audio is the data object's packets. Taggers rewrite only the header object before it."""

from __future__ import annotations

from musicvault.audio.formats.layout import Format, Layout, Source, extensions, magic

_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
DATA_PREAMBLE = 50
"""Bytes of the data object before its packets: GUID, size, file id, packet count, reserved."""
_MOST_OBJECTS = 256
_REACH = 1 << 20


def layout(source: Source) -> Layout | None:
    header = source.read_at(source.start, 30)
    size, count = int.from_bytes(header[16:24], "little"), int.from_bytes(header[24:28], "little")
    # Some writers leave a wrong size in the header object: its objects, or a look around, then tell where it ends.
    return (
        _data(source, source.start + size)
        or _data(source, _behind(source, count))
        or _data(source, source.start + max(0, source.read_at(source.start, _REACH).find(_DATA)))
    )


def _behind(source: Source, count: int) -> int:
    position = source.start + 30
    for _ in range(min(count, _MOST_OBJECTS)):
        size = int.from_bytes(source.read_at(position, 24)[16:24], "little")
        if size < 24:
            break
        position += size
    return position


def _data(source: Source, position: int) -> Layout | None:
    header = source.read_at(position, 24)
    if header[:16] != _DATA:
        return None
    # A broadcast leaves the size 0: the data then goes on to the end.
    size = int.from_bytes(header[16:24], "little")
    stop = min(position + size, source.size) if size > DATA_PREAMBLE else source.size
    start = position + DATA_PREAMBLE
    return Layout("asf", ((start, stop),)) if stop > start else None


FORMAT = Format("asf", extensions("wma wmv asf"), magic(_HEADER), layout)
