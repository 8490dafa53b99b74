"""The files that the campaign works on: every audio file of the corpus and a few that are made here, by format."""

from __future__ import annotations

import csv
import subprocess
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.sound import make

LARGEST = 600_000
"""Bytes beyond which a file of the corpus is left out: the campaign copies each one hundreds of times."""

Sources = Mapping[str, list[Path]]

_BY_CODEC = {
    ("ogg", "vorbis"): "vorbis",
    ("ogg", "opus"): "opus",
    ("ogg", "speex"): "speex",
    ("ogg", "flac"): "oggflac",
    ("mp3", "mp1"): "mp1",
    ("mp3", "mp2"): "mp2",
    ("mp3", "mp3"): "mp3",
    ("iff", "dsd_msbf"): "dsdiff",
    ("mpc", "musepack7"): "musepack",
    ("mpc8", "musepack8"): "musepack",
    ("wv", "wavpack"): "wavpack",
    ("matroska,webm", "mp2"): "matroska",
    ("libopenmpt", "pcm_f32le"): "module",
    ("eac3", "eac3"): "ac3",
    ("mov,mp4,m4a,3gp,3g2,mj2", "alac"): "alac",
    ("mov,mp4,m4a,3gp,3g2,mj2", "aac"): "mp4",
}
_BY_NAME = {"ofr": "optimfrog", "ofs": "optimfrog", "mid": "midi", "oggtheora": "theora"}
_COMPANIONS = {
    "png": "picture", "jpg": "picture", "gif": "picture", "cue": "cue", "log": "log", "txt": "text",
    "m3u": "playlist", "m3u8": "playlist",
}  # fmt: skip
COMPANIONS = frozenset(_COMPANIONS.values())


def row_of(entry: Mapping[str, str]) -> str:
    """The row of a file, by what independent tools say about it."""
    extension = entry["path"].rpartition(".")[2].lower()
    if entry["kind"] == "data":
        return _COMPANIONS.get(extension, "")
    if extension in _BY_NAME:
        return _BY_NAME[extension]
    if entry["kind"] != "audio":
        return ""
    container, codec = entry["ffprobe_format"], entry["codec"]
    if not codec:
        return "broken"  # no demuxer makes anything of it
    return _BY_CODEC.get((container, codec), container)


def sources(corpus: Path, made: Path) -> Sources:
    """Rows and their files, in a fixed order."""
    found: dict[str, list[Path]] = defaultdict(list)
    for name, build in _MADE.items():
        row, _, file = name.partition(":")
        path = made / file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            build(path)
        found[row].append(path)
    with (corpus / "expected.tsv").open(encoding="utf-8", newline="") as table:
        for entry in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            row = row_of(entry)
            if row and 0 < int(entry["size"]) <= LARGEST:
                found[row].append(corpus / entry["path"])
    return dict(sorted(found.items()))


def _sound(path: Path) -> None:
    make(path, seconds=1.5, seed=len(path.name))


def _coded(*options: str) -> Callable[[Path], None]:
    def build(path: Path) -> None:
        wav = make(path.with_suffix(".source.wav"), seconds=1.5, seed=len(path.name))
        ffmpeg("-i", str(wav), *options, str(path))
        wav.unlink()

    return build


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg quietly; raises CalledProcessError."""
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True, capture_output=True, timeout=60)


_MADE: dict[str, Callable[[Path], None]] = {
    "flac:made.flac": _sound,
    "mp3:made.mp3": _sound,
    "opus:made.opus": _sound,
    "mp4:made.m4a": _sound,
    "wav:made.wav": _sound,
    "wavpack:made.wv": _sound,
    "aiff:made.aiff": _sound,
    "alac:made alac.m4a": _coded("-c:a", "alac"),
    "vorbis:made.ogg": _coded("-c:a", "libvorbis"),
    "oggflac:made.oga": _coded("-c:a", "flac"),
    "speex:made.spx": _coded("-ar", "16000", "-c:a", "libspeex"),
    "tta:made.tta": _coded("-c:a", "tta"),
    "matroska:made.mka": _coded("-c:a", "flac"),
    "asf:made.wma": _coded("-c:a", "wmav2"),
    "aac:made.aac": _coded("-c:a", "aac", "-f", "adts"),
    "ac3:made.ac3": _coded("-c:a", "ac3"),
    "mp2:made.mp2": _coded("-c:a", "mp2"),
    "caf:made.caf": _coded("-c:a", "pcm_s16be"),
    "avi:made.avi": _coded("-c:a", "mp2"),
}
