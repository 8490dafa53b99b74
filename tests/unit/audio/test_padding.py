"""Padding, in every container that has some: its size says nothing, but bytes in it do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from musicvault.audio import tags
from musicvault.domain.sensible import Change, wrapper_change
from musicvault.domain.values import Wrapper
from tests.sound import make
from tests.verdicts import tagger

MADE = {"flac": ".flac", "mp3": ".mp3", "opus": ".opus", "mp4": ".m4a", "wav": ".wav", "aiff": ".aiff"}
CORPUS = {
    "mutagen/silence-1.wma": "asf",
    "mutagen/empty.ogg": "vorbis",
    "mutagen/sample.oggtheora": "theora",
    "mutagen/empty.spx": "speex",
    "mutagen/2822400-1ch-0s-silence.dsf": "dsf",
    "mutagen/5644800-2ch-s01-silence.dff": "dsdiff",
    "mutagen/empty.tta": "tta",
    "mutagen/nero-chapters.m4b": "mp4",
}
PADDING = 4000


def padded(row: str, path: Path, amount: int) -> Path:
    tagger.set_texts(row, path, title="Dawn", padding=lambda _: amount)
    return path


def wrapper(path: Path) -> Wrapper:
    return tags.read(bytes(path)).wrapper


def change(path: Path, edit: Callable[[bytes], bytes]) -> Change:
    before = wrapper(path)
    data = path.read_bytes()
    edited = edit(data)
    assert edited != data
    path.write_bytes(edited)
    return wrapper_change(before, wrapper(path))


def check(row: str, path: Path) -> None:
    before = wrapper(padded(row, path, 100))
    for amount in (PADDING, 90_000, 7):
        after = wrapper(padded(row, path, amount))
        assert wrapper_change(before, after).padding_only, amount
    data = padded(row, path, PADDING).read_bytes()
    zeros = bytes(PADDING - 300)
    # The sound of the DSD samples is silence; their tag stands behind it.
    free = data.rindex(zeros) if row in ("dsf", "dsdiff") else data.index(zeros)
    assert not change(path, lambda whole: whole[: free + 1000] + b"\1" + whole[free + 1001 :]).sensible


@pytest.mark.parametrize("row", MADE)
def test_made_here(row: str, tmp_path: Path) -> None:
    check(row, make(tmp_path / f"a{MADE[row]}", seconds=0.3))


@pytest.mark.parametrize("name", CORPUS)
def test_of_the_corpus(name: str, corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_bytes((corpus / name).read_bytes())
    check(CORPUS[name], path)


@pytest.mark.parametrize(
    ("suffix", "place"),
    [(".wav", lambda data: 4), (".aiff", lambda data: 7), (".m4a", lambda data: data.index(b"stsz") + 20)],
    ids=["RIFF size", "FORM size", "sizes of samples"],
)
def test_a_flipped_bit_in_what_holds_the_sound_is_not_padding(
    suffix: str, place: Callable[[bytes], int], tmp_path: Path
) -> None:
    path = make(tmp_path / f"a{suffix}", seconds=0.3)
    at = place(path.read_bytes())
    assert not change(path, lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]).sensible


def test_a_size_that_was_always_wrong_moves_with_the_padding(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.dff"
    path.write_bytes((corpus / "atldotnet/DSF/dff.dff").read_bytes())
    before = wrapper(padded("dsdiff", path, 50))
    assert wrapper_change(before, wrapper(padded("dsdiff", path, 9000))).padding_only
