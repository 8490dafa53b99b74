"""The walk over MPEG frames: what decoders pass over without a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from musicvault.audio import decode, mpeg_frames
from musicvault.audio.formats.layout import Source, positioned
from tests.conftest import CORPUS
from tests.sound import make

TAG = b"TAG" + bytes(125)


def said(path: Path) -> str:
    with path.open("rb") as file:
        return mpeg_frames.broken(Source(positioned(file), path.stat().st_size, os.fsencode(path.name)))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make(tmp_path / "01.mp3", seconds=2, title="Aja")


def test_a_whole_file_is_whole(song: Path) -> None:
    assert said(song) == ""
    assert decode.check(os.fsencode(song)).outcome == "clean"


def test_a_cut_file_says_what_is_missing(song: Path) -> None:
    whole = song.read_bytes()
    song.write_bytes(whole[: len(whole) // 2])
    assert "the last frame" in said(song)
    found = decode.check(os.fsencode(song))
    assert (found.outcome, found.tool) == ("broken", "structure")


def test_a_file_cut_between_frames_lacks_frames(song: Path) -> None:
    whole = song.read_bytes()
    song.write_bytes(whole[: len(whole) // 2])
    at = int(said(song).split()[5].rstrip(","))
    song.write_bytes(whole[:at] + TAG)
    assert "frames are missing" in said(song)


def test_zeroed_sectors_are_no_frames(song: Path) -> None:
    whole = bytearray(song.read_bytes())
    whole[8192:16384] = bytes(8192)
    song.write_bytes(whole)
    assert "frames are missing" in said(song)


def test_a_header_that_flipped_breaks_the_row(song: Path) -> None:
    whole = bytearray(song.read_bytes())
    start, first = _first(whole)
    second = start + first
    whole[second + 2] ^= 0x10
    song.write_bytes(whole)
    assert "are no frames" in said(song)


def test_without_statistics_only_the_row_of_frames_counts(song: Path) -> None:
    whole = song.read_bytes()
    start, first = _first(whole)
    bare = whole[start + first :]
    for content, expected in (
        (bare, ""),
        (bare + TAG, ""),
        (bare[:9000] + bytes(4096) + bare[9000:], "are no frames"),
        (bare + bytes(3000), ""),
        (bare + bytes(70_000), "the last 70000 bytes are no frames"),
        (bare + TAG + bare, ""),
    ):
        song.write_bytes(content)
        assert said(song).endswith(expected)
        assert bool(said(song)) == bool(expected)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus")
def test_the_cut_files_of_the_corpus_are_told_and_no_others() -> None:
    cut = ("beets-check/truncated.mp3", "atldotnet/MP3/truncated_frame.mp3", "mutagen/xing.mp3", "sonix/test_short.mp3")
    assert all(said(CORPUS / name) for name in cut)
    whole = ("music-tuxemon/lunar_joyride.mp3", "mediags/Singles/01-Phantom.mp3", "mutagen/silence-44-s-mpeg25.mp3")
    assert [said(CORPUS / name) for name in whole] == ["", "", ""]


def _first(whole: bytes | bytearray) -> tuple[int, int]:
    """Offset and length of the frame that carries the statistics."""
    from musicvault.audio.formats import mpeg

    source = Source(lambda at, size: bytes(whole[at : at + size]), len(whole), b"01.mp3")
    found = mpeg.first_frame(source, mpeg.sound_end(source))
    assert found is not None
    return found[0], mpeg.frame_length(found[1])
