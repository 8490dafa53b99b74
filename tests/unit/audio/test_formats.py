"""Names choose track or companion; content chooses the format."""

from __future__ import annotations

import pytest

from musicvault.audio.formats import FORMATS, kind_of, recognise
from musicvault.audio.formats.layout import Source
from musicvault.domain.values import Kind
from tests.unit.audio.made import SOUND, flac, id3v2, wave


@pytest.mark.parametrize(
    "name", ["01 Song.flac", "a.MP3", "b.Opus", "c.m4a", "d.wv", "e.aifc", "f.dsf", "g.mka", "h.mpc", ".x.ogg"]
)
def test_tracks(name: str) -> None:
    assert kind_of(name.encode()) is Kind.TRACK


@pytest.mark.parametrize(
    "name", [b"cover.jpg", b"album.cue", b"rip.log", b"list.m3u8", b"flac", b"mp3", b"a.flac.md5", b"\xff\xfe", b""]
)
def test_companions(name: bytes) -> None:
    assert kind_of(name) is Kind.COMPANION


def _name(data: bytes, name: bytes) -> str:
    found = recognise(Source(lambda at, length: data[at : at + length], len(data), name))
    return found.name if found is not None else ""


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (flac(), b"a.mp3", "flac"),
        (id3v2() + flac(), b"a.mp3", "flac"),
        (SOUND, b"a.flac", "mpeg"),
        (id3v2() + SOUND, b"a", "mpeg"),
        (wave(), b"a.aiff", "wave"),
        (b"\0\0\0\x18ftypM4A ", b"a.mp3", "mp4"),
        (b"garbage", b"a.ogg", "ogg"),
        (b"garbage", b"a.txt", ""),
        (b"", b"a.mp3", "mpeg"),
        (b"\xff\xf1\x50\x80\2\0", b"a.mp3", "aac"),
        (b"ADIF", b"a.aac", "aac"),
    ],
)
def test_content_before_extension(data: bytes, name: bytes, expected: str) -> None:
    assert _name(data, name) == expected


def test_every_format_can_tell_its_sound() -> None:
    for each in FORMATS:
        assert (each.layout is None) != (each.reader is None), each.name
    assert len({each.name for each in FORMATS}) == len(FORMATS)
