"""Whatever bytes come: nothing is raised, nothing runs for ever, and chunks don't matter.

Time is not measured: parsers are bounded by what they may read, copy and unpack, and most tests here would take
minutes to hours without those bounds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.audio import container_metadata, tags
from musicvault.audio.formats import FORMATS
from musicvault.domain.values import Stream
from tests.unit.audio.made import SOUND, ape, box, essence_of, flac, id3v1, id3v2, ogg_pages, synchsafe, wave

SEEDS = (
    id3v2() + SOUND + ape({"Title": b"One"}) + id3v1(),
    flac((b"TITLE=One", b"METADATA_BLOCK_PICTURE=AAAA"), padding=50),
    box(b"ftyp", b"M4A ") + box(b"moov", box(b"udta", bytes(40))) + box(b"mdat", bytes(99)),
    wave(),
    b"".join(ogg_pages(1, [b"\x01vorbis" + bytes(23), b"\x03vorbis" + bytes(9), b"\5vorbis", b"sound" * 99])),
    b"FORM\0\0\0\x70AIFFCOMM\0\0\0\x12" + bytes(18) + b"SSND\0\0\0\x40" + bytes(64),
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(90),
    b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67\xff\x16\x54\xae\x6b\x88\xae\x86\xd7\x81\1\x83\x81\2\xa3\x85\x81\0\0\0x",
    b"MPCKSH\x0f" + bytes(80),
    b"wvpk" + bytes(60) + ape({"Title": b"One"}),
    b"DSD " + bytes(100),
    b"FRM8" + bytes(8) + b"DSD " + bytes(100),
    b"TTA1" + bytes(60),
    b"MAC \x96\x0f" + bytes(80),
    b"tBaK" + bytes(60),
    b"OFR \x0c" + bytes(60),
    b"\xff\xf1\x50\x80\2\0" + bytes(300),
    b"\x0b\x77" + bytes(300),
    b"caff\0\1\0\0" + bytes(60),
)
NAMES = (b"x", *(b"x." + min(each.extensions) for each in FORMATS))


@pytest.fixture(autouse=True)
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demuxer's child has its own tests; thousands of questions to it would take long."""

    def nothing(path: bytes, stream: Stream, gathered: object) -> Stream:
        return stream

    monkeypatch.setattr(container_metadata, "fill_in", nothing)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A made file, cut, with bytes overwritten and some of another file put in."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for at, new in draw(st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=8)), max_size=6)):
        data[at : at + len(new)] = new
    at = draw(st.integers(0, len(data)))
    data[at:at] = draw(st.sampled_from(SEEDS))[: draw(st.integers(0, 200))]
    return bytes(data[: draw(st.integers(0, len(data)))])


@settings(max_examples=400, deadline=None)
@given(data=damaged() | st.binary(max_size=300), name=st.sampled_from(NAMES), size=st.integers(1, 400))
def test_any_bytes(data: bytes, name: bytes, size: int) -> None:
    whole = essence_of(data, name)
    assert essence_of(data, name, size) == whole
    if whole is not None:
        assert 0 < whole.size <= len(data)
    reading = tags.read(name, data)
    for values in reading.wrapper.fields.values():
        assert all(value and len(value.encode()) <= 1 << 16 for value in values)


def _frame(name: bytes, body: bytes, flags: bytes = b"\0\0") -> bytes:
    return name + synchsafe(len(body)) + flags + body


def _tag(body: bytes) -> bytes:
    return b"ID3\4\0\0" + synchsafe(len(body)) + body + SOUND


MILLION = 1 << 20
COMMENTS = struct.pack("<II", 0, MILLION // 2) + bytes(2 * MILLION)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a text of a million empty values": lambda: _tag(_frame(b"TXXX", b"\0a\0" + b"x\0" * MILLION)),
    "the same in UTF-16": lambda: _tag(_frame(b"TXXX", b"\1\xff\xfea\0\0\0" + b"x\0\0\0" * MILLION)),
    "a text of 8 million letters": lambda: _tag(_frame(b"TIT2", b"\1\xff\xfe" + b"x\0" * 8 * MILLION)),
    "a million people": lambda: _tag(_frame(b"TIPL", b"\0" + b"x\0" * MILLION)),
    "many tiny frames": lambda: _tag(_frame(b"TIT2", b"\3x") * 200_000),
    "many frames in one": lambda: _tag(_frame(b"CHAP", b"a\0" + bytes(16) + _frame(b"TIT2", b"\3x") * 100_000)),
    "a frame that unpacks to 128 MiB": lambda: _tag(
        _frame(b"TIT2", synchsafe(9) + zlib.compress(bytes(1 << 27)), b"\0\x09")
    ),
    "blocks without end": lambda: flac()[:42] + b"\2\0\0\4test" * 300_000,
    "half a million comments": lambda: flac()[:42] + b"\x84" + len(COMMENTS).to_bytes(3, "big") + COMMENTS,
    "a million boxes": lambda: box(b"ftyp", b"M4A ") + box(b"moov", box(b"free", b"") * MILLION),
    "boxes in boxes": lambda: box(b"ftyp", b"M4A ")
    + b"".join(struct.pack(">I4s", 8 * (30_000 - depth), b"moov") for depth in range(30_000)),
    "empty chunks": lambda: b"RIFF\xff\xff\xff\xffWAVE" + b"abcd\0\0\0\0" * MILLION,
    "empty pages": lambda: ogg_pages(1, [b"\x01vorbis" + bytes(23)])[0] + ogg_pages(1, [b""], first=False)[0] * 100_000,
    "objects without end": lambda: bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    + struct.pack("<QIH", 1 << 40, 1 << 20, 0x201)
    + (bytes(16) + struct.pack("<Q", 24)) * 100_000,
    "a packet that leads back": lambda: b"MPCKSH\x0f" + bytes(12) + b"AB\0" * 100,
    "an item key without end": lambda: b"wvpk" + bytes(99) + b"x" * MILLION
    + b"APETAGEX" + struct.pack("<IIII", 2000, MILLION + 32, 9, 0) + bytes(8),
    "empty elements": lambda: b"\x1a\x45\xdf\xa3" + b"\x80" * 4 * MILLION,
    "nothing but sync bits": lambda: b"\xff" * 8 * MILLION,
    "headers without frames": lambda: b"\xff\xfb\x90\x00" * MILLION,
}  # fmt: skip
"""Made when they are asked for: together they are 120 MB."""


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_made_to_keep_us_busy(make: Callable[[], bytes]) -> None:
    data = make()
    essence_of(data, b"x.mp3")
    reading = tags.read(b"x.mp3", data)
    assert sum(len(values) for values in reading.wrapper.fields.values()) <= 501
