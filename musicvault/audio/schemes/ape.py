"""APEv1 and APEv2 tags, read and written by ourselves.

mutagen takes time with the square of a damaged key's length, and cuts off what stands behind the tag (Lyrics3, ID3v1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered
from musicvault.audio.schemes.vorbis import marked
from musicvault.domain import marks
from musicvault.errors import ItemError

_LOOKUP = names.lookup("ape")
_NUMBERS = {"track": "track", "disc": "disc"}
_KEYS = {**names.written("ape"), "track": ("Track",), "disc": ("Disc",)}
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
_MOST_ITEMS = 10_000
_LONGEST_KEY = 255
_ROLES = {"(front)": 3, "(back)": 4, "(icon)": 1, "(leaflet page)": 5, "(media)": 6, "(artist)": 8}


class Damaged(ValueError):  # noqa: N818  (a finding, not a fault)
    """The tag's items don't add up."""


def items(tag: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Items of a whole tag, header and footer included, as (key, kind: 0 text, 1 binary, 2 link, value)."""
    footer = tag[-32:]
    first_version = int.from_bytes(footer[8:12], "little") < 2000
    position = 32 if tag[:8] == b"APETAGEX" and len(tag) > 32 else 0
    stop = len(tag) - 32
    for _ in range(min(int.from_bytes(footer[16:20], "little"), _MOST_ITEMS)):
        if position >= stop:
            break  # writers miscount
        size = int.from_bytes(tag[position : position + 4], "little")
        kind = tag[position + 4] >> 1 & 3 if position + 4 < stop else 0
        end = tag.find(b"\0", position + 8, min(position + 9 + _LONGEST_KEY, stop))
        if end < 0 or end + 1 + size > stop:
            raise Damaged("an item of the APE tag is longer than the tag")
        value = tag[end + 1 : end + 1 + size]
        if first_version and kind == 0:
            value = _as_utf8(value)  # APEv1 doesn't say how its text is coded
        yield tag[position + 8 : end].decode("latin-1"), 0 if first_version else kind, value
        position = end + 1 + size


def _as_utf8(value: bytes) -> bytes:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()
    return value


def read(tag: bytes, gathered: Gathered) -> None:
    """All items; raises `Damaged` after those that could be read were taken."""
    found: list[tuple[str, tuple[str, ...]]] = []
    try:
        for key, kind, value in items(tag):
            _item(key, kind, value, found, gathered)
    finally:
        gathered.add_keyed(found, _LOOKUP)


def _item(key: str, kind: int, value: bytes, found: list[tuple[str, tuple[str, ...]]], gathered: Gathered) -> None:
    lowered = key.casefold()
    if kind == 1 and lowered.startswith("cover art"):
        description, _, data = value.partition(b"\0")
        gathered.add_picture(_ROLES.get(lowered[10:], 0), "", data or description)
    elif kind == 1:
        gathered.add_binary(key, value)
    else:
        texts = tuple(value.decode("utf-8", "replace").split("\0"))
        if lowered in _NUMBERS:
            gathered.add(_NUMBERS[lowered], *texts)
        else:
            found.append((key, texts))


def edited(tag: bytes, edits: Mapping[str, tuple[str, ...]]) -> bytes:
    """A new tag (APEv2, header and footer) with canonical fields put in; empty values remove a field. All other items
    keep their place, flags and bytes. `tag` is empty where there was none; the result, where nothing is left."""
    kept = [(key, kind, value) for key, kind, value in (items(tag) if tag else ())]
    for field, values in edits.items():
        keys = _KEYS.get(field)
        if not keys:
            raise ItemError("", "tag", f"APE tags have no place for {field}")
        if field in marks.MARKS:
            values = marked(field, values)
            # One scale for all: the 0.0 to 1.0 of another name goes.
            kept = [item for item in kept if item[0].casefold() not in {key.casefold() for key in keys[1:]}]
        known = {key.casefold() for key in keys}
        at = next((index for index, item in enumerate(kept) if item[0].casefold() in known), len(kept))
        name = kept[at][0] if at < len(kept) else keys[0]
        kept = [item for item in kept if item[0].casefold() not in known]
        if values:
            kept.insert(min(at, len(kept)), (name, 0, "\0".join(values).encode()))
    return _rendered(kept)


def _rendered(kept: list[tuple[str, int, bytes]]) -> bytes:
    if not kept:
        return b""
    body = b"".join(
        struct.pack("<II", len(value), kind << 1) + key.encode("latin-1") + b"\0" + value for key, kind, value in kept
    )
    # The size counts items and footer, not the header.
    fields = struct.pack("<III", 2000, len(body) + 32, len(kept))
    header = b"APETAGEX" + fields + struct.pack("<I8x", _HAS_HEADER | _IS_HEADER)
    return header + body + b"APETAGEX" + fields + struct.pack("<I8x", _HAS_HEADER)
