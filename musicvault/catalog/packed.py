"""How values are put into columns: tags and streams packed, for they are only read again to judge or to show."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields

from musicvault.domain.values import Picture, Stat, Stream, Wrapper

_WORTH_PACKING = 1024
# `json.dumps` would make an encoder for each call.
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encoded_ascii = json.JSONEncoder(separators=(",", ":")).encode


def pack_wrapper(wrapper: Wrapper) -> bytes:
    if not wrapper.fields and not wrapper.pictures and not wrapper.binaries and wrapper.solid is None:
        return b""
    plain = {
        "fields": {name: list(values) for name, values in wrapper.fields.items()},
        "pictures": [[p.role, p.mime, p.size, p.digest.hex(), p.parts.hex()] for p in wrapper.pictures],
        "binaries": [[name, size, digest.hex()] for name, size, digest in wrapper.binaries],
        "solid": wrapper.solid.hex() if wrapper.solid is not None else None,
    }
    text = _encoded(plain).encode("utf-8", "surrogatepass")
    return zlib.compress(text, 1) if len(text) > _WORTH_PACKING else text


def unpack_wrapper(packed: bytes) -> Wrapper:
    if not packed:
        return Wrapper()
    text = packed if packed.startswith(b"{") else zlib.decompress(packed)  # zlib never begins with a brace
    plain = json.loads(text.decode("utf-8", "surrogatepass"))
    return Wrapper(
        fields={name: tuple(values) for name, values in plain["fields"].items()},
        pictures=tuple(Picture(r, m, s, bytes.fromhex(d), bytes.fromhex(p)) for r, m, s, d, p in plain["pictures"]),
        binaries=tuple((name, size, bytes.fromhex(digest)) for name, size, digest in plain["binaries"]),
        solid=None if plain["solid"] is None else bytes.fromhex(plain["solid"]),
    )


def pack_stream(stream: Stream) -> str:
    named = {name: getattr(stream, name) for name in _STREAM_FIELDS}
    return _encoded_ascii({name: value for name, value in named.items() if value})


_STREAM_FIELDS = tuple(field.name for field in fields(Stream))


def stat_columns(stat: Stat) -> tuple[int, int, int, int, int]:
    """A replica's size, mtime_ns, ctime_ns, inode and links."""
    return (stat.size, stat.mtime_ns, stat.ctime_ns, signed(stat.inode), stat.links)


def signed(number: int) -> int:
    """SQLite's integers are signed: inodes above 2**63 (ZFS, ReFS) wrap around, both when stored and compared."""
    return number - (1 << 64) if number >= 1 << 63 else number
