"""ASF attributes (WMA, WMV)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from musicvault.audio.schemes import names, numbers
from musicvault.audio.schemes.gathering import Gathered
from musicvault.domain import marks
from musicvault.errors import ItemError

_LOOKUP = names.lookup("asf")
_WRITTEN = names.written("asf")
_NUMBERS = {
    "track": ("WM/TrackNumber", ("TrackTotal", "TotalTracks")),
    "disc": ("WM/PartOfSet", ("DiscTotal", "TotalDiscs")),
}


def read(tags: Any, gathered: Gathered) -> None:
    items: dict[str, list[Any]] = {}
    for key, value in tags:
        items.setdefault(key, []).append(value)
    for field, (number, totals) in _NUMBERS.items():
        values = [str(value) for value in items.pop(number, ())]
        total = next((key for key in totals if len(items.get(key, ())) == 1), "")
        if len(values) == 1 and total and "/" not in values[0]:
            values = [numbers.joined(values[0], str(items.pop(total)[0]))]
        gathered.add(field, *values)
    texts: list[tuple[str, tuple[str, ...]]] = []
    for key, attributes in items.items():
        plain: list[str] = []
        for attribute in attributes:
            value = attribute.value
            if not isinstance(value, bytes):
                plain.append(_text(value))
            elif key == "WM/Picture":
                _picture(value, gathered)
            else:
                gathered.add_binary(key, value)
        if plain:
            texts.append((key, tuple(plain)))
    gathered.add_keyed(texts, _LOOKUP)


def _text(value: object) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else str(value)


def _picture(value: bytes, gathered: Gathered) -> None:
    """One byte of role, four of size, media type and description in UTF-16 with two zeros each, then the data."""
    mime_end = _text_end(value, 5)
    data_start = _text_end(value, mime_end)
    if data_start > len(value):
        gathered.add_binary("WM/Picture", value)
        return
    mime = value[5 : max(5, mime_end - 2)].decode("utf-16-le", "replace")
    gathered.add_picture(value[0], mime, value[data_start:])


def _text_end(value: bytes, start: int) -> int:
    end = start
    while end + 1 < len(value) and value[end : end + 2] != b"\0\0":
        end += 2
    return end + 2


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's attribute list; empty values remove a field."""
    for field, values in edits.items():
        if field in _NUMBERS:
            number, totals = _NUMBERS[field]
            keys: tuple[str, ...] = (number, *totals)
        else:
            keys = _WRITTEN.get(field, ())
        if not keys:
            raise ItemError("", "tag", f"ASF has no place for {field}")
        known = {key.casefold() for key in keys}
        for key in {key for key, _ in tags if key.casefold() in known}:
            del tags[key]
        if values and field in marks.MARKS:
            stars = marks.checked(field, values)
            tags[keys[0]] = [marks.shared(stars)] if field == marks.RATING else [str(int(stars))]
        elif values:
            tags[keys[0]] = list(values)
