"""Ratings and play counts: what the conventions of formats and players mean in stars (0 to 5, in halves), and back.

The wrapper keeps what a file says as it says it, for that is evidence. Sources: Windows Media Player's steps of ID3's
POPM (with the halves that MusicBee and MediaMonkey from 3.1 on write between, and the scale in twentieths of players
before it: `_TWENTIETHS`), freedesktop.org's Free Media Player Specifications (0.0 – 1.0), Microsoft's
WM/SharedUserRating (1, 25, 50, 75, 99), and for a plain RATING (in ID3 a TXXX frame of that name) what players write: 0
to 100 (MediaMonkey, MusicBee), 0 to 5 (foobar2000), 0.0 to 1.0 (Quod Libet).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Fields = Mapping[str, tuple[str, ...]]

RATING, PLAYS = "rating", "playcount"
MARKS = (RATING, PLAYS)
"""Fields of the wrapper that hold an opinion or a count; they are set in stars and whole numbers."""

PLAIN_IN_ID3 = "raw:txxx:rating"
"""The field of a TXXX frame that is called RATING, in whatever case."""

MOST_PLAYS = 2**31 - 1

_POPM = (0, 13, 1, 54, 64, 118, 128, 186, 196, 242, 255)
"""The byte for each half star."""

_TWENTIETHS = {26: 0.5, 51: 1.0, 76: 1.5, 102: 2.0, 153: 3.0, 178: 3.5, 204: 4.0, 230: 4.5}
"""The stars of bytes that players write (or wrote) who give each half star a tenth of the byte: MediaMonkey before 3.1
and Banshee (26, 51, 76 …: Banshee's StreamRatingTagger.cs), Quod Libet, Picard, Rekordbox, JRiver before 14 (whole
stars: 51, 102 …). Their 128 means two and a half; to all others it means three."""

_STEPS = {byte: half / 2 for half, byte in enumerate(_POPM) if byte} | _TWENTIETHS | {23: 1.0}
"""All bytes of which somebody says what they mean. 23 is the one star of those who read as Windows Explorer, but write
no 1, which some take for the least (Kodi's pull request 10866 lists them)."""

_FIFTH = 51
"""The byte for each star where a player counts 0.0 to 1.0 (Quod Libet: `int(255 * rating)`)."""

_QUOD_LIBET = "quodlibet@lists.sacredchris.com"

_SHARED = (0, 1, 1, 13, 25, 37, 50, 62, 75, 87, 99)


def popm(stars: float, owner: str = "") -> int:
    """The byte of a POPM frame, as its owner's player counts. Half stars are written as Windows has them everywhere:
    by the byte alone they can be told from nothing else."""
    if owner == _QUOD_LIBET and stars == round(stars):
        return int(stars) * _FIFTH
    return _POPM[round(stars * 2)]


def stars_of_popm(byte: int) -> float:
    """What a player that writes this byte means, or the one that writes the nearest (of two, the lower); 0 for no
    rating. MediaMonkey reads both scales side by side in the same way (70 to 90 is one and a half, 91 to 113 two)."""
    if byte <= 0:
        return 0.0
    return _STEPS[min(_STEPS, key=lambda known: (abs(known - byte), known))]


def shared(stars: float) -> int:
    """The number of a WM/SharedUserRating attribute."""
    return _SHARED[round(stars * 2)]


def percent(stars: float) -> str:
    """The text of a plain RATING. A half star is 10: nothing that could be taken for stars."""
    return str(round(stars * 20))


def stars_of(fields: Fields, container: str) -> float | None:
    """What a track's rating means, None where there is none. The scale follows from where it stood."""
    if "raw:id3" in fields and container not in ("flac", "ogg", "mp4", "asf"):
        return _stars_in_id3(fields)
    said = fields.get(RATING, ())
    number = _number(said)
    if number is None and (owned := max(_owned(fields, RATING), default=None)) is not None:
        return _halved(5 * min(owned, 1.0))
    if number is not None and container == "asf" and "." not in said[0]:
        return None if number <= 0 else _halved(1 + min(round(number / 12.5), 8) / 2)
    return _plain(said)


def _stars_in_id3(fields: Fields) -> float | None:
    said = fields.get(RATING, ())
    if any("." in text for text in said):  # of a FMPS_Rating: a byte has no point
        return _plain(said)
    # Each player has its own POPM, and 0 in it is what one says that wasn't asked.
    byte = next((number for text in said if (number := _number((text,)))), 0)
    return stars_of_popm(round(min(byte, 255))) or _plain(fields.get(PLAIN_IN_ID3, ()))


def _plain(said: tuple[str, ...]) -> float | None:
    """A rating that is only a number: with a point stars or a part of all, without one stars or percent."""
    number = _number(said)
    if number is None or number < 0:
        return None
    if "." in said[0]:
        return _halved(number * 5 if number <= 1 else number)
    return _halved(number / 20 if number > 5 else number) or None


def plays_of(fields: Fields) -> int | None:
    """How often a track was played: the largest of its counters."""
    counters = [fields.get(PLAYS, ()), *(values for name, values in fields.items() if name.startswith("raw:popm:"))]
    counts = [number for values in counters if (number := _number(values)) is not None and number >= 0]
    counts += _owned(fields, PLAYS)
    return min(int(max(counts)), MOST_PLAYS) if counts else None


def checked(name: str, values: Sequence[str]) -> float:
    """The stars or plays that someone wants to set. Raises ValueError for what is none."""
    number = _number(tuple(values)) if len(values) == 1 else None
    highest = 5 if name == RATING else MOST_PLAYS
    step = 2 if name == RATING else 1
    if number is None or not 0 <= number <= highest or number * step != round(number * step):
        raise ValueError(values)
    return number


def owned(name: str, number: float) -> str:
    """The text of a Vorbis comment like `RATING:somebody@example.org`."""
    return f"{number / 5:g}" if name == RATING else str(int(number))


def _owned(fields: Fields, name: str) -> list[float]:
    """What players of Quod Libet's and Picard's convention say, each for one listener: `RATING:email` from 0.0 to 1.0,
    `PLAYCOUNT:email`."""
    said = (_number(values) for key, values in fields.items() if key.startswith(f"raw:{name}:"))
    return [number for number in said if number is not None and number >= 0]


def _number(values: tuple[str, ...]) -> float | None:
    try:
        number = float(values[0]) if values else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _halved(stars: float) -> float:
    return round(min(stars, 5.0) * 2) / 2
