"""Ogg (RFC 3533) with Vorbis, Opus (RFC 7845), FLAC or Speex inside, grouped and chained streams included.

A retag repaginates: page headers and checksums change, packets don't. The essence of a stream is the digest of its
packet bodies and of its lacing values (which fix the packets' lengths and, run together, don't depend on how pages
are cut), both without the comment packet. Pictures count only where there is no sound, subtitles and skeletons
never.
"""

from __future__ import annotations

from blake3 import blake3

from musicvault.audio.formats.layout import Format, extensions, magic
from musicvault.domain.values import Essence

_CAPTURE = b"OggS"
BEGINS = 0x02
"""Flag of a page with which a stream begins."""
_MOST_STREAMS = 4096


def codec_of(packet: bytes) -> str:
    """The audio codec that a stream's first packet names, empty for anything else."""
    if packet.startswith(b"\x01vorbis"):
        return "vorbis"
    if packet.startswith(b"OpusHead"):
        return "opus"
    if packet.startswith(b"Speex   "):
        return "speex"
    if packet.startswith((b"\x7fFLAC", b"fLaC")):
        return "flac"
    return ""


def stream_of(packet: bytes) -> str:
    """The codec of any stream that has a comment packet: audio, and Theora's pictures."""
    return "theora" if packet.startswith(b"\x80theora") else codec_of(packet)


class _Stream:
    """One logical stream. `heading` lasts until the comment packet is behind it; from then
    on whole pages go to the digests without a look inside."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.heading = True
        self.size = 0
        self._bodies = blake3()
        self._lacing = blake3()
        self._packets = 0
        self._inside = False
        self._kept = True
        self._cut = 0
        self._last = 0

    def page(self, table: bytes, body: memoryview) -> None:
        if self.heading:
            self._page_of_headers(table, body)
        else:
            self._bodies.update(body)
            self._lace(table)
            self.size += len(body)

    def _lace(self, table: bytes) -> None:
        """Lacing values but those of empty packets, which some encoders leave at the end and every remux drops."""
        if 0 in table:
            behind = bytes([self._last]) + table
            table = bytes(value for value, last in zip(table, behind, strict=False) if value or last == 255)
        self._last = table[-1] if table else self._last
        self._lacing.update(table)

    def _page_of_headers(self, table: bytes, body: memoryview) -> None:
        at = 0
        for index, length in enumerate(table):
            segment = body[at : at + length]
            if not self._inside:
                self._begin(bytes(segment[:16]))
            if not self.heading:  # the first packet of sound shares a page with headers
                self._bodies.update(body[at:])
                self._lace(table[index:])
                self.size += len(body) - at
                return
            if self._kept:
                # Ogg FLAC's first packet counts the header packets that follow; a retag may change it.
                kept = segment[self._cut :]
                self._bodies.update(kept)
                self._lacing.update(table[index : index + 1])
                self.size += len(kept)
                self._cut = 0
            at += length
            self._inside = length == 255
            if not self._inside:
                self._packets += 1

    def _begin(self, start: bytes) -> None:
        if self.codec == "flac":
            self._kept = self._packets == 0
            self._cut = 9 if self._packets == 0 and start.startswith(b"\x7fFLAC") else 0
            if start[:1] == b"\xff" and self._packets:
                self.heading = False
        else:
            self._kept = self._packets != 1
            if self._packets > 1:
                self.heading = False

    def digest(self) -> bytes:
        return self._bodies.digest() + self._lacing.digest()


class OggReader:
    """Cuts a stream of chunks into pages. A page is at most 65,307 bytes, so little is carried over."""

    def __init__(self) -> None:
        self._carry = b""
        self._stray = blake3()
        self._strayed = False
        self._foreign: set[bytes] = set()
        self._current: dict[bytes, _Stream | None] = {}
        self._all: list[_Stream] = []

    def feed(self, chunk: memoryview) -> None:
        data = self._carry + bytes(chunk)
        view = memoryview(data)
        size = len(data)
        at = 0
        while True:
            if data[at : at + 4] != _CAPTURE:
                at = data.find(_CAPTURE, at)
                if at < 0:
                    self._carry = data[-3:] if size >= 3 else data
                    return
            body = at + 27
            if body > size:
                break
            table = data[body : body + data[at + 26]]
            body += data[at + 26]
            end = body + sum(table)
            if end > size:
                break
            self._page(data[at + 5], data[at + 14 : at + 18], table, view[body:end])
            at = end
        self._carry = data[at:]

    def _page(self, flags: int, serial: bytes, table: bytes, body: memoryview) -> None:
        if flags & BEGINS or serial not in self._current:
            codec = stream_of(bytes(body[:16])) if flags & BEGINS else ""
            if not flags & BEGINS:
                self._foreign.add(serial)
            stream = _Stream(codec) if codec else None
            self._current[serial] = stream
            if stream is not None and len(self._all) < _MOST_STREAMS:
                self._all.append(stream)
            if len(self._current) > _MOST_STREAMS:
                self._current = {serial: stream}
                self._foreign &= {serial}
        stream = self._current[serial]
        if stream is not None:
            stream.page(table, body)
        elif serial in self._foreign:
            self._astray(body)

    def finish(self) -> Essence | None:
        self._last_piece()
        present = [stream for stream in self._all if not stream.heading and stream.size]
        # Of a film the sound counts; of one without sound, the pictures.
        streams = [stream for stream in present if stream.codec != "theora"] or present
        if not streams:
            return None
        kind = "ogg/" + "+".join(sorted({stream.codec for stream in streams}))
        stray = self._stray.digest() if self._strayed else b""
        digest = blake3(b"".join(stream.digest() for stream in streams) + stray).digest()
        return Essence(kind, digest, sum(stream.size for stream in streams))

    def _astray(self, data: bytes | memoryview) -> None:
        """Pages of no stream that has begun, which only damage leaves, may be sound: a change in them counts."""
        self._stray.update(data)
        self._strayed = True

    def _last_piece(self) -> None:
        """A file that was cut inside a page, or whose page claims more than there is: what is there counts."""
        rest = self._carry
        if len(rest) > 27 and rest.startswith(_CAPTURE):
            stream = self._current.get(rest[14:18])
            body = 27 + rest[26]
            if stream is not None and not stream.heading and len(rest) > body:
                stream.page(rest[27:body], memoryview(rest)[body:])
            else:
                self._astray(rest)
        self._carry = b""


FORMAT = Format(
    name="ogg",
    extensions=extensions("ogg oga opus spx ogv ogx oggflac oggtheora"),
    score=magic(_CAPTURE),
    reader=OggReader,
)
