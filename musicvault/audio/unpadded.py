"""What containers say around their sound, piece by piece, without padding and what follows from it.

One function per container, registered in `PIECES`. Padding that isn't zeros, and sizes and places that don't fit what
is there, are no padding any more and are told. Sources: RIFF and IFF, DSF and DSDIFF, ISO 14496-12 (MP4), RFC 9639
(FLAC), RFC 3533 (Ogg), the ASF specification; mutagen for where padding is put.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from musicvault.audio.formats import asf, dsd, flac, mp4, ogg, riff, wrapping
from musicvault.audio.formats.layout import Source

Pieces = Iterator[bytes]

_ID3_NAMES = (b"ID3 ", b"id3 ")
_MOST_PAGES = 1 << 12
_LARGEST_PAGE = 27 + 255 + 255 * 255


def id3(tag: bytes) -> Pieces:
    """A whole ID3v2 tag without its size and the zeros at its end."""
    size = wrapping.id3v2_size(tag[:10])
    if not size or size != len(tag) or tag[5] & 0x10:
        yield tag
        return
    yield tag[:6]
    yield tag[10:].rstrip(b"\0")


def _padding(source: Source, start: int, stop: int) -> Pieces:
    content = source.read_at(start, stop - start)
    if content.strip(b"\0"):
        yield content


def _rest(source: Source, start: int) -> bytes:
    return source.read_at(start, max(0, source.size - start))


def _off(stated: bytes, order: riff.Order, actual: int) -> bytes:
    """By how much a stated size is wrong. Some writers are wrong by the same amount each time."""
    return (int.from_bytes(stated, order) - actual).to_bytes(9, "big", signed=True)


def _flac(source: Source) -> Pieces:
    found = flac.blocks(source)
    if found is None:
        return
    first, starts = found
    for start, stop in zip(starts, [*starts[1:], first], strict=True):
        kind = source.read_at(start, 1)[0] & 0x7F  # the last-block flag moves when padding comes or goes
        if kind == flac.PADDING:
            yield from _padding(source, start + 4, stop)
        else:
            yield bytes([kind]) + source.read_at(start + 1, stop - start - 1)
    end = max(first, source.end)
    yield _rest(source, end)


def _riff(source: Source) -> Pieces:
    order = riff.order_of(source)
    end = source.start + 12
    yield source.read_at(source.start, 4) + source.read_at(source.start + 8, 4)
    for name, body, stop in riff.chunks(source, order):
        stated = source.read_at(body - 4, 4)
        if int.from_bytes(stated, order) != stop - body:
            yield stated
        if name in riff.FILLERS:
            yield from _padding(source, body, stop)
        elif name in (b"data", b"SSND") or (name == b"LIST" and source.read_at(body, 4) == b"movi"):
            yield name
        elif name in _ID3_NAMES:
            yield name
            yield from id3(source.read_at(body, stop - body))
        else:
            free = 8 if name == b"ds64" else 0  # the whole's size
            yield name + source.read_at(body + free, stop - body - free)
        end = stop + (stop - body & 1)
    yield _rest(source, end)
    yield _off(source.read_at(source.start + 4, 4), order, source.size - source.start - 8)


def _dsf(source: Source) -> Pieces:
    layout = dsd.dsf_layout(source)
    if layout is None:
        return
    (start, stop), head = layout.spans[-1], source.read_at(0, 28)
    yield head[:12]
    yield _off(head[12:20], "little", source.size)
    tag = int.from_bytes(head[20:28], "little")
    if tag != (stop if stop < source.size else 0):
        yield head[20:28]
    yield source.read_at(28, start - 28)
    yield from id3(_rest(source, stop))


def _dsdiff(source: Source) -> Pieces:
    end = 16
    for name, body, stop in dsd.chunks(source):
        if name in _ID3_NAMES:
            yield name
            yield from id3(source.read_at(body, stop - body))
        elif name in (b"DSD ", b"DST "):
            yield name
        else:
            yield name + source.read_at(body, stop - body)
        end = stop + (stop - body & 1)
    yield _rest(source, end)
    yield _off(source.read_at(4, 8), "big", source.size - 12)


_PARENTS = frozenset((b"moov", b"udta", b"meta", b"trak", b"mdia", b"minf", b"stbl"))
_FREE = frozenset((b"free", b"skip", b"wide"))


def _mp4(source: Source) -> Pieces:
    tops = mp4.boxes(source, source.start, source.size)
    sound = next((body for kind, _, body, _ in tops if kind == b"mdat"), 0)
    yield from _boxes(source, source.start, source.size, sound)


def _boxes(source: Source, start: int, stop: int, sound: int) -> Pieces:
    end = start
    for kind, _, body, until in mp4.boxes(source, start, stop):
        end = until
        if kind in _FREE:
            yield from _padding(source, body, until)
            continue
        yield kind
        if kind in _PARENTS:
            # A meta box has four bytes of version and flags before its boxes; QuickTime's has none.
            full = 4 if kind == b"meta" and source.read_at(body + 4, 4) != b"hdlr" else 0
            yield source.read_at(body, full)
            yield from _boxes(source, body + full, until, sound)
        elif kind in (b"stco", b"co64"):
            yield from _places(source.read_at(body, until - body), 4 if kind == b"stco" else 8, sound)
        elif kind != b"mdat":
            yield source.read_at(body, until - body)
    yield source.read_at(end, stop - end)


def _places(table: bytes, width: int, sound: int) -> Pieces:
    """Where the chunks of sound lie, counted from its begin: padding before it moves all of them."""
    yield table[:8]
    for at in range(8, len(table), width):
        yield (int.from_bytes(table[at : at + width], "big") - sound).to_bytes(9, "big", signed=True)


_ASF_PADDING = bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")


def _asf(source: Source) -> Pieces:
    layout = asf.layout(source)
    if layout is None:
        return
    sound, stop = layout.spans[-1]
    yield source.read_at(source.start + 28, 2)
    yield from _objects(source, source.start + 30, sound - asf.DATA_PREAMBLE)
    yield source.read_at(sound - asf.DATA_PREAMBLE, asf.DATA_PREAMBLE)
    yield _rest(source, stop)


def _objects(source: Source, start: int, stop: int) -> Pieces:
    position = start
    while position + 24 <= stop:
        header = source.read_at(position, 24)
        name, end = header[:16], position + int.from_bytes(header[16:], "little")
        if not position + 24 <= end <= stop:
            break
        if name == _ASF_PADDING:
            yield from _padding(source, position + 24, end)
        elif name == _ASF_EXTENSION and end >= position + 46:
            yield name + source.read_at(position + 24, 18)
            yield from _objects(source, position + 46, end)
        else:
            content = source.read_at(position + 24, end - position - 24)
            # The file's own size stands there, which some taggers see to and others don't.
            yield name + (content[:16] + content[24:] if name == _ASF_PROPERTIES else content)
        position = end
    yield source.read_at(position, stop - position)


def _ogg(source: Source) -> Pieces:
    """The comment packets, without the zeros behind them. Page headers are made anew by each tagger."""
    comments: dict[bytes, list[bytes]] = {}
    packets: dict[bytes, int] = {}
    position = source.start
    for _ in range(_MOST_PAGES):
        page = source.read_at(position, _LARGEST_PAGE)
        if page[:4] != b"OggS" or len(page) < 27:
            return
        serial, table = page[14:18], page[27 : 27 + page[26]]
        at = 27 + len(table)
        if page[5] & ogg.BEGINS and ogg.stream_of(page[at : at + 16]):
            comments[serial], packets[serial] = [], 0
        for length in table:
            if packets.get(serial) == 1:
                comments[serial].append(page[at : at + length])
            at += length
            if serial in packets and length < 255:
                packets[serial] += 1
        position += at
        if packets and not page[5] & ogg.BEGINS and all(count > 1 for count in packets.values()):
            break
    for found in comments.values():
        yield b"".join(found).rstrip(b"\0")
    base = max(source.start, source.end - _LARGEST_PAGE)
    tail = source.read_at(base, source.end - base)
    # The last page says how long the stream is, and that it ends there. What stands behind it is nobody's.
    last = tail.rfind(b"OggS")
    lacing = tail[last + 27 : last + 27 + sum(tail[last + 26 : last + 27])]
    yield tail[last + 5 : last + 14]
    yield tail[last + 27 + len(lacing) + sum(lacing) :]


PIECES: dict[str, Callable[[Source], Pieces]] = {
    "flac": _flac,
    "wave": _riff,
    "aiff": _riff,
    "avi": _riff,
    "dsf": _dsf,
    "dsdiff": _dsdiff,
    "mp4": _mp4,
    "asf": _asf,
    "ogg": _ogg,
}
