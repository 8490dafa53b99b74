"""Makes the demo's music: old melodies on plucked strings (Karplus and Strong, 1983), in the formats that people have.

    python resources/demo/make.py        # needs ffmpeg with libmp3lame, libvorbis, libopus, aac, flac, wavpack

The melodies are in the public domain; the sound is made here and given to all under CC0 1.0.
"""

from __future__ import annotations

import math
import random
import struct
import subprocess
import tempfile
import wave
import zlib
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent / "music"
RATE = 44100
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

Note = tuple[float, str, float]
"""Start in seconds, pitch such as "F#4", loudness up to 1."""


def pluck(pitch: str, seconds: float, seed: int) -> array[float]:
    """One string, plucked."""
    octave, sharp = int(pitch[-1]), "#" in pitch
    frequency = 440.0 * 2 ** ((_STEPS[pitch[0]] + sharp - 9) / 12 + octave - 4)
    noise = random.Random(seed)
    string = [noise.uniform(-1, 1) for _ in range(max(2, round(RATE / frequency)))]
    sound = array("d")
    place, last = 0, 0.0
    for _ in range(round(seconds * RATE)):
        value = string[place]
        string[place] = 0.4985 * (value + last)
        last = value
        sound.append(value)
        place = (place + 1) % len(string)
    return sound


def play(notes: Iterable[Note], seconds: float, ring: float = 2.0) -> bytes:
    """The notes as 16-bit little-endian mono."""
    mix = array("d", bytes(8 * round(seconds * RATE)))
    for number, (start, pitch, loudness) in enumerate(notes):
        begin = round(start * RATE)
        for offset, value in enumerate(pluck(pitch, min(ring, seconds - start), number)):
            mix[begin + offset] += value * loudness
    peak = max(map(abs, mix)) or 1.0
    fade = round(0.4 * RATE)
    for offset in range(fade):
        mix[-1 - offset] *= offset / fade
    return struct.pack(f"<{len(mix)}h", *(round(0.8 * 32767 * math.tanh(1.4 * value / peak)) for value in mix))


def prelude(bars: Sequence[str], step: float) -> list[Note]:
    """Broken chords, as in the Prelude in C major."""
    notes: list[Note] = []
    at = 0.0
    for bar in bars:
        chord = bar.split()
        for _ in range(2):
            for index in (0, 1, 2, 3, 4, 2, 3, 4):
                notes.append((at, chord[index], 0.7))
                at += step
    return notes


def song(melody: str, bass: str, beat: float, bar: float) -> list[Note]:
    """`melody` as "A4:1 C5:2 -:1" (beats), `bass` as one word of pitches joined by + for each bar."""
    notes: list[Note] = []
    at = 0.0
    for word in melody.split():
        pitch, _, beats = word.partition(":")
        if pitch != "-":
            notes.append((at, pitch, 0.9))
        at += float(beats) * beat
    for number, chord in enumerate(bass.split()):
        for index, pitch in enumerate(chord.split("+")):
            if pitch != "-":
                notes.append((number * bar * beat + (index > 0) * beat, pitch, 0.5))
    return notes


BACH = ("C4 E4 G4 C5 E5", "C4 D4 A4 D5 F5", "B3 D4 G4 D5 F5", "C4 E4 G4 C5 E5", "C4 E4 A4 E5 A5", "C4 D4 F#4 A4 D5")
GREENSLEEVES = (
    "A4:1 C5:2 D5:1 E5:1.5 F5:0.5 E5:1 D5:2 B4:1 G4:1.5 A4:0.5 B4:1 C5:2 A4:1 A4:1.5 G#4:0.5 A4:1 B4:2 G#4:1 E4:3"
)
GREENSLEEVES_BASS = "- A2+E3 C3+G3 G2+D3 E3+B3 A2+E3 A2+E3 E2+B2 E2+B2"
SCARBOROUGH = (
    "D4:2 D4:1 A4:2 A4:1 E4:1.5 F4:0.5 E4:1 D4:3 -:1 A4:1 C5:1 D5:2 C5:1 A4:1 B4:1 G4:1 A4:3 D5:3 D5:2 D5:1 C5:2 A4:1"
)
SCARBOROUGH_BASS = "D3+A3 A2+E3 C3+G3 D3+A3 F3+C4 D3+A3 G2+D3 A2+E3 D3+A3 D3+A3 F3+C4"
SATIE = "-:3 -:3 -:1 F#5:1 A5:1 G5:1 F#5:1 C#5:1 B4:1 C#5:1 D5:1 A4:3"
SATIE_BASS = "G2+B3+D4+F#4 D2+A3+C#4+F#4 G2+B3+D4+F#4 D2+A3+C#4+F#4 G2+B3+D4+F#4 D2+A3+C#4+F#4"
ODE = "E4:1 E4:1 F4:1 G4:1 G4:1 F4:1 E4:1 D4:1 C4:1 C4:1 D4:1 E4:1 E4:1.5 D4:0.5 D4:2"
ODE_BASS = "C3+G3 G2+D3 C3+G3 G2+D3"

PIECES: list[tuple[str, bytes, list[str], dict[str, str]]] = []


def add(path: str, sound: bytes, codec: str, **tags: str) -> None:
    """One file: its path below `music`, its sound, ffmpeg's words for the codec, its tags."""
    PIECES.append((path, sound, codec.split(), tags))


def compose() -> None:
    """All pieces. The tags of a piece say what it is and where it comes from."""
    bach = {"artist": "Johann Sebastian Bach", "album": "The Well-Tempered Clavier", "date": "1722", "genre": "Baroque"}
    folder = "Johann Sebastian Bach/The Well-Tempered Clavier/"
    first = play(prelude(BACH[:4], 0.2), 7.2)
    add(folder + "01 Prelude in C.flac", first, "-c:a flac", title="Prelude in C", track="1/2", **bach)
    second = play(prelude(BACH[3:], 0.2), 5.6)
    add(
        folder + "02 Prelude in C, continued.wv",
        second,
        "-c:a wavpack",
        title="Prelude in C, continued",
        track="2/2",
        **bach,
    )
    songs = {"artist": "Traditional", "album": "English Songs", "genre": "Folk"}
    green = play(song(GREENSLEEVES, GREENSLEEVES_BASS, 0.5, 3), 14.0)
    add(
        "Traditional/English Songs/01 Greensleeves.mp3",
        green,
        "-c:a libmp3lame -b:a 96k",
        title="Greensleeves",
        track="1/2",
        **songs,
    )
    fair = play(song(SCARBOROUGH, SCARBOROUGH_BASS, 0.45, 3), 15.5)
    add(
        "Traditional/English Songs/02 Scarborough Fair.ogg",
        fair,
        "-c:a libvorbis -q:a 3",
        title="Scarborough Fair",
        track="2/2",
        **songs,
    )
    satie = {"artist": "Erik Satie", "album": "Gymnopédies", "date": "1888", "genre": "Piano"}
    gymno = play(song(SATIE, SATIE_BASS, 0.75, 3), 14.5, ring=2.6)
    add(
        "Erik Satie/Gymnopédies/01 Gymnopédie No. 1.m4a",
        gymno,
        "-c:a aac -b:a 80k",
        title="Gymnopédie No. 1",
        track="1",
        **satie,
    )
    ode = play(song(ODE, ODE_BASS, 0.45, 4), 8.0)
    add(
        "Ludwig van Beethoven/Ode to Joy.opus",
        ode,
        "-c:a libopus -b:a 48k",
        title="Ode to Joy",
        artist="Ludwig van Beethoven",
        date="1824",
    )
    add(
        "Ludwig van Beethoven/Ode to Joy (sketch).wav",
        ode[: 5 * RATE * 2],
        "-c:a pcm_s16le",
        title="Ode to Joy (sketch)",
        artist="Ludwig van Beethoven",
    )


def encode(path: Path, sound: bytes, codec: Sequence[str], tags: dict[str, str]) -> None:
    """Write one file with ffmpeg; the same words give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(suffix=".wav") as source:
        with wave.open(source.name, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(sound)
        words = [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", source.name, *codec, *words, "-fflags", "+bitexact"]
        subprocess.run([*command, "-flags:a", "+bitexact", path], check=True)


def cover(path: Path, hue: tuple[int, int, int], size: int = 160) -> None:
    """A picture of a string in motion, as PNG."""
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            wave_at = size / 2 + size / 4 * math.sin(x / size * 3 * math.pi) * math.sin(x / size * math.pi)
            near = max(0.0, 1 - abs(y - wave_at) / 6)
            shade = 0.25 + 0.35 * y / size
            rows += bytes(min(255, round(part * shade + 255 * near)) for part in hue)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def main() -> None:
    """Make everything anew."""
    compose()
    for path, sound, codec, tags in PIECES:
        encode(HERE / path, sound, codec, tags)
    cover(HERE / "Johann Sebastian Bach/The Well-Tempered Clavier/cover.png", (70, 110, 220))
    cover(HERE / "Traditional/English Songs/cover.png", (60, 160, 100))
    cover(HERE / "Erik Satie/Gymnopédies/cover.png", (190, 90, 160))
    names = sorted(path.name for path in (HERE / "Traditional/English Songs").glob("*.*") if path.suffix != ".png")
    (HERE / "Traditional/English Songs/English Songs.m3u8").write_text(
        "#EXTM3U\n" + "".join(f"{name}\n" for name in names if not name.endswith(".m3u8")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
