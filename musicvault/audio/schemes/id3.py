"""ID3v1 and ID3v2 (all versions), through mutagen, which translates older frames to those of ID3v2.4."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered
from musicvault.errors import ItemError

_LOOKUP = names.lookup("id3")
_WRITTEN = names.written("id3")
_NUMBERS = {"TRCK": "track", "TPOS": "disc"}
_LARGEST_INFLATED = 1 << 24
_SMALL = 1 << 16
_MOST_COPIED = 1 << 31
_PER_LETTER = 1000


class TooCostly(ValueError):  # noqa: N818  (a finding, not a fault)
    """Somebody built this tag to keep its readers busy, or damage did."""

    def __init__(self) -> None:
        super().__init__("its ID3 tag would take too long to read")


class _BoundedInflation:
    """What mutagen's frames use of zlib, with an end: a small compressed frame may unpack to gigabytes."""

    error = zlib.error

    @staticmethod
    def decompress(data: bytes) -> bytes:
        inflater = zlib.decompressobj()
        inflated = inflater.decompress(data, _LARGEST_INFLATED)
        if inflater.unconsumed_tail or inflated.count(b"\0") * len(inflated) > _MOST_COPIED:
            raise TooCostly
        if not inflater.eof:
            raise zlib.error("incomplete")
        return inflated


def load(fileobj: BinaryIO) -> Any:
    """The file's ID3 tags as mutagen's object; an empty one where there are none. Raises what mutagen raises."""
    from mutagen.id3 import ID3, ID3NoHeaderError, _frames

    setattr(_frames, "zlib", _BoundedInflation)  # noqa: B010  (not an attribute that its types know)
    try:
        return ID3(fileobj)
    except ID3NoHeaderError:
        return ID3()


def check(tag: bytes) -> None:
    """Raises TooCostly where mutagen would take very long over a whole tag: it copies what is left of the tag for
    each frame, and what is left of a text for each of its values."""
    if len(tag) < _SMALL:
        return
    from mutagen.id3._frames import Frames
    from mutagen.id3._tags import determine_bpi
    from mutagen.id3._util import BitPaddedInt, unsynch

    version, data = tag[3], tag[10:]
    if version < 4 and tag[5] & 0x80:
        data = unsynch.decode(data)
    wide = version > 2
    number = determine_bpi(data, Frames) if version == 4 else lambda size: BitPaddedInt(size, bits=8)
    copied, at, head = 0, 0, 10 if wide else 6
    while at + head <= len(data) and data[at]:
        size = int(number(data[at + 4 : at + 8] if wide else data[at + 3 : at + 6]))
        at += head
        copied += len(data) - at
        if data[at - head : at - head + 1] in (b"T", b"I", b"C", b"W"):
            copied += _cost(data, at, min(at + size, len(data)))
        if copied > _MOST_COPIED:
            raise TooCostly
        at += size


def _cost(data: bytes, start: int, stop: int) -> int:
    """About how many bytes are copied over a text frame; its first byte says how it is coded (1 and 2: UTF-16)."""
    half = (stop - start) // 2
    if data[start : start + 1] in (b"\1", b"\2"):
        # These are decoded letter by letter, which takes as long as copying some hundred bytes.
        return (data.count(b"\0\0", start, stop) + _PER_LETTER) * half
    return data.count(b"\0", start, stop) * half


def read(tags: Any, gathered: Gathered) -> None:
    """All frames: texts as fields, pictures, and the rest as binaries."""
    items: list[tuple[str, tuple[str, ...]]] = []
    for frame in tags.values():
        _frame(frame, items, gathered)
    gathered.add_keyed(items, _LOOKUP)
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


_MADE_BY_PEOPLE = {"CHAP", "CTOC", "RVA2", "USER", "SYLT", "PCST", "GRP1", "MVNM", "MVIN"}
"""Frames that aren't plain text, but that people edit: shown as text, so that an edit of them counts as one."""


def _other(name: str, frame: Any, gathered: Gathered) -> None:
    if name in _MADE_BY_PEOPLE:
        gathered.add_raw(frame.HashKey, repr(frame)[:4096])
        return
    data = getattr(frame, "data", None)
    content = data if isinstance(data, bytes) else repr(frame).encode("utf-8", "backslashreplace")
    key = getattr(frame, "owner", None) or getattr(frame, "desc", None) or ""
    gathered.add_binary(f"{name}:{key}".rstrip(":"), content)


def edit(tags: Any, edits: Mapping[str, tuple[str, ...]]) -> None:
    """Put canonical fields into mutagen's ID3 object; empty values remove a field."""
    from mutagen import id3

    for field, values in edits.items():
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
