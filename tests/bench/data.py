"""The music that benchmarks work on, made once from the audio corpus and kept."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
TRACKS = 120
SMALL = 100_000
_SECONDS = 290
_PIECES = (
    "music-furious-freak/ff-16b-2c-44100hz.mp3",
    "music-librosa/Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra).hq.ogg",
    "music-librosa/Karissa_Hobbs_-_Lets_Go_Fishin.hq.ogg",
    "music-librosa/Kevin_MacLeod_-_P_I_Tchaikovsky_Dance_of_the_Sugar_Plum_Fairy.hq.ogg",
    "music-librosa/Kevin_MacLeod_-_Vibe_Ace.hq.ogg",
    "music-tuxemon/JRPG_mysticIsle.ogg",
    "music-tuxemon/JRPG_mysticIsle_reverse.ogg",
    "music-tuxemon/back34.mp3",
    "music-tuxemon/lunar_joyride.mp3",
    "music-furious-freak/ff-16b-1c-44100hz.opus",
)


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made under another name first, so that half a set is never taken for a whole one."""
    if not folder.is_dir():
        if not CORPUS.is_dir():
            raise SystemExit(f"the audio corpus isn't here: {CORPUS}")
        print(f"making {folder} …", flush=True)
        half = folder.with_name(folder.name + ".new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        make(half)
        half.rename(folder)
    return folder


def tracks(data: Path) -> Path:
    """120 tracks of 4:50, about 3 GB: two of three FLAC, the others WAV, ALAC and MP3."""
    return _made(data / "tracks", _make_tracks)


def _make_tracks(folder: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: _make_track(folder, number), range(TRACKS)))


def _make_track(folder: Path, number: int) -> None:
    piece = CORPUS / _PIECES[number % len(_PIECES)]
    album = folder / f"Artist {number // 20 + 1}" / f"Album {number // 10 + 1}"
    album.mkdir(parents=True, exist_ok=True)
    kind, coding = {
        0: ("wav", ["-c:a", "pcm_s16le"]),
        1: ("m4a", ["-c:a", "alac"]),
        2: ("mp3", ["-c:a", "libmp3lame", "-b:a", "320k"]),
        3: ("wav", ["-c:a", "pcm_s16le"]),
    }.get(number % 12, ("flac", ["-c:a", "flac"]))
    # Another pitch and level each, and a recording's noise: no two files share coded frames, and FLAC codes about as
    # many bits a sample as it does for a CD.
    rate = 44_100 + 120 * (number // len(_PIECES))
    noise = "|".join(f"val({channel})+0.0066*(random({channel})*2-1)" for channel in (0, 1))
    sound = (
        f"aresample=44100,asetrate={rate},aresample=44100,volume={0.6 + number / 400},aformat=cl=stereo,aeval={noise}"
    )
    tags = {"title": f"Track {number + 1}", "artist": f"Artist {number // 20 + 1}", "album": album.name}
    subprocess.run(
        [
            "ffmpeg", "-v", "error", "-nostdin", "-stream_loop", "-1", "-i", piece, "-t", str(_SECONDS), "-vn",
            "-af", sound, "-ac", "2", "-ar", "44100", "-sample_fmt", "s16p" if kind in ("mp3", "m4a") else "s16",
            *coding, *(part for name, value in tags.items() for part in ("-metadata", f"{name}={value}")),
            album / f"{number % 10 + 1:02} Track.{kind}",
        ],
        check=True,
    )  # fmt: skip


def small(data: Path) -> Path:
    """100,000 MP3 files of 13 kB in 5,000 folders: one real second of sound under 100,000 different tags."""
    return _made(data / "small", _make_small)


def _make_small(folder: Path) -> None:
    sound = _without_id3(CORPUS / "beets" / "full.mp3")
    for number in range(SMALL):
        album = folder / f"Artist {number // 200:03}" / f"Album {number // 20:04}"
        if number % 20 == 0:
            album.mkdir(parents=True)
        (album / f"{number % 20 + 1:02} Song {number:06}.mp3").write_bytes(_id3(number) + sound)


def _without_id3(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:3] != b"ID3":
        return data
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return data[10 + size :]


def _id3(number: int) -> bytes:
    """An ID3v2.3 tag (id3.org, section 3) with six text frames."""
    values = {
        b"TIT2": f"Song {number:06}",
        b"TPE1": f"Artist {number // 200:03}",
        b"TALB": f"Album {number // 20:04}",
        b"TRCK": f"{number % 20 + 1}/20",
        b"TCON": ("Jazz", "Klassik", "Folk", "Rock")[number % 4],
        b"TYER": str(1950 + number % 70),
    }
    frames = b"".join(
        name + (len(text) + 1).to_bytes(4, "big") + b"\0\0\0" + text.encode("latin-1") for name, text in values.items()
    )
    size = len(frames)
    return b"ID3\3\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + frames
