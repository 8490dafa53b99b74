"""Native FLAC (RFC 9639): the coded audio is everything after the last metadata block."""

from __future__ import annotations

from musicvault.audio.formats.layout import Format, Layout, Source, extensions, magic

PADDING, _COMMENT, _PICTURE = 1, 4, 6
_MOST_BLOCKS = 4096


def layout(source: Source) -> Layout | None:
    """Frames up to trailing tags."""
    found = blocks(source)
    if found is None:
        return None
    first, _ = found
    return Layout("flac", ((first, max(first, source.end)),))


def blocks(source: Source) -> tuple[int, list[int]] | None:
    """Where the frames begin, and where each metadata block does. Where a block's length overflowed its 24 bits
    (pictures of more than 16 MiB), the length that its content states is tried, as mutagen does."""
    if source.head[:4] != b"fLaC":
        return None
    walked = _walk(source, trust=True)
    if walked is None or not _is_sync(source, walked[0]):
        other = _walk(source, trust=False)
        if other is not None and (walked is None or _is_sync(source, other[0])):
            walked = other
    return walked


def _walk(source: Source, trust: bool) -> tuple[int, list[int]] | None:
    position = source.start + 4
    starts: list[int] = []
    for _ in range(_MOST_BLOCKS):
        header = source.read_at(position, 4)
        if len(header) < 4:
            return None
        kind, length = header[0] & 0x7F, int.from_bytes(header[1:], "big")
        if not trust and kind in (_COMMENT, _PICTURE):
            length = _stated_length(source, position + 4, kind) or length
        stop = position + 4 + length
        if stop > source.size or kind == 0x7F:
            return None
        starts.append(position)
        position = stop
        if header[0] & 0x80:
            return position, starts
    return None


def _stated_length(source: Source, position: int, kind: int) -> int:
    """Length of a comment or picture block as its own inner lengths give it, 0 where they make no sense."""
    if kind == _PICTURE:
        at = position + 4
        for _ in range(2):  # media type, description
            at += 4 + int.from_bytes(source.read_at(at, 4), "big")
        at += 16
        at += 4 + int.from_bytes(source.read_at(at, 4), "big")
        return at - position if at <= source.size else 0
    at = position + 4 + int.from_bytes(source.read_at(position, 4), "little")
    count = int.from_bytes(source.read_at(at, 4), "little")
    if count > _MOST_BLOCKS:
        return 0
    at += 4
    for _ in range(count):
        at += 4 + int.from_bytes(source.read_at(at, 4), "little")
        if at > source.size:
            return 0
    return at - position


def _is_sync(source: Source, position: int) -> bool:
    word = source.read_at(position, 2)
    return len(word) == 2 and word[0] == 0xFF and word[1] & 0xFC == 0xF8


FORMAT = Format(
    name="flac",
    extensions=extensions("flac fla"),
    score=magic(b"fLaC"),
    layout=layout,
)
