"""Vorbis comments (FLAC, Ogg): any name, any number of values, UTF-8."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from musicvault.audio.schemes import names, numbers
from musicvault.audio.schemes.gathering import Gathered
from musicvault.domain import marks
from musicvault.errors import ItemError

_LOOKUP = names.lookup("vorbis")
_WRITTEN = names.written("vorbis")
_NUMBERS = {
    "track": ("tracknumber", ("tracktotal", "totaltracks")),
    "disc": ("discnumber", ("disctotal", "totaldiscs")),
}


def read(tags: Any, gathered: Gathered) -> None:
    """Comments as fields; pictures inside of comments as pictures; the vendor string under its own name."""
    items: dict[str, list[str]] = {}
    for key, value in tags:
        items.setdefault(key.casefold(), []).append(value)
    gathered.add_raw("vendor", tags.vendor)
    for field, (number, totals) in _NUMBERS.items():
        _numbers(field, number, totals, items, gathered)
    for encoded in items.pop("metadata_block_picture", ()):
        _picture_block(encoded, gathered)
    mimes = items.pop("coverartmime", [])
    for index, encoded in enumerate(items.pop("coverart", ())):
        data = _decoded(encoded)
        gathered.add_picture(0, mimes[index] if index < len(mimes) else "", data)
    gathered.add_keyed(((key, tuple(values)) for key, values in items.items()), _LOOKUP)


def _numbers(field: str, number: str, totals: tuple[str, ...], items: dict[str, list[str]], gathered: Gathered) -> None:
    values = items.pop(number, [])
    if not values:
        return
    total = next((key for key in totals if len(items.get(key, ())) == 1), "")
    if total and len(values) == 1 and "/" not in values[0]:
        gathered.add(field, numbers.joined(values[0], items.pop(total)[0]))
    else:
        gathered.add(field, *values)


def _picture_block(encoded: str, gathered: Gathered) -> None:
    data = _decoded(encoded)
    from mutagen.flac import Picture, error

    try:
        picture = Picture(data)
    except error:
        gathered.add_binary("metadata_block_picture", data)
    else:
        picture_block(picture, gathered)


def picture_block(picture: Any, gathered: Gathered) -> None:
    """A FLAC picture block, wherever it stood."""
    gathered.add_picture(picture.type, picture.mime, picture.data)
    if picture.desc:
        gathered.add_raw(f"picture:{picture.type}", picture.desc)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text.encode()


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's comment list; empty values remove a field."""
    for field, values in edits.items():
        if field in _NUMBERS:
            _edit_number(tags, *_NUMBERS[field], values)
            continue
        keys = _WRITTEN.get(field)
        if not keys:
            raise ItemError("", "tag", f"Vorbis comments have no place for {field}")
        present = [key for key in keys if key in tags]
        # A description beside a comment is a text of its own; other second names only repeat the first.
        for key in present[:1] if field == "comment" and values else present:
            del tags[key]
        if field in marks.MARKS:
            _mark_owned(tags, field, values)
            values = marked(field, values)
            present = [key for key in present if not key.startswith("fmps_")]
        if values:
            # A file that says DESCRIPTION or ORGANIZATION goes on saying so.
            tags[present[0] if present else keys[0]] = list(values)


def _mark_owned(tags: Any, field: str, values: tuple[str, ...]) -> None:
    """Every listener's own mark (`RATING:email`) is told, so that no player shows the old value."""
    for key in {key for key, _ in tags if key.casefold().startswith(f"{field}:")}:
        if values:
            tags[key] = [marks.owned(field, marks.checked(field, values))]
        else:
            del tags[key]


def marked(field: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Stars on the scale of 0 to 100, plays as a whole number."""
    if not values:
        return ()
    number = marks.checked(field, values)
    return (marks.percent(number) if field == marks.RATING else str(int(number)),)


def _edit_number(tags: Any, number: str, totals: tuple[str, ...], values: tuple[str, ...]) -> None:
    combined = any("/" in value for value in tags.get(number, ()))
    spoken = [key for key in totals if key in tags]
    for key in (number, *spoken):
        if key in tags:
            del tags[key]
    if len(values) == 1 and not combined:
        own, total = numbers.split(values[0])
        if own:
            tags[number] = [own]
        if total:
            tags[spoken[0] if spoken else totals[0]] = [total]
    elif values:
        tags[number] = list(values)
