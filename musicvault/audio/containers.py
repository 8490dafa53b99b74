"""What each container says about its sound and, where the tag is part of the container, its tags.

One function per container, registered in `READERS` under the format's name. Tags that stand around a file (ID3, APE)
are `tags`' business. All of it runs over hostile bytes, so callers guard every call.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from musicvault.audio.formats import dsd, riff
from musicvault.audio.formats.layout import Source
from musicvault.audio.schemes import asf, chunks, id3, mp4, vorbis
from musicvault.audio.schemes.gathering import Gathered
from musicvault.domain.values import Stream

_LARGEST_TAG = 1 << 26


def stream_of(container: str, codec: str, info: Any, lossless: bool | None) -> Stream:
    """mutagen's stream information as ours; what it doesn't know is 0."""

    def number(name: str) -> int:
        value = getattr(info, name, 0)
        return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 40 else 0

    length = getattr(info, "length", 0.0)
    return Stream(
        container=container,
        codec=codec,
        duration=float(length) if isinstance(length, int | float) and 0 <= length < 1e9 else 0.0,
        sample_rate=number("sample_rate"),
        channels=number("channels"),
        bits=number("bits_per_sample") or number("sample_size"),
        bitrate=number("bitrate"),
        lossless=lossless,
    )


def _flac(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.flac import FLAC, CueSheet, Padding, Picture, StreamInfo, VCFLACDict

    flac = FLAC(file)
    if flac.tags is not None:
        vorbis.read(flac.tags, gathered)
    for block in flac.metadata_blocks:
        if isinstance(block, Picture):
            vorbis.picture_block(block, gathered)
        elif isinstance(block, VCFLACDict | Padding):
            continue
        elif isinstance(block, CueSheet):
            gathered.add_binary("CUESHEET", block.write())
        elif isinstance(block, StreamInfo):
            gathered.add_binary("STREAMINFO", block.write())
        else:
            data = block.write()
            gathered.add_binary(f"block {block.code}:{data[:4].hex() if block.code == 2 else ''}".rstrip(":"), data)
    return stream_of("flac", "flac", flac.info, lossless=True)


_OGG = (
    (b"OpusHead", "mutagen.oggopus", "OggOpus", "opus"),
    (b"\x01vorbis", "mutagen.oggvorbis", "OggVorbis", "vorbis"),
    (b"\x7fFLAC", "mutagen.oggflac", "OggFLAC", "flac"),
    (b"Speex   ", "mutagen.oggspeex", "OggSpeex", "speex"),
    (b"\x80theora", "mutagen.oggtheora", "OggTheora", "theora"),
)


def ogg_class(source: Source) -> tuple[Any, str]:
    """mutagen's class for the first known stream and its codec. In a film with sound the film's comments count."""
    from importlib import import_module

    head = source.read_at(0, 4096)
    present = [(head.find(word), module, name, codec) for word, module, name, codec in _OGG if word in head]
    if not present:
        raise ValueError("no stream in it is known")
    _, module, name, codec = min(present)
    return getattr(import_module(module), name), codec


def _ogg(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    kind, codec = ogg_class(source)
    opened = kind(file)
    vorbis.read(opened.tags, gathered)
    stream = stream_of("ogg", codec, opened.info, lossless=codec == "flac")
    return replace(stream, sample_rate=48000) if codec == "opus" else stream  # RFC 7845: always decoded at 48 kHz


def _mp4(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.mp4 import MP4

    opened = MP4(file)
    if opened.tags is not None:
        mp4.read(opened.tags, gathered)
    for chapter in getattr(opened, "chapters", None) or ():
        gathered.add_raw("chapter", f"{chapter.start:.3f} {chapter.title}")
    info: Any = opened.info
    codec = str(info.codec).partition(".")[0]
    codec = {"mp4a": "aac", "samr": "amr"}.get(codec, codec)
    return stream_of("mp4", codec, info, lossless=codec in ("alac", "fLaC"))


def _asf(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.asf import ASF

    opened = ASF(file)
    asf.read(opened.tags, gathered)
    info: Any = opened.info
    return stream_of("asf", "wma", info, lossless="lossless" in info.codec_type.casefold())


def _mpeg(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.mp3 import MPEGInfo

    info = MPEGInfo(file, source.start)
    return stream_of("mpeg", f"mp{info.layer}", info, lossless=False)


_BARE = {
    "wavpack": ("mutagen.wavpack", "WavPackInfo", True),
    "tta": ("mutagen.trueaudio", "TrueAudioInfo", True),
    "ape": ("mutagen.monkeysaudio", "MonkeysAudioInfo", True),
    "musepack": ("mutagen.musepack", "MusepackInfo", False),
    "optimfrog": ("mutagen.optimfrog", "OptimFROGInfo", None),
    "tak": ("mutagen.tak", "TAKInfo", True),
    "aac": ("mutagen.aac", "AACInfo", False),
    "ac3": ("mutagen.ac3", "AC3Info", False),
}


def _bare(name: str) -> Callable[[Source, BinaryIO, Gathered], Stream]:
    def read(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
        from importlib import import_module

        module, kind, lossless = _BARE[name]
        make = getattr(import_module(module), kind)
        if name == "tta":
            info = make(file, source.start)
        elif name == "tak":
            # TAK's parser trusts where the file stands.
            file.seek(source.start)
            info = make(file)
        else:
            info = make(file)
        return stream_of(name, name, info, lossless)

    return read


_WAVE_CODECS = {1: "pcm", 3: "pcm float", 6: "alaw", 7: "mulaw", 0x50: "mp2", 0x55: "mp3", 0x161: "wma", 0x2000: "ac3"}


def _wave(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    order = riff.order_of(source)
    pieces = _chunks(source, order, gathered)
    layout = riff.wave_layout(source)
    fmt = layout.prefix if layout is not None else b""
    if len(fmt) < 16:
        raise ValueError("no fmt chunk in it")

    def number(start: int, stop: int) -> int:
        return int.from_bytes(fmt[start:stop], order)

    tag = number(0, 2)
    if tag == 0xFFFE and len(fmt) >= 26:
        tag = number(24, 26)
    rate = number(8, 12)
    codec = _WAVE_CODECS.get(tag, f"0x{tag:04x}")
    _texts(pieces, gathered)
    return Stream(
        container="wave",
        codec=codec,
        duration=layout.size / rate if layout is not None and rate else 0.0,
        sample_rate=number(4, 8),
        channels=number(2, 4),
        bits=number(14, 16),
        bitrate=rate * 8,
        lossless=codec.startswith("pcm"),
    )


def _aiff(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.aiff import AIFFInfo

    _texts(_chunks(source, "big", gathered), gathered)
    layout = riff.aiff_layout(source)
    prefix = layout.prefix if layout is not None else b""
    codec = prefix[18:22].decode("latin-1").strip() if len(prefix) >= 22 else "pcm"
    codec = "pcm" if codec in ("NONE", "sowt", "twos") else codec.lower()
    return stream_of("aiff", codec, AIFFInfo(file), lossless=codec == "pcm")


def _chunks(source: Source, order: riff.Order, gathered: Gathered) -> list[tuple[bytes, bytes]]:
    """The text chunks of a RIFF or IFF file. Its ID3 chunk goes straight into `gathered`, others are told by digest."""
    texts: list[tuple[bytes, bytes]] = []
    for name, body, end in riff.chunks(source, order):
        if name in (b"id3 ", b"ID3 ") and end - body <= _LARGEST_TAG:
            tag = source.read_at(body, end - body)
            id3.prepare(tag)
            id3.read(id3.load(io.BytesIO(tag)), gathered)
        elif chunks.is_text(name) and end - body <= chunks.LARGEST:
            content = source.read_at(body, end - body)
            if name != b"LIST" or content[:4] == b"INFO":
                texts.append((name, content))
        elif name not in riff.SOUND and end - body <= chunks.LARGEST:
            gathered.add_binary(name.decode("latin-1").strip(), source.read_at(body, end - body))
    return texts


def _texts(pieces: list[tuple[bytes, bytes]], gathered: Gathered) -> None:
    own = Gathered()
    chunks.read(pieces, own)
    gathered.join("riff", own)


def own_id3(source: Source) -> bytes:
    """The ID3 tag inside of a WAV, AIFF, DSF or DSDIFF file, empty where there is none."""
    start = stop = 0
    if source.head[:4] == b"DSD ":
        start, stop = int.from_bytes(source.read_at(20, 8), "little"), source.size
    else:
        found = dsd.chunks(source) if source.head[:4] == b"FRM8" else riff.chunks(source, riff.order_of(source))
        for name, body, end in found:
            if name in (b"ID3 ", b"id3 "):
                start, stop = body, end
    return source.read_at(start, stop - start) if 0 < start < stop <= start + _LARGEST_TAG else b""


def _dsf(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.dsf import DSF

    id3.prepare(own_id3(source))
    opened = DSF(file)
    if opened.tags is not None:
        id3.read(opened.tags, gathered)
    return stream_of("dsf", "dsd", opened.info, lossless=True)


def _dsdiff(source: Source, file: BinaryIO, gathered: Gathered) -> Stream:
    from mutagen.dsdiff import DSDIFF

    id3.prepare(own_id3(source))
    opened = DSDIFF(file)
    if opened.tags is not None:
        id3.read(opened.tags, gathered)
    info: Any = opened.info
    return stream_of("dsdiff", info.compression.lower(), info, lossless=True)


READERS: dict[str, Callable[[Source, BinaryIO, Gathered], Stream]] = {
    "flac": _flac,
    "mpeg": _mpeg,
    "ogg": _ogg,
    "mp4": _mp4,
    "asf": _asf,
    "wave": _wave,
    "aiff": _aiff,
    "dsf": _dsf,
    "dsdiff": _dsdiff,
    **{name: _bare(name) for name in _BARE},
}
