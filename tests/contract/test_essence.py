"""The essence against ffmpeg's packets: equal exactly when the coded packets are, within one container and codec."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.contract.tables import Row, audio, each, essence_at, essence_of, groups, rows

SAME_PACKETS_OTHER_ESSENCE = {
    "picard/test.wmv": "a film: its data packets hold the picture as well, and are another multiplex of the sound",
}
SAME_ESSENCE_OTHER_PACKETS = {
    "beets/empty.ape": "ffmpeg takes the tag behind the last frame into its last packet",
    "beets/full.ape": "as above",
    "beets/image.ape": "as above",
    "beets/unparseable.ape": "as above",
    "mutagen/id3v1v2-combined.mp3": "ffmpeg takes the ID3v1 tag into the last frame, which is cut short",
    "picard/test-apev2.ac3": "ffmpeg takes the APE tag for a frame",
}
NO_ESSENCE = {
    "atldotnet/DSF/adgpp_PLAY_01_05.dsf": "zeros and a tag",
    "mutagen/64bit.mp4": "no mdat",
    "mutagen/emptyfile.mp3": "empty",
    "mutagen/nero-chapters.m4b": "an empty mdat",
    "mutagen/ooming-header.flac": "metadata that claims more than the file holds",
    "quodlibet/empty.xm": "a tracker module: notes, no coded sound",
    "sonix/corrupted_header.mp3": "noise",
    "sonix/empty_file.mp3": "empty",
    "sonix/test_sample.flac": "a WAV's samples behind a FLAC's first word",
    "sonix/truncated.flac": "ends inside of its metadata",
}


def _comparable() -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in audio():
        if row["packets_md5"] and row.path not in NO_ESSENCE:
            found[row["ffprobe_format"], row["codec"]].append(row)
    return found


@pytest.mark.usefixtures("corpus")
def test_equal_packets_have_equal_essence() -> None:
    for family in _comparable().values():
        by_packets: dict[str, set[bytes]] = defaultdict(set)
        for row in family:
            found = essence_at(row.path)
            assert found is not None, row.path
            if row.path not in SAME_PACKETS_OTHER_ESSENCE:
                by_packets[row["packets_md5"]].add(found.digest)
        assert all(len(digests) == 1 for digests in by_packets.values())


@pytest.mark.usefixtures("corpus")
def test_equal_essence_has_equal_packets() -> None:
    for family in _comparable().values():
        by_essence: dict[bytes, set[str]] = defaultdict(set)
        for row in family:
            found = essence_at(row.path)
            assert found is not None
            if row.path not in SAME_ESSENCE_OTHER_PACKETS:
                by_essence[found.digest].add(row["packets_md5"])
        assert all(len(packets) == 1 for packets in by_essence.values())


@pytest.mark.usefixtures("corpus")
def test_groups_of_identical_packets_share_an_essence() -> None:
    found = groups("identical-audio-packets")
    assert len(found) > 40
    for paths in found.values():
        kinds: dict[str, set[bytes]] = defaultdict(set)
        for path in paths:
            sound = essence_at(path)
            assert sound is not None, path
            if path not in SAME_PACKETS_OTHER_ESSENCE:
                kinds[sound.kind].add(sound.digest)
        assert all(len(digests) == 1 for digests in kinds.values()), paths


@pytest.mark.usefixtures("corpus")
def test_damaged_copies_and_other_music_differ() -> None:
    ok = essence_at("beets-check/ok.flac")
    assert ok == essence_at("beets-check/md5.flac"), "only the header's MD5 is wrong"
    for other in ("beets-check/crc.flac", "beets-check/truncated.flac"):
        assert ok != essence_at(other)
    assert essence_at("beets-check/ok.mp3") != essence_at("beets-check/truncated.mp3")
    assert essence_at("beets-check/ok.ogg") != essence_at("beets-check/truncated.ogg")
    tuxemon = "music-tuxemon/JRPG_mysticIsle"
    assert essence_at(f"{tuxemon}.ogg") != essence_at(f"{tuxemon}_reverse.ogg")


@pytest.mark.usefixtures("corpus")
def test_only_files_without_sound_have_none() -> None:
    assert {row.path for row in audio() if essence_at(row.path) is None} == set(NO_ESSENCE)


@each(rows())
def test_chunks_of_any_size_give_the_same(row: Row) -> None:
    data = row.file.read_bytes()
    if len(data) > 200_000:
        data = data[:200_000]
    whole = essence_of(data, row.name)
    for chunk in (997, 65_536):
        assert essence_of(data, row.name, chunk) == whole


@pytest.mark.usefixtures("corpus")
def test_the_essence_follows_the_content_not_the_name(corpus: Path) -> None:
    data = (corpus / "beets" / "full.flac").read_bytes()
    assert essence_of(data, b"renamed.mp3") == essence_of(data, b"full.flac") == essence_of(data, b"no extension")
