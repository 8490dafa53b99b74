"""What a wrapper says, as evidence: an edit shows in its fields, padding shows nowhere, damage shows in part."""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path

import pytest
from mutagen.flac import Picture
from mutagen.id3 import APIC, CHAP, COMM, CTOC, ID3, MCDI, POPM, PRIV, TALB, TIT2, TXXX, UFID, USLT

from musicvault.audio import tags
from musicvault.domain import marks
from musicvault.domain.sensible import wrapper_change
from musicvault.domain.values import Wrapper
from musicvault.errors import ItemError
from tests.unit.audio.made import SOUND, ape, chunk, flac, id3v1, id3v2, wave

PICTURE = bytes(range(256)) * 40


def read(data: bytes, name: bytes = b"a.mp3") -> Wrapper:
    return tags.read(name, data).wrapper


def with_frames(*frames: object, padding: int = 0) -> bytes:
    tag = ID3()
    for frame in frames:
        tag.add(frame)
    file = io.BytesIO()
    tag.save(file, padding=lambda info: padding)
    return file.getvalue() + SOUND


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (id3v2() + SOUND, id3v2(padding=2000) + SOUND),
        (flac(padding=10), flac(padding=4000)),
        (flac(), flac(padding=100)),
        (with_frames(TIT2(text="A"), padding=9), with_frames(TIT2(text="A"), padding=900)),
    ],
    ids=["ID3v2", "FLAC", "FLAC without", "written by mutagen"],
)
def test_padding_alone(before: bytes, after: bytes) -> None:
    change = wrapper_change(read(before), read(after))
    assert change.padding_only
    assert change.sensible


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (id3v2("One") + SOUND, id3v2("Two") + SOUND),
        (SOUND, SOUND + id3v1()),
        (id3v2() + SOUND + id3v1(), id3v2() + SOUND + id3v1(b"New title")),
        (id3v2() + SOUND + ape({"Title": b"One"}), id3v2() + SOUND + ape({"Title": b"Two"})),
        (flac(), flac((b"TITLE=One", b"MOOD=blue"))),
        (with_frames(TXXX(desc="x", text="1")), with_frames(TXXX(desc="x", text="2"))),
        (with_frames(TIT2(text="A")), with_frames(TIT2(text="A"), APIC(mime="image/png", type=3, data=PICTURE))),
        (wave(), wave(chunk(b"LIST", b"INFO" + chunk(b"INAM", b"One\0")))),
    ],
)
def test_what_a_person_edits_is_sensible(before: bytes, after: bytes) -> None:
    assert wrapper_change(read(before), read(after)).sensible


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            with_frames(TIT2(text="A"), APIC(mime="image/png", type=3, data=PICTURE)),
            with_frames(TIT2(text="A"), APIC(mime="image/png", type=3, data=b"?" + PICTURE[1:])),
        ),
        (with_frames(PRIV(owner="x", data=b"12345")), with_frames(PRIV(owner="x", data=b"12 45"))),
        (with_frames(MCDI(data=b"12345")), with_frames(MCDI(data=b"12 45"))),
        (id3v2() + b"\0junk\0" + SOUND, id3v2() + b"\0jumk\0" + SOUND),
    ],
    ids=["picture", "PRIV", "MCDI", "between tag and sound"],
)
def test_what_differs_in_part_is_not_sensible(before: bytes, after: bytes) -> None:
    assert before != after
    assert not wrapper_change(read(before), read(after)).sensible


def test_id3_frames_and_their_names() -> None:
    wrapper = read(
        with_frames(
            TALB(text=["Album"]),
            COMM(desc="", lang="eng", text=["plain"]),
            COMM(desc="iTunNORM", lang="eng", text=["0000"]),
            USLT(desc="", lang="eng", text="la la"),
            POPM(email="me", rating=196, count=7),
            UFID(owner="http://musicbrainz.org", data=b"some-id"),
            TXXX(desc="replaygain_track_gain", text=["-3 dB"]),
            TXXX(desc="FMPS_Rating", text=["0.8"]),
        )
    )
    assert wrapper.fields == {
        "album": ("Album",),
        "comment": ("plain",),
        "raw:comm:itunnorm:eng": ("0000",),
        "lyrics": ("la la",),
        "rating": ("196",),
        "raw:popm:me": ("7",),
        "raw:txxx:fmps_rating": ("0.8",),
        "musicbrainz_trackid": ("some-id",),
        "replaygain_track_gain": ("-3 dB",),
        "raw:id3": ("2.4",),
    }


@pytest.mark.parametrize(
    ("data", "container", "stars"),
    [
        (flac((b"FMPS_RATING=1",)), "flac", 5),
        (flac((b"FMPS_RATING=0.2",)), "flac", 1),
        (flac((b"RATING=1",)), "flac", 1),
        (with_frames(TXXX(desc="FMPS_Rating", text=["1"])), "mpeg", 5),
        (with_frames(POPM(email="me", rating=1, count=7)), "mpeg", 1),
    ],
)
def test_one_is_five_stars_where_ratings_are_fractions(data: bytes, container: str, stars: float) -> None:
    assert marks.stars_of(read(data).fields, container) == stars


def _chapters(picture: bytes, title: str = "Part") -> bytes:
    parts = [
        CHAP(
            element_id=f"c{number}",
            start_time=number,
            end_time=number + 1,
            sub_frames=[TIT2(text=f"{title} {number}"), APIC(mime="image/png", type=0, desc=str(number), data=picture)],
        )
        for number in range(20)
    ]
    return with_frames(*parts, CTOC(element_id="toc", flags=3, child_element_ids=["c0", "c1"], sub_frames=[]))


def test_chapters_with_pictures() -> None:
    picture = PICTURE * 20
    wrapper = read(_chapters(picture))
    assert wrapper.fields["raw:chap:c3"] == ("3-4 ms",)
    assert wrapper.fields["raw:chap:c3:tit2"] == ("Part 3",)
    assert wrapper.fields["raw:ctoc:toc"] == ("c0, c1",)
    assert len(wrapper.pictures) == 20
    assert wrapper_change(wrapper, read(_chapters(picture, "Chapter"))).sensible
    assert wrapper_change(wrapper, read(_chapters(picture[:-1] + b"?"))).partial == "a picture"


def test_vorbis_numbers_and_pictures() -> None:
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", PICTURE
    block = base64.b64encode(picture.write())
    wrapper = read(
        flac((b"TRACKNUMBER=3", b"TOTALTRACKS=12", b"discnumber=1", b"METADATA_BLOCK_PICTURE=" + block, b"DATE=2001"))
    )
    assert {name: wrapper.fields[name] for name in ("track", "disc", "date", "raw:vendor")} == {
        "track": ("3/12",),
        "disc": ("1",),
        "date": ("2001",),
        "raw:vendor": ("test",),
    }
    (found,) = wrapper.pictures
    assert (found.role, found.mime, found.size, len(found.parts)) == (3, "image/png", len(PICTURE), 32)


def test_the_first_tag_speaks_and_the_others_fill_in() -> None:
    fields = read(id3v2("From ID3") + SOUND + ape({"Title": b"From APE", "Album": b"Only there"})).fields
    assert fields["title"] == ("From ID3",)
    assert fields["album"] == ("Only there",)
    assert fields["raw:ape:title"] == ("From APE",)


def test_bounds_keep_changes_visible() -> None:
    long, other = "x" * 100_000, "x" * 99_999 + "y"
    fields = read(with_frames(TIT2(text=long))).fields
    assert len(fields["title"][0].encode()) <= 1 << 16
    assert fields != read(with_frames(TIT2(text=other))).fields
    many = [str(number) for number in range(1000)]
    fields = read(with_frames(TIT2(text=many))).fields
    assert fields["title"][:2] == ("0", "1")
    assert fields != read(with_frames(TIT2(text=[*many[:-1], "?"]))).fields


def test_riff_texts() -> None:
    info = b"INFO" + chunk(b"INAM", b"Caf\xe9\0") + chunk(b"IART", "Zoë".encode()) + chunk(b"IPRT", b"3\0")
    fields = read(wave(chunk(b"LIST", info)), b"a.wav").fields
    assert fields == {"title": ("Café",), "artist": ("Zoë",), "track": ("3",)}


def test_stream_of_a_wave() -> None:
    stream = tags.read(b"a.wav", wave(samples=bytes(176400 * 2))).stream
    assert (stream.container, stream.codec, stream.duration) == ("wave", "pcm", 2.0)
    assert (stream.sample_rate, stream.channels, stream.bits, stream.lossless) == (44100, 2, 16, True)


def test_damage_is_told_in_words_and_a_missing_file_is_raised(tmp_path: Path) -> None:
    assert tags.read(b"a.mp3", b"not music").problem
    assert tags.read(b"a.mp3", b"").problem == "the file is empty"
    with pytest.raises(ItemError) as error:
        tags.read(str(tmp_path / "nothing.mp3").encode())
    assert error.value.operation == "read"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/\xff\xfe\n.flac"
    with open(path, "wb") as file:
        file.write(flac())
    assert tags.read(path).wrapper.fields["title"] == ("One",)


def test_an_odd_ape_item_doesn_t_hide_the_others() -> None:
    tag = ape({"Title": b"One"}, header=False)
    broken = struct.pack("<II", 1 << 30, 0) + b"Album\0"
    body = tag[:-32] + broken
    footer = b"APETAGEX" + struct.pack("<IIII8x", 2000, len(body) + 32, 2, 0)
    reading = tags.read(b"a.mp3", SOUND + body + footer)
    assert reading.wrapper.fields["title"] == ("One",)
    assert "APE" in reading.problem
