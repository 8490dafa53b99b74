"""Reading the packets of a PAR2 file, which may be damaged or made to hurt.

Each packet carries the MD5 of itself, so what rot has left is told from what it hasn't. Only packets of five known
kinds, of one set and about files that the caller names are copied on: the par2 program never sees another name, slice
size or set. MD5 is no proof against malice; what is rebuilt is held against its BLAKE3 digest.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from musicvault.domain.paths import display
from musicvault.errors import ItemError, reason_of
from musicvault.language import tr

_MAGIC = b"PAR2\0PKT"
_HEAD = struct.Struct("<8sQ16s16s16s")
_MAIN, _FILE = b"PAR 2.0\0Main\0\0\0\0", b"PAR 2.0\0FileDesc"
_SLICES, _RECOVERY, _CREATOR = b"PAR 2.0\0IFSC\0\0\0\0", b"PAR 2.0\0RecvSlic", b"PAR 2.0\0Creator\0"
_WINDOW = 1 << 20
_SMALL = 1 << 20
"""Bytes of a packet's body that are kept in memory, where it isn't a recovery slice."""
_LARGEST = 128 << 20
_MOST_READ = 4
"""So many times the file's size is read before it is taken for one that was made to keep a reader busy."""


class Member(NamedTuple):
    """A file that the set is about: its name below the base path, size and MD5."""

    name: bytes
    size: int
    md5: bytes
    md5_of_start: bytes


class _Packet(NamedTuple):
    offset: int
    length: int
    set_id: bytes
    kind: bytes
    body: bytes


@dataclass(slots=True)
class Contents:
    """What the sound packets of a file say. `slice_size` is 0 where nothing says so; `recovery` counts the slices
    that can be made good; `places` are the packets of the set as (offset, length)."""

    slice_size: int = 0
    members: dict[bytes, Member] = field(default_factory=dict)
    recovery: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


def read(path: bytes) -> Contents:
    """What a PAR2 file says, as far as it is sound. Raises ItemError("read") where it can't be read, or is made to keep
    a reader busy."""
    try:
        with _opened(path) as file:
            return _contents(list(_packets(file, path)))
    except OSError as error:
        raise ItemError(display(path), "read", reason_of(error)) from error


def copy_clean(path: bytes, target: bytes, wanted: Mapping[bytes, int], each: int) -> Contents:
    """Write the sound packets of the set into the new file `target`, if they are about the files `wanted` (name to
    size) and no others, in slices of `each` bytes.

    Raises ItemError("read") where they are about anything else: a file that lies is of no use.
    """
    found = read(path)
    strangers = [one.name for one in found.members.values() if wanted.get(one.name) != one.size]
    if strangers:
        raise ItemError(
            display(path), "read", tr("it speaks of a file that is none of its set: {name}", name=display(strangers[0]))
        )
    if found.slice_size not in (0, each):
        raise ItemError(display(path), "read", tr("its slices have another size than was recorded"))
    try:
        with _opened(path) as file, open(target, "xb") as out:
            for offset, length in found.places:
                file.seek(offset)
                _copy(file, out, length, path)
    except OSError as error:
        raise ItemError(display(path), "read", reason_of(error)) from error
    return found


def _copy(file: BinaryIO, out: BinaryIO, length: int, path: bytes) -> None:
    while length:
        piece = file.read(min(_WINDOW, length))
        if not piece:
            raise ItemError(display(path), "read", tr("it changed while it was read"))
        out.write(piece)
        length -= len(piece)


def starts_as(path: bytes, member: Member) -> bool:
    """Whether the first 16 KiB of a file are those of the member. False where they can't be read."""
    try:
        with _opened(path) as file:
            return hashlib.md5(file.read(16 << 10), usedforsecurity=False).digest() == member.md5_of_start
    except OSError:
        return False


def _opened(path: bytes) -> BinaryIO:
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    return os.fdopen(handle, "rb")


def _packets(file: BinaryIO, path: bytes) -> Iterator[_Packet]:
    size = os.fstat(file.fileno()).st_size
    offset, budget = 0, _MOST_READ * size + _WINDOW
    while (offset := _next_magic(file, offset, size)) >= 0:
        file.seek(offset)
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        _, length, digest, set_id, kind = _HEAD.unpack(head)
        sound = _HEAD.size <= length <= min(_LARGEST, size - offset) and length % 4 == 0
        body = _body(file, length - _HEAD.size, digest, head[32:]) if sound else None
        budget -= length if sound else _HEAD.size
        if budget < 0:
            raise ItemError(display(path), "read", tr("it is no PAR2 file that a program wrote"))
        if body is None:
            offset += len(_MAGIC)
            continue
        yield _Packet(offset, length, set_id, kind, body)
        offset += length


def _next_magic(file: BinaryIO, offset: int, size: int) -> int:
    """Where the next packet may begin; -1 where none does."""
    while offset < size:
        file.seek(offset)
        window = file.read(_WINDOW)
        if not window:
            return -1
        at = window.find(_MAGIC)
        if at >= 0:
            return offset + at
        offset += max(1, len(window) - len(_MAGIC) + 1)
    return -1


def _body(file: BinaryIO, length: int, digest: bytes, start: bytes) -> bytes | None:
    """The body of a packet (its first MiB), None where the packet's own MD5 says that it is damaged."""
    md5 = hashlib.md5(start, usedforsecurity=False)
    kept = b""
    while length:
        piece = file.read(min(_WINDOW, length))
        if not piece:
            return None
        md5.update(piece)
        kept = kept or piece[:_SMALL]
        length -= len(piece)
    return kept if md5.digest() == digest else None


def _contents(packets: list[_Packet]) -> Contents:
    found = Contents()
    main = next((one for one in packets if _is_main(one)), None)
    if main is None:
        return found
    found.slice_size, _ = struct.unpack_from("<QI", main.body)
    listed = {main.body[at : at + 16] for at in range(12, len(main.body) - 15, 16)}
    exponents: set[bytes] = set()
    for one in packets:
        if one.set_id != main.set_id or one.kind not in (_MAIN, _FILE, _SLICES, _RECOVERY, _CREATOR):
            continue
        if one.kind == _MAIN and not _is_main(one):
            continue
        if one.kind == _FILE:
            member = _member(one.body)
            if member is None or one.body[:16] not in listed:
                continue
            found.members[one.body[:16]] = member
        if one.kind == _RECOVERY:
            if one.length != _HEAD.size + 4 + found.slice_size:
                continue
            exponents.add(one.body[:4])
        found.places.append((one.offset, one.length))
    found.recovery = len(exponents)
    return found


def _is_main(one: _Packet) -> bool:
    """The set's id is the MD5 of its main packet, so there is one main packet to a set."""
    if one.kind != _MAIN or len(one.body) < 12 or one.length - _HEAD.size > _SMALL:
        return False
    return hashlib.md5(one.body, usedforsecurity=False).digest() == one.set_id


def _member(body: bytes) -> Member | None:
    """A file's name, size and digests; None where they aren't those that its id was made of."""
    if len(body) < 60:
        return None
    ident, md5, start, size = struct.unpack_from("<16s16s16sQ", body)
    name = body[56:].rstrip(b"\0")
    made = hashlib.md5(start + struct.pack("<Q", size) + name, usedforsecurity=False).digest()
    return Member(name, size, md5, start) if made == ident else None
