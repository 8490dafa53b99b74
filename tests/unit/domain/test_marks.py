"""Ratings and play counts in the conventions of many players."""

from __future__ import annotations

import pytest

from musicvault.domain import marks

ID3 = {"raw:id3": ("2.3",)}
HALVES = [half / 2 for half in range(11)]


@pytest.mark.parametrize(
    ("container", "fields", "stars"),
    [
        ("mpeg", {**ID3, "rating": ("196",)}, 4),
        ("mpeg", {**ID3, "rating": ("1",)}, 1),
        ("mpeg", {**ID3, "rating": ("255",)}, 5),
        ("mpeg", {**ID3, "rating": ("13",)}, 0.5),
        ("mpeg", {**ID3, "rating": ("204",)}, 4),
        ("mpeg", {**ID3, "rating": ("51",)}, 1),
        ("mpeg", {**ID3, "rating": ("102",)}, 2),
        ("mpeg", {**ID3, "rating": ("153",)}, 3),
        ("mpeg", {**ID3, "rating": ("0",)}, None),
        ("mpeg", {**ID3, "rating": ("0", "196")}, 4),  # of two players one was asked
        ("mpeg", {**ID3, "raw:txxx:rating": ("4",)}, 4),
        ("mpeg", {**ID3, "raw:txxx:rating": ("90",)}, 4.5),
        ("mpeg", {**ID3, "raw:txxx:rating": ("5",), "rating": ("0",)}, 5),
        ("mpeg", {**ID3, "raw:txxx:rating": ("5",), "rating": ("64",)}, 2),
        ("mpeg", {**ID3, "raw:txxx:rating": ("fine",)}, None),
        ("mpeg", {**ID3, "rating": ("0.8",)}, 4),
        ("mpeg", {"rating": ("80",)}, 4),
        ("flac", {"rating": ("80",)}, 4),
        ("flac", {"rating": ("4",)}, 4),
        ("flac", {"rating": ("0.7",)}, 3.5),
        ("flac", {"rating": ("4.5",)}, 4.5),
        ("ogg", {"rating": ("1.0",)}, 5),
        ("ogg", {"rating": ("400",)}, 5),
        ("mp4", {"rating": ("100",)}, 5),
        ("asf", {"rating": ("75",)}, 4),
        ("asf", {"rating": ("99",)}, 5),
        ("asf", {"rating": ("1",)}, 1),
        ("asf", {"rating": ("0",)}, None),
        ("ogg", {"raw:rating:me@example.org": ("0.8",)}, 4),
        ("ogg", {"raw:rating:me@example.org": ("1",), "raw:rating:you@example.org": ("0.2",)}, 5),
        ("ogg", {"raw:rating:me@example.org": ("five",)}, None),
        ("flac", {"rating": ("40",), "raw:rating:me@example.org": ("0.8",)}, 2),
        ("flac", {"rating": ("very good",)}, None),
        ("flac", {"rating": ("-3",)}, None),
        ("flac", {"rating": ("nan",)}, None),
        ("flac", {}, None),
    ],
)
def test_stars(container: str, fields: dict[str, tuple[str, ...]], stars: float | None) -> None:
    assert marks.stars_of(fields, container) == stars


@pytest.mark.parametrize(
    ("fields", "plays"),
    [
        ({"playcount": ("12",)}, 12),
        ({"playcount": ("7.0",)}, 7),
        ({"raw:popm:me": ("3",), "raw:popm:you": ("9",), "playcount": ("5",)}, 9),
        ({"raw:playcount:me@example.org": ("9",)}, 9),
        ({"playcount": ("often",)}, None),
        ({"playcount": ("9" * 400,)}, None),
        ({"playcount": ("1e300",)}, marks.MOST_PLAYS),
        ({}, None),
    ],
)
def test_plays(fields: dict[str, tuple[str, ...]], plays: int | None) -> None:
    assert marks.plays_of(fields) == plays


@pytest.mark.parametrize(
    "written",
    [
        {1: 1, 2: 64, 3: 128, 4: 196, 5: 255},  # Windows Media Player, Winamp, Windows Explorer
        {0.5: 13, 1: 1, 1.5: 54, 2: 64, 2.5: 118, 3: 128, 3.5: 186, 4: 196, 4.5: 242, 5: 255},  # MusicBee, MediaMonkey
        {0.5: 26, 1: 51, 1.5: 76, 2: 102, 3: 153, 3.5: 178, 4: 204, 4.5: 230, 5: 255},  # MediaMonkey until 3.0, Banshee
        {1: 51, 2: 102, 3: 153, 4: 204, 5: 255},  # Quod Libet, Picard, Rekordbox, JRiver until 13
        {1: 1, 2: 65, 3: 128, 4: 192, 5: 255},  # JRiver from 14 on
        {1: 23, 2: 64, 3: 128, 4: 196, 5: 255},
    ],
)
def test_bytes_of_other_players(written: dict[float, int]) -> None:
    assert {marks.stars_of_popm(byte): byte for byte in written.values()} == written


@pytest.mark.parametrize("stars", HALVES[1:])
def test_what_is_written_is_read_again(stars: float) -> None:
    assert marks.stars_of_popm(marks.popm(stars)) == stars
    assert marks.stars_of_popm(marks.popm(stars, "quodlibet@lists.sacredchris.com")) == stars
    assert marks.stars_of({"rating": (marks.percent(stars),)}, "flac") == stars
    if stars >= 1:
        assert marks.stars_of({"rating": (str(marks.shared(stars)),)}, "asf") == stars


def test_quod_libet_finds_the_stars_that_were_set() -> None:
    """It divides the byte by 255 and shows fifths."""
    assert [marks.popm(stars, "quodlibet@lists.sacredchris.com") / 255 for stars in range(6)] == [
        0,
        0.2,
        0.4,
        0.6,
        0.8,
        1,
    ]
    assert [marks.popm(stars, "somebody@example.org") for stars in range(6)] == [0, 1, 64, 128, 196, 255]


@pytest.mark.parametrize(("name", "text"), [("rating", "6"), ("rating", "4.2"), ("rating", "x"), ("playcount", "-1")])
def test_what_can_not_be_set(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        marks.checked(name, (text,))
