"""Writing and removing tags in every format: the values come back, nothing else is lost, the essence stands."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from musicvault.audio import tagging, tags
from musicvault.domain.fields import EDITABLE
from musicvault.domain.sensible import wrapper_change
from musicvault.errors import ItemError
from tests.contract.tables import Row, audio, each, essence_of

EDITS = {
    "title": ("Tïtle ☃",),
    "artist": ("One", "Two"),
    "album": ("x" * 3000,),
    "albumartist": ("All of them",),
    "track": ("3/12",),
    "disc": ("1/2",),
    "date": ("2001-02-03",),
    "genre": ("Jazz",),
    "comment": ("first",),
}
NOTHING: dict[str, tuple[str, ...]] = dict.fromkeys(EDITABLE, ())

REFUSED = {
    "atldotnet/CAF/caf.caf": "mutagen writes no CAF",
    "atldotnet/DSF/adgpp_PLAY_01_05.dsf": "no DSF header",
    "atldotnet/MKA/chapters.mka": "mutagen writes no Matroska",
    "atldotnet/MKA/empty.mka": "mutagen writes no Matroska",
    "atldotnet/MKA/mka.mka": "mutagen writes no Matroska",
    "atldotnet/OPUS/malformedOggPage.opus": "damaged comments",
    "atldotnet/WAV/cortissimo.wav": "mutagen writes no RF64",
    "atldotnet/WAV/illegal_id3v2.wav": "damaged chunks",
    "atldotnet/WAV/rifx.wav": "mutagen writes no RIFX",
    "bliss-rs/empty.wav": "states more samples than it holds",
    "mediags/Singles/CrimeBlimp.avi": "mutagen writes no AVI",
    "mutagen/106-invalid-streaminfo.flac": "damaged metadata",
    "mutagen/emptyfile.mp3": "empty",
    "mutagen/ooming-header.flac": "damaged metadata",
    "mutagen/sample_bitrate.oggtheora": "cut short",
    "mutagen/sample_length.oggtheora": "cut short",
    "quodlibet/empty.xm": "a tracker module",
    "sonix/empty_file.mp3": "empty",
    "sonix/test_sample.flac": "damaged metadata",
    "sonix/truncated.flac": "damaged metadata",
}
TWO_APE_TAGS = {"mutagen/audacious-trailing-id32-apev2.mp3"}


@pytest.fixture
def copy(row: Row, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(row.file, tmp_path / row.file.name))


@each(tuple(row for row in audio() if row.path not in REFUSED))
def test_written_and_removed(row: Row, copy: Path) -> None:
    path = os.fsencode(copy)
    before, sound = tags.read(path), essence_of(copy.read_bytes(), row.name)

    tagging.write(path, EDITS)
    after = tags.read(path)
    assert essence_of(copy.read_bytes(), row.name) == sound
    if row.path not in TWO_APE_TAGS:
        assert {name: after.wrapper.fields[name] for name in EDITS} == EDITS
    assert _pictures(after) == _pictures(before)
    assert after.wrapper.binaries == before.wrapper.binaries
    assert _untouched(before) <= _untouched(after)

    tagging.write(path, NOTHING)
    bare = tags.read(path)
    assert essence_of(copy.read_bytes(), row.name) == sound
    if row.path not in TWO_APE_TAGS:
        assert not set(EDITS) & set(bare.wrapper.fields)
    assert _untouched(before) <= _untouched(bare)


def _pictures(reading: tags.TagReading) -> set[bytes]:
    return {picture.digest for picture in reading.wrapper.pictures}


def _untouched(reading: tags.TagReading) -> set[tuple[str, tuple[str, ...]]]:
    """All canonical fields that the edits don't name."""
    return {
        (name, values)
        for name, values in reading.wrapper.fields.items()
        if name not in EDITS and not name.startswith("raw:")
    }


@each(tuple(row for row in audio() if row.path in REFUSED))
def test_refused_with_a_reason(row: Row, copy: Path) -> None:
    with pytest.raises(ItemError) as error:
        tagging.write(os.fsencode(copy), EDITS)
    assert error.value.operation == "tag"
    assert error.value.cause


@each(tuple(row for row in audio() if row.path not in REFUSED))
def test_one_field_leaves_the_others(row: Row, copy: Path) -> None:
    path = os.fsencode(copy)
    whole = tags.read(path).wrapper
    before = whole.fields
    tagging.write(path, {"title": ("Only this",)})
    after = tags.read(path).wrapper.fields
    assert after["title"][0] == "Only this"
    assert before == after or wrapper_change(whole, tags.read(path).wrapper).sensible, "a tagger's edit is no alarm"
    for name in set(EDITABLE) - {"title"}:
        assert after.get(name) == before.get(name), name
