"""ID3v1 and ID3v2 (all versions), through mutagen, which translates older frames to those of ID3v2.4."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from musicvault.audio.schemes import id3_cost, names
from musicvault.audio.schemes.gathering import Gathered
from musicvault.domain import marks
from musicvault.errors import ItemError

_LOOKUP = names.lookup("id3")
_WRITTEN = names.written("id3")
_NUMBERS = {"TRCK": "track", "TPOS": "disc"}
_LARGEST_INFLATED = 1 << 24


class _BoundedInflation:
    """What mutagen's frames use of zlib, with an end: a small compressed frame may unpack to gigabytes."""

    error = zlib.error

    @staticmethod
    def decompress(data: bytes) -> bytes:
        inflater = zlib.decompressobj()
        inflated = inflater.decompress(data, _LARGEST_INFLATED)
        if inflater.unconsumed_tail or id3_cost.is_costly(inflated):
            raise id3_cost.TooCostly
        if not inflater.eof:
            raise zlib.error("incomplete")
        return inflated


def prepare(tag: bytes) -> None:
    """To be called with a whole tag before mutagen parses it. Raises TooCostly where that would take very long."""
    from mutagen.id3 import _frames

    setattr(_frames, "zlib", _BoundedInflation)  # noqa: B010  (not an attribute that its types know)
    id3_cost.check(tag)


def load(fileobj: BinaryIO) -> Any:
    """The file's ID3 tags as mutagen's object; an empty one where there are none. Raises what mutagen raises."""
    from mutagen.id3 import ID3, ID3NoHeaderError

    try:
        return ID3(fileobj)
    except ID3NoHeaderError:
        return ID3()


def read(tags: Any, gathered: Gathered) -> None:
    """All frames: texts as fields, pictures, and the rest as binaries."""
    items: list[tuple[str, tuple[str, ...]]] = []
    for frame in tags.values():
        _frame(frame, items, gathered)
    gathered.add_keyed(items, _LOOKUP)
    if items:
        # A change of version alone is an edit too.
        gathered.add_raw("id3", ".".join(str(part) for part in tags.version[:2]))
    for unknown in tags.unknown_frames:
        gathered.add_binary(unknown[:4].decode("latin-1").strip("\0 "), bytes(unknown))


def _frame(frame: Any, items: list[tuple[str, tuple[str, ...]]], gathered: Gathered) -> None:
    name: str = frame.FrameID
    field = _NUMBERS.get(name)
    if field is not None:
        gathered.add(field, *(str(text) for text in frame.text))
    elif name == "TCON":
        items.append((name, tuple(frame.genres)))
    elif name == "TXXX":
        items.append((f"TXXX:{frame.desc}", tuple(str(text) for text in frame.text)))
    elif name == "COMM":
        # The plain comment has no description; players keep their own data in comments that have one.
        key = "COMM" if not frame.desc else f"COMM:{frame.desc}:{frame.lang}"
        items.append((key, tuple(str(text) for text in frame.text)))
    elif name == "USLT":
        items.append(("USLT" if not frame.desc else f"USLT:{frame.desc}:{frame.lang}", (frame.text,)))
    elif name == "APIC":
        gathered.add_picture(int(frame.type), frame.mime, frame.data)
    elif name == "POPM":
        items.append(("POPM", (str(frame.rating),)))
        if getattr(frame, "count", 0):
            gathered.add_raw(f"POPM:{frame.email}", str(frame.count))
    elif name == "PCNT":
        items.append(("PCNT", (str(frame.count),)))
    elif name == "UFID" and frame.owner == "http://musicbrainz.org":
        items.append((f"UFID:{frame.owner}", (frame.data.decode("latin-1"),)))
    elif name in ("TIPL", "TMCL", "IPLS"):
        _people(name, frame.people, gathered)
    elif name[0] == "T" and hasattr(frame, "text"):
        items.append((name, tuple(str(text) for text in frame.text)))
    elif name[0] == "W" and hasattr(frame, "url"):
        items.append((f"{name}:{getattr(frame, 'desc', '')}".rstrip(":"), (frame.url,)))
    else:
        _other(name, frame, gathered)


def _people(name: str, people: list[list[str]], gathered: Gathered) -> None:
    for pair in people:
        role, person = pair[0], pair[-1]
        if name == "TMCL" or role.casefold() == "performer":
            gathered.add("performer", f"{person} ({role})" if name == "TMCL" else person)
        else:
            gathered.add_raw(f"{name}:{role}", person)


_MADE_BY_PEOPLE = {"RVA2", "USER", "SYLT", "PCST", "GRP1", "MVNM", "MVIN"}
"""Frames that aren't plain text, but that people edit: shown as text, so that an edit of them counts as one."""


def _other(name: str, frame: Any, gathered: Gathered) -> None:
    if name in _MADE_BY_PEOPLE:
        gathered.add_raw(frame.HashKey, repr(frame))
        return
    if name in ("CHAP", "CTOC"):
        _chapter(name, frame, gathered)
        return
    data = getattr(frame, "data", None)
    content = data if isinstance(data, bytes) else repr(frame).encode("utf-8", "backslashreplace")
    key = getattr(frame, "owner", None) or getattr(frame, "desc", None) or ""
    gathered.add_binary(f"{name}:{key}".rstrip(":"), content)


def _chapter(name: str, frame: Any, gathered: Gathered) -> None:
    """A chapter's times, or what a table of contents lists, and the frames inside."""
    listed = ", ".join(getattr(frame, "child_element_ids", ()))
    gathered.add_raw(frame.HashKey, listed if name == "CTOC" else f"{frame.start_time}-{frame.end_time} ms")
    for inner in frame.sub_frames.values():
        if inner.FrameID == "APIC":
            gathered.add_picture(int(inner.type), inner.mime, inner.data)
        elif inner.FrameID[0] == "T" and hasattr(inner, "text"):
            gathered.add_raw(f"{frame.HashKey}:{inner.FrameID}", *(str(text) for text in inner.text))
        elif inner.FrameID[0] == "W" and hasattr(inner, "url"):
            gathered.add_raw(f"{frame.HashKey}:{inner.FrameID}", inner.url)
        else:
            gathered.add_binary(f"{frame.HashKey}:{inner.FrameID}", repr(inner).encode("utf-8", "backslashreplace"))


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's ID3 object; empty values remove a field."""
    from mutagen import id3

    for field, values in edits.items():
        if field in marks.MARKS:
            _mark(tags, field, values)
            continue
        keys = {"track": ("TRCK",), "disc": ("TPOS",)}.get(field) or _WRITTEN.get(field)
        if not keys:
            raise ItemError("", "tag", f"ID3 has no place for {field}")
        for key in keys:
            _remove(tags, key)
        if not values:
            continue
        key = keys[0]
        if key == "COMM":
            tags.add(id3.COMM(encoding=_encoding(values), lang="eng", desc="", text=list(values)))
        else:
            frame = getattr(id3, key)
            tags.add(frame(encoding=_encoding(values), text=list(values)))


def _mark(tags: Any, field: str, values: tuple[str, ...]) -> None:
    """Every player's own POPM is told, so that none shows the old value; where there is none, that of Windows. Ratings
    that stand elsewhere go."""
    from mutagen import id3

    number = marks.checked(field, values) if values else 0
    known = tags.getall("POPM")
    for key in _WRITTEN[field]:
        if key != "POPM":
            _remove(tags, key)
    if field == marks.RATING:
        for name in [name for name in tags if name.casefold() == "txxx:rating"]:
            del tags[name]
        if values and not known:
            known = [id3.POPM(email="Windows Media Player 9 Series", rating=0, count=0)]
            tags.add(known[0])
        for frame in known:
            frame.rating = marks.popm(number, frame.email)
            if not values and not getattr(frame, "count", 0):
                del tags[frame.HashKey]
        return
    for frame in known:
        if hasattr(frame, "count"):
            frame.count = int(number)
    if values:
        tags.add(id3.PCNT(count=int(number)))


def _remove(tags: Any, key: str) -> None:
    if key == "COMM":
        for name in [name for name, frame in tags.items() if frame.FrameID == "COMM" and not frame.desc]:
            del tags[name]
    else:
        tags.delall(key)


def _encoding(values: tuple[str, ...]) -> int:
    """Latin-1 where it suffices, since every reader knows it; else UTF-8 (UTF-16 in ID3v2.3, which mutagen sees to)."""
    try:
        "".join(values).encode("latin-1")
    except UnicodeEncodeError:
        return 3
    return 0


def version_to_save(tags: Any) -> int:
    """ID3v2.3 stays 2.3: old players read no 2.4."""
    return 3 if tags.version[:2] in ((2, 3), (2, 2)) else 4


def save(tags: Any, target: Any) -> None:
    """Write through the object's own class, in the version that it was read in."""
    version = version_to_save(tags)
    if version == 3:
        tags.update_to_v23()
    # Without a separator several values stay several in ID3v2.3 too (as null-separated, the way 2.4 has them).
    tags.save(target, v2_version=version, v23_sep=None)
