"""What tagging keeps and what it refuses. (All formats: tests/contract/test_tagging.py.)"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TXXX

from musicvault.audio import tagging, tags
from musicvault.domain import marks
from musicvault.errors import ItemError
from tests.unit.audio.made import SOUND, ape, chunk, flac, id3v1, id3v2, lyrics3, wave


@pytest.fixture
def path(tmp_path: Path) -> bytes:
    return os.fsencode(tmp_path / "song")


def put(path: bytes, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def bytes_of(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def test_an_old_id3_version_stays(path: bytes) -> None:
    old = b"ID3\3\0\0\0\0\0\x0fTIT2\0\0\0\x05\0\0\0Old!"
    put(path, old + SOUND)
    tagging.write(path, {"artist": ("Zoë", "☃")})
    assert ID3(os.fsdecode(path), translate=False).version == (2, 3, 0)
    fields = tags.read(path).wrapper.fields
    assert (fields["title"], fields["artist"]) == (("Old!",), ("Zoë", "☃"))


def test_only_the_schemes_that_are_there(path: bytes) -> None:
    put(path, SOUND + ape({"Title": b"Old", "Mood": b"blue"}))
    tagging.write(path, {"title": ("New",)})
    assert bytes_of(path).startswith(SOUND), "no ID3 tag that would hide the APE tag"
    assert tags.read(path).wrapper.fields == {"title": ("New",), "mood": ("blue",)}


def test_every_scheme_that_is_there(path: bytes) -> None:
    put(path, id3v2("Old") + SOUND + ape({"Title": b"Old"}) + lyrics3() + id3v1(b"Old"))
    tagging.write(path, {"title": ("New",)})
    data = bytes_of(path)
    assert lyrics3() in data
    assert b"Old" not in data
    assert data[-128:].startswith(b"TAGNew")


def test_a_bare_file_gets_its_formats_own(path: bytes) -> None:
    put(path, SOUND)
    tagging.write(path, {"title": ("New",)})
    assert bytes_of(path).startswith(b"ID3")
    put(path, b"wvpk" + bytes(60))
    tagging.write(path, {"title": ("New",)})
    assert bytes_of(path)[-32:].startswith(b"APETAGEX")


def test_riff_texts_follow_without_moving(path: bytes) -> None:
    put(path, wave(chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Old title\0") + chunk(b"IART", b"Me\0"))))
    tagging.write(path, {"title": ("New",), "artist": ("A longer name",)})
    data = bytes_of(path)
    assert b"INAM\x0a\0\0\0New\0\0\0\0\0\0\0IART\3\0\0\0\0\0\0" in data
    fields = tags.read(path).wrapper.fields
    assert (fields["title"], fields["artist"]) == (("New",), ("A longer name",))


def test_every_listeners_own_rating_follows(path: bytes) -> None:
    put(path, flac((b"Rating:me@example.org=0.2", b"PLAYCOUNT:me@example.org=3")))
    tagging.write(path, {"rating": ("4.5",), "playcount": ("8",)})
    comments: Any = FLAC(os.fsdecode(path)).tags
    said = {key.lower(): value for key, value in comments}
    assert said == {
        "rating": "90",
        "rating:me@example.org": "0.9",
        "playcount": "8",
        "playcount:me@example.org": "8",
    }
    tagging.write(path, {"rating": (), "playcount": ()})
    assert not FLAC(os.fsdecode(path)).tags


def test_a_plain_rating_in_id3_is_read_and_gives_way(path: bytes) -> None:
    put(path, SOUND)
    frames = ID3()
    frames.add(TXXX(encoding=3, desc="Rating", text=["4"]))
    frames.save(os.fsdecode(path))
    assert marks.stars_of(tags.read(path).wrapper.fields, "mpeg") == 4
    tagging.write(path, {"rating": ("2",)})
    assert marks.stars_of(tags.read(path).wrapper.fields, "mpeg") == 2
    assert [frame.FrameID for frame in ID3(os.fsdecode(path)).values()] == ["POPM"]


def test_a_description_isn_t_the_comment(path: bytes) -> None:
    put(path, flac((b"COMMENT=a", b"DESCRIPTION=b", b"DATE=2001-02-03", b"YEAR=2001")))
    tagging.write(path, {"comment": ("new",), "date": ("2002",)})
    fields = tags.read(path).wrapper.fields
    assert fields["comment"] == ("new",)
    assert fields["raw:description"] == ("b",)
    assert "raw:year" not in fields, "a second name of the same field would be stale"


@pytest.mark.parametrize(
    ("data", "edits"),
    [
        (b"", {"title": ("x",)}),
        (b"no music", {"title": ("x",)}),
        (flac()[:60], {"title": ("x",)}),
        (SOUND, {"shoe size": ("42",)}),
        (wave()[:-10], {"title": ("x",)}),
        (
            SOUND + ape({"Title": b"x"}).replace(b"\1\0\0\0\0\0\0\0Title", b"\xff\xff\xff\0\0\0\0\0Title"),
            {"title": ("y",)},
        ),
    ],
)
def test_refused(path: bytes, data: bytes, edits: dict[str, tuple[str, ...]]) -> None:
    put(path, data)
    with pytest.raises(ItemError) as error:
        tagging.write(path, edits)
    assert error.value.operation == "tag"
    assert bytes_of(path) == data


def test_a_file_that_isn_t_there(path: bytes) -> None:
    with pytest.raises(ItemError, match="No such file"):
        tagging.write(path, {"title": ("x",)})
