"""Tags and durations against ffprobe and mediainfo: agreeing with at least one of them."""

from __future__ import annotations

import pytest

from musicvault.audio import tags
from musicvault.audio.formats import kind_of
from musicvault.domain.values import Kind
from tests.contract.tables import Row, audio, each, rows

BETTER = {
    "beets/oldape.ape": "an APE tag alone: neither tool looks at it",
    "mutagen/52-too-short-block-size.flac": "mutagen reads past the wrong length of the comment block",
    "mutagen/97-unknown-23-update.mp3": "the tools cut the long title",
    "mutagen/audacious-trailing-id32-apev2.mp3": "the tools read the ID3v2 tag that was appended, players don't",
    "mutagen/bad-POPM-frame.mp3": "the tools give up at the bad frame",
    "mutagen/id3v1v2-combined.mp3": "the album stands in the ID3v1 tag only",
    "picard/test-apev2.ac3": "the tools don't look for APE tags in AC-3",
}
WORSE = {"quodlibet/empty.xm": "tracker modules are known by name only"}
OTHER_DURATION = {
    "atldotnet/AAC/adts_CBR88_8s.aac": "a guess from the bit rate; ours is nearer to what decodes",
    "atldotnet/AIF/aiff.aiff": "GSM in an AIFF: mutagen counts blocks as samples",
    "atldotnet/MP4/fragmented.mp4": "cut after the first fragment",
    "atldotnet/MPC/SV8.mpc": "ours is nearer to what decodes",
    "atldotnet/SPX/empty.spx": "ours is what decodes",
    "atldotnet/SPX/spx.spx": "ours is what decodes",
    "beets/mpeglayer3.wav": "MP3 in a WAV that states no bit rate",
    "mediags/Singles/01-Phantom.mp3": "ours is nearer to what decodes",
    "mutagen/audacious-trailing-id32-apev2.mp3": "the tools count the appended tags as sound",
    "mutagen/bad-xing.mp3": "a Xing header that counts no frames",
    "mutagen/example.opus": "ours is what decodes",
    "mutagen/issue_29.wma": "cut after its first seconds; ours is what the header says",
    "mutagen/no-tags.3g2": "the tools add the gap before the sound",
    "mutagen/silence-44-s-mpeg25.mp3": "ours is what decodes",
    "picard/test.m4v": "the length of the film, ours is that of its sound",
    "quodlibet/empty.xm": "tracker modules are known by name only",
    "quodlibet/h264_aac.mp4": "the length of the film, ours is that of its sound",
    "quodlibet/silence-44-s.sv8.mpc": "ours is what decodes",
}
UNREADABLE = {
    "atldotnet/DSF/adgpp_PLAY_01_05.dsf",
    "atldotnet/OPUS/malformedOggPage.opus",
    "mutagen/106-invalid-streaminfo.flac",
    "mutagen/almostempty.mpc",
    "mutagen/emptyfile.mp3",
    "mutagen/ooming-header.flac",
    "mutagen/too-short.mp3",
    "quodlibet/empty.xm",
    "sonix/corrupted_header.mp3",
    "sonix/empty_file.mp3",
    "sonix/test_sample.flac",
    "sonix/test_short.mp3",
    "sonix/truncated.flac",
}


def _spellings(values: tuple[str, ...]) -> set[str]:
    """How the tools write several values in one column."""
    return {"/".join(values), " / ".join(values), ";".join(values), "; ".join(values), values[0] if values else ""}


@each(audio())
def test_title_artist_and_album(row: Row) -> None:
    fields = tags.read(row.raw).wrapper.fields
    for name in ("title", "artist", "album"):
        told = {row[f"ffprobe_{name}"], row[f"mediainfo_{name}"]}
        ours = fields.get(name, ())
        if row.path in BETTER:
            assert ours or not any(told)
        elif row.path not in WORSE:
            assert _spellings(ours) & told, f"{name}: {ours} but {told}"


@each(tuple(row for row in audio() if row["duration_s"] and row.path not in OTHER_DURATION))
def test_duration(row: Row) -> None:
    told = float(row["duration_s"])
    assert tags.read(row.raw).stream.duration == pytest.approx(told, abs=max(0.1, told / 50))


@each(tuple(row for row in audio() if row["sample_rate"] and row["channels"] and row.path not in WORSE))
def test_container_and_codec_are_named(row: Row) -> None:
    stream = tags.read(row.raw).stream
    assert stream.container
    if row.path not in UNREADABLE:
        assert stream.codec


@each(rows())
def test_reading_never_fails(row: Row) -> None:
    whole = tags.read(row.raw)
    assert tags.read(row.raw, row.file.read_bytes()) == whole, "a file in memory reads like one on a disk"
    if row["kind"] == "audio":
        assert bool(whole.problem) == (row.path in UNREADABLE), whole.problem


@each(rows())
def test_kind_by_name(row: Row) -> None:
    assert kind_of(row.name) is (Kind.TRACK if row["kind"] == "audio" else Kind.COMPANION)
