"""Fingerprints and decode checks against fpcalc's and flac's own words."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from musicvault.audio import decode, fingerprint
from musicvault.domain.values import Fingerprint
from musicvault.errors import ItemError
from tests.contract.tables import Row, audio, each, fingerprints, groups
from tests.likeness import bit_error_rate

SAME = 0.001
"""fpcalc's own decoder may differ in its version: at most one bit in a thousand."""

SHORT_OR_SILENT = tuple(row for row in audio() if not row["fpcalc_items"] and float(row["size"]) < 20_000)


def _told(path: str) -> Fingerprint:
    return Fingerprint(0.0, fingerprints()[path], "fpcalc 1.5.1")


@each(tuple(row for row in audio() if row.path in fingerprints()))
def test_fingerprint(row: Row) -> None:
    found = fingerprint.calculate(row.raw)
    assert bit_error_rate(found, _told(row.path)) <= SAME
    assert len(found.items) == len(fingerprints()[row.path])
    assert found.duration == pytest.approx(float(row["duration_s"]), abs=1.0)


@each(tuple(row for row in audio() if row.path in fingerprints())[::8])
def test_fingerprint_without_fpcalc(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = fingerprint.calculate(row.raw)
    assert found.tool.startswith("ffmpeg")
    assert bit_error_rate(found, _told(row.path)) <= SAME
    assert found.duration == pytest.approx(float(row["duration_s"]), abs=1.0)


@each(SHORT_OR_SILENT[::6])
def test_no_fingerprint_is_an_item_error(row: Row) -> None:
    with pytest.raises(ItemError) as error:
        fingerprint.calculate(row.raw)
    assert error.value.operation == "fingerprint"
    assert error.value.cause


@pytest.mark.usefixtures("corpus")
def test_the_same_recording_in_other_codings_is_near() -> None:
    for paths in groups("same-recording").values():
        for path in paths[1:]:
            assert bit_error_rate(_told(paths[0]), _told(path)) < 0.1, path


@pytest.mark.usefixtures("corpus")
def test_other_recordings_are_far() -> None:
    # Of each recording one file, and none of those that contain another or are known as look-alikes.
    firsts = [paths[0] for paths in groups("same-recording").values()]
    backwards = [path for paths in groups("different-audio-same-tags").values() for path in paths]
    for paths in ([*firsts], backwards, *groups("similar-by-chance").values()):
        for at, one in enumerate(paths):
            for other in paths[at + 1 :]:
                if one in fingerprints() and other in fingerprints():
                    assert bit_error_rate(_told(one), _told(other)) > 0.15, (one, other)


@pytest.mark.usefixtures("corpus")
def test_a_part_of_a_recording_is_found_in_it() -> None:
    for paths in groups("contains").values():
        assert bit_error_rate(_told(paths[0]), _told(paths[1])) < 0.01


FLAC = tuple(row for row in audio() if row["flac_test"])


@each(FLAC)
def test_flac_decodes_as_flac_says(row: Row) -> None:
    found = decode.check(row.raw)
    assert found.outcome == ("clean" if row["flac_test"] == "ok" else "broken")
    assert found.tool == "flac"
    assert found.version
    assert bool(found.detail) == (found.outcome == "broken")
    assert row.file.name not in found.detail


@each(FLAC)
def test_flac_decodes_without_the_flac_tool(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = decode.check(row.raw)
    assert found.tool == "PyAV"
    assert found.outcome == ("clean" if row["flac_test"] == "ok" else "broken"), found.detail


OTHER_DECODE = {
    "atldotnet/MP3/mp2Layer1.mp2": "its frame CRCs are wrong, which ffprobe's plain decode doesn't look at",
    "mutagen/sample_length.oggtheora": "cut inside of its last page, which ffmpeg leaves out",
    "bliss-rs/empty.wav": "the file ends before its samples do, which ffmpeg doesn't mind",
}
CUT_SHORT = frozenset(
    f"atldotnet/MP3/{name}.mp3"
    for name in (
        "id3v2.3_ISO_multipleGenres",
        "id3v2.3_USLT_srt",
        "id3v2.3_UTF16_multipleGenres",
        "id3v2.4_CTOC_invalidSizeDesc",
        "id3v2.4_TXXX_multipleValues",
        "id3v2.4_multipleGenres",
    )
) | {
    "beets-check/truncated.mp3",
    "mutagen/apev2-lyricsv2.mp3",
    "mutagen/id3v1v2-combined.mp3",
    "mutagen/id3v22-test.mp3",
    "mutagen/xing.mp3",
    "quodlibet/mutagen-bug.mp3",
}
"""MP3s of which mp3val says that frames are missing, too; ffmpeg plays what is left."""


@each(tuple(row for row in audio() if row["ffmpeg_decode"] == row["ffmpeg_strict"] == "ok" and not row["flac_test"]))
def test_what_ffmpeg_decodes_is_not_called_broken(row: Row) -> None:
    found = decode.check(row.raw)
    assert (found.outcome == "broken") == (row.path in OTHER_DECODE or row.path in CUT_SHORT), found


@pytest.mark.skipif(shutil.which("mp3val") is None, reason="mp3val is not installed")
@each(tuple(row for row in audio() if row.path in CUT_SHORT))
def test_mp3val_misses_frames_as_well(row: Row) -> None:
    said = subprocess.run(["mp3val", row.raw], capture_output=True, check=False).stdout
    assert b"WARNING" in said
