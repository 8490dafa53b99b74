"""MP4, M4A, QuickTime, 3GPP (ISO 14496-12): the coded audio is the body of every `mdat` box, fragments included."""

from __future__ import annotations

from collections.abc import Iterator

from musicvault.audio.formats.layout import CERTAIN, NO, Format, Layout, Source, extensions

_FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"uuid"))
_MOST_BOXES = 1 << 17


def boxes(source: Source, start: int, stop: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Boxes between two offsets, as (type, start, start of the body, end). Stops where they make no sense."""
    position = start
    for _ in range(_MOST_BOXES):
        header = source.read_at(position, min(16, stop - position))
        if len(header) < 8:
            return
        size, body = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), 16
        elif size == 0:
            size = stop - position
        if size < body:
            return
        end = min(position + size, stop)
        yield header[4:8], position, min(position + body, end), end
        position = end


def stated_ends(source: Source) -> Iterator[int]:
    """Where the outermost boxes end by their own word, which may lie behind the end of the file."""
    for _, position, _, _ in boxes(source, source.start, source.size):
        header = source.read_at(position, 16)
        size = int.from_bytes(header[:4], "big")
        yield position + (int.from_bytes(header[8:], "big") if size == 1 else size)


def layout(source: Source) -> Layout | None:
    spans = tuple(
        (body, end) for kind, _, body, end in boxes(source, source.start, source.size) if kind == b"mdat" and end > body
    )
    return Layout("mp4", spans) if spans else None


def score(head: bytes) -> int:
    return CERTAIN if head[4:8] in _FIRST_BOXES else NO


FORMAT = Format(
    name="mp4",
    extensions=extensions("m4a m4b m4p m4r m4v mp4 mov qt 3gp 3g2 3gpp alac aax f4a"),
    score=score,
    layout=layout,
)
