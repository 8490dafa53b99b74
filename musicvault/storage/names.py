"""Safe names for copies: any file system and tool can hold them, and the original can be told from them.

What changes (design.md section 6): bytes that aren't UTF-8; `< > : " \\ | ? *` and names of DOS devices (FAT, exFAT,
NTFS); `%`, control characters, Unicode line separators, blanks at either end and a trailing dot (bagit.py, sha256sum
and Windows read them differently). All else, emoji too, stays as it is. Three forms, all beginning with `=`:

- `=3A` a byte in upper-case hexadecimal;
- `=+2` before the extension: the second of names that differ only in case or normal form (`Ä` composed or not);
- `=~0123456789abcdef` before the extension: the name was too long for 255 bytes with its escapes, this is a digest
  of the whole. Such a name can't be turned back; catalog and journal keep the original.

A `=` of the original is escaped only where it would look like one of these, so Ed Sheeran's album keeps its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from blake3 import blake3

from musicvault.domain.paths import RelPath, folded, join

LONGEST = 255
"""Bytes of one name: ext4, XFS, Btrfs; FAT, exFAT and NTFS count 255 UTF-16 units, never more bytes than that."""

Occupant = Callable[[str], RelPath | None]
"""Given the folded text of a safe path (`folded`), the original path that already has it, None where it is free."""

_LONGEST_EXTENSION = 16
_ROOM_FOR_TWINS = 8
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"\\|?*%\u2028\u2029\ufffe\uffff\udc80-\udcff]'
    r"|=(?=[0-9A-F]{2}|\+[0-9]|~[0-9a-f]{16})"
)
_BLANK = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
_EDGE = re.compile(rf"\A[{_BLANK}]|[{_BLANK}.]\Z")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|\Z)", re.IGNORECASE)
_ESCAPE = re.compile(rb"=([0-9A-F]{2})")
_TWIN = re.compile(rb"=\+[0-9]+(?=(?:\.[^.]*)?\Z)")
_SHORT = re.compile(rb"=~[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Safe:
    """A safe path. Not `reversible`: some name on the way was too long and is shortened."""

    path: RelPath
    reversible: bool


def nobody(text: str) -> RelPath | None:
    """The occupant of every path in an empty folder."""
    return None


def safe(path: RelPath, occupant: Occupant = nobody) -> Safe:
    """The safe form of a path below a library's root, each name of it for itself, none taken by another original.

    `occupant` is asked for files and for the folders above them: `Artist` and `artist` are two folders in a library
    and would be one on exFAT. The same path gives the same answer as long as the occupants are the same.
    """
    original = b""
    found = b""
    reversible = True
    for name in path.split(b"/"):
        original = join(original, name)
        plain, exact = _safe_name(name)
        reversible = reversible and exact
        found = _apart(join(found, plain), original, occupant)
    return Safe(found, reversible)


def fold(path: RelPath) -> str:
    """The text under which the occupant of a safe path is looked up."""
    return folded(path.decode("utf-8", "surrogateescape"))


def original(path: RelPath) -> RelPath | None:
    """What a safe path was made from; None where a name on the way is a shortened one."""
    if _SHORT.search(path):
        return None
    return b"/".join(_original_name(name) for name in path.split(b"/"))


def without_numbers(path: RelPath) -> RelPath:
    """A safe path without the marks that keep twins apart."""
    return b"/".join(_TWIN.sub(b"", name) for name in path.split(b"/"))


def _original_name(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), _TWIN.sub(b"", name))


def _safe_name(name: bytes) -> tuple[bytes, bool]:
    text = name.decode("utf-8", "surrogateescape")
    text = _UNSAFE.sub(lambda match: _escaped(match[0]), text)
    text = _EDGE.sub(lambda match: _escaped(match[0]), text)
    if _DEVICE.match(text):
        text = _escaped(text[0]) + text[1:]
    plain = text.encode("utf-8")
    if len(plain) <= LONGEST:
        return plain, True
    return _shortened(plain, name), False


def _escaped(text: str) -> str:
    return "".join(f"={byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def _shortened(plain: bytes, name: bytes) -> bytes:
    stem, extension = _split_extension(plain)
    tail = b"=~" + blake3(name).digest()[:8].hex().encode("ascii") + extension
    head = stem[: LONGEST - _ROOM_FOR_TWINS - len(tail)]
    # Neither half an escape nor half a character at the cut.
    head = re.sub(rb"=[0-9A-F]?\Z", b"", head).decode("utf-8", "ignore").encode("utf-8")
    return head + tail


def _split_extension(plain: bytes) -> tuple[bytes, bytes]:
    stem, dot, extension = plain.rpartition(b".")
    if stem and dot and len(extension) <= _LONGEST_EXTENSION:
        return stem, dot + extension
    return plain, b""


def _apart(path: RelPath, original: RelPath, occupant: Occupant) -> RelPath:
    candidate = path
    number = 1
    while occupant(fold(candidate)) not in (None, original):
        number += 1
        candidate = numbered(path, number)
    return candidate


def numbered(path: RelPath, number: int) -> RelPath:
    """A safe path as that of a twin. It stands for the same original."""
    folder, _, name = path.rpartition(b"/")
    stem, extension = _split_extension(name)
    mark = b"=+%d" % number
    if len(stem) + len(mark) + len(extension) > LONGEST:
        stem = _shortened(name, name).removesuffix(extension)
    return join(folder, stem + mark + extension)
