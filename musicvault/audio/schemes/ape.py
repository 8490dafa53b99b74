"""APEv1 and APEv2 tags. Read by our own parser: mutagen's takes time with the square of a damaged key's length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered
from musicvault.errors import ItemError

_LOOKUP = names.lookup("ape")
_WRITTEN = names.written("ape")
_NUMBERS = {"track": "track", "disc": "disc"}
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
        yield tag[position + 8 : end].decode("latin-1"), 0 if first_version else kind, value
        position = end + 1 + size


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


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's APEv2 object; empty values remove a field."""
    for field, values in edits.items():
        keys = ("Track",) if field == "track" else ("Disc",) if field == "disc" else _WRITTEN.get(field)
        if not keys:
            raise ItemError("", "tag", f"APE tags have no place for {field}")
        present = [key for key in keys if key in tags]
        for key in present:
            del tags[key]
        if values:
            tags[present[0] if present else keys[0]] = list(values)
