"""Files made by hand, byte by byte, so that a test knows exactly where their sound lies."""

from __future__ import annotations

import struct

from musicvault.audio import essence
from musicvault.domain.values import Essence

FRAME = b"\xff\xfb\x90\x00" + bytes(range(1, 207)) + bytes(range(1, 208))
"""One MPEG-1 layer 3 frame of 128 kbit/s at 44.1 kHz: 417 bytes."""

SOUND = FRAME * 4


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3v2(text: str = "Title", padding: int = 0, flags: int = 0) -> bytes:
    content = b"\3" + text.encode()
    body = b"TIT2" + synchsafe(len(content)) + b"\0\0" + content + bytes(padding)
    footer = b"3DI\4\0" + bytes([flags]) + synchsafe(len(body)) if flags & 0x10 else b""
    return b"ID3\4\0" + bytes([flags]) + synchsafe(len(body)) + body + footer


def id3v1(title: bytes = b"Old title") -> bytes:
    return b"TAG" + title.ljust(30, b"\0") + bytes(94) + b"\xff"


def lyrics3() -> bytes:
    body = b"LYRICSBEGIN" + b"LYR00005hello"
    return body + b"%06d" % len(body) + b"LYRICS200"


def ape(items: dict[str, bytes], header: bool = True) -> bytes:
    body = b"".join(struct.pack("<II", len(value), 0) + key.encode() + b"\0" + value for key, value in items.items())
    fields = struct.pack("<III", 2000, len(body) + 32, len(items))
    head = b"APETAGEX" + fields + struct.pack("<I8x", 0xA0000000) if header else b""
    return head + body + b"APETAGEX" + fields + struct.pack("<I8x", 0x80000000 if header else 0)


def flac(
    comments: tuple[bytes, ...] = (b"TITLE=One",), padding: int = 0, sound: bytes = b"\xff\xf8" + bytes(99)
) -> bytes:
    info = bytes.fromhex("10001000000000000000") + bytes.fromhex("0ac442f000000000") + bytes(16)
    block = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(comments))
    block += b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    blocks = [(0, info), (4, block)] + ([(1, bytes(padding))] if padding else [])
    out = b"fLaC"
    for index, (kind, body) in enumerate(blocks):
        last = 0x80 if index == len(blocks) - 1 else 0
        out += bytes([kind | last]) + len(body).to_bytes(3, "big") + body
    return out + sound


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def chunk(name: bytes, body: bytes, order: str = "<") -> bytes:
    return name + struct.pack(order + "I", len(body)) + body + b"\0" * (len(body) & 1)


def wave(*extra: bytes, samples: bytes = bytes(range(100))) -> bytes:
    fmt = struct.pack("<HHIIHH", 1, 2, 44100, 176400, 4, 16)
    body = b"WAVE" + chunk(b"fmt ", fmt) + chunk(b"data", samples) + b"".join(extra)
    return chunk(b"RIFF", body)


def ogg_pages(
    serial: int, packets: list[bytes], segments: int = 255, first: bool = True, last: bool = True
) -> list[bytes]:
    """Packets of one stream cut into pages of at most so many segments. Checksums are left 0."""
    lacing: list[tuple[int, bytes]] = []
    for packet in packets:
        for start in range(0, len(packet) + 1, 255):
            piece = packet[start : start + 255]
            lacing.append((len(piece), piece))
    pages = []
    for number, start in enumerate(range(0, len(lacing), segments)):
        part = lacing[start : start + segments]
        flags = (2 if first and number == 0 else 0) | (4 if last and start + segments >= len(lacing) else 0)
        head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<III", serial, number, 0)
        pages.append(head + bytes([len(part)]) + bytes(length for length, _ in part) + b"".join(p for _, p in part))
    return pages


def essence_of(data: bytes, name: bytes = b"", size: int = 1 << 20) -> Essence | None:
    """The essence of a whole file, fed in chunks of `size` bytes."""
    reader = essence.begin(lambda at, length: data[at : at + length], len(data), name)
    for start in range(0, len(data), size):
        reader.feed(memoryview(data)[start : start + size])
    return reader.finish()
