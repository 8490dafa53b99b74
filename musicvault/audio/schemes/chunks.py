"""Texts that RIFF and IFF files keep in chunks of their own: `LIST INFO`, and AIFF's `NAME`, `AUTH`, `ANNO`, `(c) `."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered

_LOOKUP = names.lookup("riff") | {"itrk": ("track", 0), "iprt": ("track", 1), "trck": ("track", 2)}
_MOST_ENTRIES = 512
_AIFF_TEXTS = frozenset((b"NAME", b"AUTH", b"ANNO", b"(c) "))


def _info_texts(body: bytes) -> Iterator[tuple[str, int, int]]:
    """Where the texts of a `LIST INFO` chunk stand in its body, as (key, start, end)."""
    at = 4
    for _ in range(_MOST_ENTRIES):
        if at + 8 > len(body):
            return
        size = int.from_bytes(body[at + 4 : at + 8], "little")
        yield body[at : at + 4].decode("latin-1"), at + 8, min(at + 8 + size, len(body))
        at += 8 + size + (size & 1)
        # Some writers forget the padding byte behind odd sizes.
        if size & 1 and body[at - 1 : at] not in (b"", b"\0"):
            at -= 1


def text_of(raw: bytes) -> str:
    """Neither format says how its text is coded: UTF-8 where it is valid, else Windows' Western code page."""
    raw = raw.partition(b"\0")[0]
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").strip()


def read(pieces: Iterable[tuple[bytes, bytes]], gathered: Gathered) -> None:
    """Text chunks as (name, body)."""
    items: list[tuple[str, tuple[str, ...]]] = []
    for name, body in pieces:
        if name == b"LIST" and body[:4] == b"INFO":
            items += ((key, (text_of(body[start:stop]),)) for key, start, stop in _info_texts(body))
        elif name in _AIFF_TEXTS:
            items.append((name.decode("latin-1"), (text_of(body),)))
    gathered.add_keyed(items, _LOOKUP)


def patches(name: bytes, body: bytes, edits: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, bytes]]:
    """Replacements of equal length, as (offset in the chunk's body, bytes), for fields that are edited.

    The new value where it fits, else nothing: the ID3 chunk then speaks alone. So no chunk moves or grows.
    """
    if name == b"LIST" and body[:4] == b"INFO":
        for key, start, stop in _info_texts(body):
            yield from _patch(key, start, stop, edits)
    elif name in _AIFF_TEXTS:
        yield from _patch(name.decode("latin-1"), 0, len(body), edits)


def _patch(key: str, start: int, stop: int, edits: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, bytes]]:
    field = _LOOKUP.get(key.casefold(), ("", 0))[0]
    if field in edits:
        text = "; ".join(edits[field]).encode()
        # RIFF texts end with a zero.
        yield start, (text if len(text) < stop - start else b"").ljust(stop - start, b"\0")


def is_text(name: bytes) -> bool:
    return name == b"LIST" or name in _AIFF_TEXTS


LARGEST = 1 << 20
"""Bytes of a text chunk beyond which it isn't looked at."""
