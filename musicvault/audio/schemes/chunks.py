"""Texts that RIFF and IFF files keep in chunks of their own: `LIST INFO`, and AIFF's `NAME`, `AUTH`, `ANNO`, `(c) `."""

from __future__ import annotations

from collections.abc import Iterable

from musicvault.audio.schemes import names
from musicvault.audio.schemes.gathering import Gathered

_LOOKUP = names.lookup("riff") | {"itrk": ("track", 0), "iprt": ("track", 1), "trck": ("track", 2)}
_LARGEST = 1 << 20
_AIFF_TEXTS = frozenset((b"NAME", b"AUTH", b"ANNO", b"(c) "))


def info_items(body: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """The entries of a `LIST INFO` chunk's body (behind the word INFO)."""
    found: list[tuple[str, tuple[str, ...]]] = []
    at = 0
    while at + 8 <= len(body) and len(found) < 512:
        size = int.from_bytes(body[at + 4 : at + 8], "little")
        found.append((body[at : at + 4].decode("latin-1"), (text_of(body[at + 8 : at + 8 + size]),)))
        at += 8 + size + (size & 1)
        # Some writers forget the padding byte behind odd sizes.
        if size & 1 and body[at - 1 : at] not in (b"", b"\0"):
            at -= 1
    return found


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
            items += info_items(body[4:])
        elif name in _AIFF_TEXTS:
            items.append((name.decode("latin-1"), (text_of(body),)))
    gathered.add_keyed(items, _LOOKUP)


def is_text(name: bytes) -> bool:
    return name == b"LIST" or name in _AIFF_TEXTS


LARGEST = _LARGEST
