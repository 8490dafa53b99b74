"""What only a person or a program can have written, and what a failing disk makes of it."""

from __future__ import annotations

import pytest

from musicvault.domain.telling import Fields, looks_written, tells

BEFORE: Fields = {
    "title": ("Aria",),
    "artist": ("Nobody in particular",),
    "track": ("3/12",),
    "rating": ("196",),
    "raw:id3v1": ("Aria|Nobody|||1999|255",),
}


@pytest.mark.parametrize(
    "edit",
    [
        {"title": ("Aria mit Variationen",)},
        {"title": ("Goldberg",)},
        {"title": ("Ария",), "album": ("Вариации",)},
        {"album": ("夜曲",)},
        {"comment": ("two\nlines",)},
        {"artist": ("Nobody, really",)},
        {"title": ("🎵 Aria",)},
    ],
    ids=str,
)
def test_a_new_text_tells(edit: Fields) -> None:
    assert tells(BEFORE, {**BEFORE, **edit})


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"title": ()},
        {"title": ("Asia",)},
        {"title": ("Ar",)},
        {"title": ("Ar\x00\x00",)},
        {"title": ("Ar\ufffda",)},
        {"title": ("Arÿé",)},
        {"title": ("\u4172\u6961",)},
        {"title": ("ÿþA", "r", "i", "a")},
        {"title": (), "raw:uitle": ("Aria",)},
        {"title": (), "raw:": ("title9Aria",)},
        {"track": ("5/6",), "raw:qart_number": ("3/12",)},
        {"artist": (), "track": ("5/6",)},
        {"title": ("Aria", "TPE1", "\x15", "Nobody in particular"), "artist": ()},
        {"track": ("2/12",)},
        {"track": ("5/6",)},
        {"date": ("2021",)},
        {"track": ("3/140",)},
        {"rating": ("68",)},
        {"rating": ("0",)},
        {"raw:id3v1": ("Aria|Nobody|||1999|127",)},
    ],
    ids=str,
)
def test_what_damage_does_tells_nothing(edit: Fields) -> None:
    after = {name: values for name, values in {**BEFORE, **edit}.items() if values}
    assert not tells(BEFORE, after)


@pytest.mark.parametrize(
    "edit",
    [
        {"title": ("Asia",)},
        {"title": ("Ar",)},
        {"track": ("2/12",)},
        {"rating": ("68",)},
        {"date": ("2021",)},
        {"title": ("Árïä",)},
    ],
    ids=str,
)
def test_where_something_wrote_little_is_enough(edit: Fields) -> None:
    assert looks_written(BEFORE, {**BEFORE, **edit})


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"title": ()},
        {"title": ("Ar\x00\x00",)},
        {"title": ("Ar\ufffda",)},
        {"title": ("\u4172\u6961",)},
        {"title": ("Ar",), "artist": ()},
        {"artist": ("Nobody 冔畬 particular",)},
        {"title": (), "raw:uitle": ("Aria",)},
        {"title": (), "raw:": ("title9Aria",)},
    ],
    ids=str,
)
def test_but_not_what_only_damage_says(edit: Fields) -> None:
    after = {name: values for name, values in {**BEFORE, **edit}.items() if values}
    assert not looks_written(BEFORE, after)


def test_a_number_sign_is_no_number() -> None:
    assert not tells({"title": ("Take 5",)}, {"title": ("Take #",)})


def test_one_new_text_doesn_t_excuse_a_spoilt_one() -> None:
    assert not tells(BEFORE, {**BEFORE, "album": ("New",), "title": ("Ar\x01a",)})


def test_tags_made_to_be_slow_are_answered_at_once() -> None:
    before = {f"raw:{number}": ("x" * 60_000 + str(number),) for number in range(400)}
    after = {f"raw:{number}": ("y" * 60_000 + str(number),) for number in range(400)}
    assert not tells(before, after)
    assert not looks_written(before, after)
