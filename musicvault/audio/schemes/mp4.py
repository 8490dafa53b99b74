"""iTunes atoms in MP4 (`moov.udta.meta.ilst`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from musicvault.audio.schemes import names, numbers
from musicvault.audio.schemes.gathering import Gathered
from musicvault.audio.schemes.vorbis import marked
from musicvault.domain import marks
from musicvault.errors import ItemError

_LOOKUP = names.lookup("mp4")
_WRITTEN = names.written("mp4")
_ITUNES = "----:com.apple.iTunes"
_NUMBERS = {"trkn": "track", "disk": "disc"}
_FRONT_COVER = 3
_MIMES = {13: "image/jpeg", 14: "image/png", 27: "image/bmp"}


def read(tags: Any, gathered: Gathered) -> None:
    items: list[tuple[str, tuple[str, ...]]] = []
    for key, value in tags.items():
        if key in _NUMBERS:
            for number, total in value:
                gathered.add(_NUMBERS[key], numbers.joined(str(number), str(total) if total else ""))
        elif key == "covr":
            for cover in value:
                mime = _MIMES.get(getattr(cover, "imageformat", 0), "")
                gathered.add_picture(_FRONT_COVER, mime, bytes(cover))
        elif key.startswith("----:"):
            _free_form(key, value, items, gathered)
        else:
            values = value if isinstance(value, list) else [value]
            items.append((key, tuple(_text(each) for each in values)))
    for key, atoms in getattr(tags, "_failed_atoms", {}).items():
        for atom in atoms:
            gathered.add_binary(key, bytes(atom))
    gathered.add_keyed(items, _LOOKUP)


def _free_form(key: str, values: list[Any], items: list[tuple[str, tuple[str, ...]]], gathered: Gathered) -> None:
    short = key.removeprefix(_ITUNES)
    texts: list[str] = []
    for value in values:
        try:
            texts.append(bytes(value).decode("utf-8"))
        except UnicodeDecodeError:
            gathered.add_binary(short, bytes(value))
    items.append((short, tuple(texts)))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's tag object; empty values remove a field.

    Raises ValueError where `track` or `disc` isn't made of whole numbers: MP4 stores nothing else.
    """
    from mutagen.mp4 import MP4FreeForm

    for field, values in edits.items():
        if field in ("track", "disc"):
            key = "trkn" if field == "track" else "disk"
            if values:
                tags[key] = [numbers.pair(value) for value in values[:1]]
            elif key in tags:
                del tags[key]
            continue
        keys = _WRITTEN.get(field)
        if not keys:
            raise ItemError("", "tag", f"MP4 has no place for {field}")
        if field in marks.MARKS:
            values = marked(field, values)
        for key in keys:
            free = next((own for own in tags if own.casefold() == (_ITUNES + key).casefold()), "")
            if key in tags or free:
                del tags[free or key]
        if values and keys[0].startswith(":"):
            tags[_ITUNES + keys[0]] = [MP4FreeForm(value.encode()) for value in values]
        elif values:
            tags[keys[0]] = list(values)
