"""The self-assessment answers what the program knows, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from musicvault.domain.ndsa import Answer, Area, Facts, assess, reached

STATION = Facts(
    items=1_000,
    tracks=900,
    with_copies={1: 1_000, 2: 1_000, 3: 1_000},
    with_sites={1: 1_000, 2: 1_000, 3: 0},
    unnamed=0,
    media=("hdd", "ssd"),
    drives=3,
    unknown_media=0,
    proven=1_000,
    proof_days=90,
    checks=12_000,
    repaired=4,
    open_damage=0,
    snapshots=3,
    titled=900,
    identified=900,
    decoded=900,
    events=20_000,
)
NOTHING = Facts(0, 0, {}, {}, 0, (), 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 0, 0)


def answers(facts: Facts, area: Area, level: int) -> list[Answer]:
    return [one.answer for one in assess(facts) if one.area is area and one.level == level]


def test_every_cell_of_the_matrix_has_a_practice() -> None:
    cells = {(one.area, one.level) for one in assess(STATION)}
    assert cells == {(area, level) for area in Area for level in (1, 2, 3, 4)}


def test_a_yes_or_no_always_has_its_evidence() -> None:
    for facts in (STATION, NOTHING):
        for practice in assess(facts):
            assert practice.answer is Answer.ASK or practice.evidence, practice


@pytest.mark.parametrize(
    ("area", "level", "open_answers"),
    [(Area.STORAGE, 3, True), (Area.INTEGRITY, 4, True), (Area.METADATA, 4, True), (Area.CONTROL, 4, True)],
)
def test_a_station_in_good_order(area: Area, level: int, open_answers: bool) -> None:
    assert reached(assess(STATION), area) == (level, open_answers)


def test_nothing_is_claimed_for_an_empty_catalog() -> None:
    assert Answer.YES not in {one.answer for one in assess(NOTHING)}
    assert reached(assess(NOTHING), Area.STORAGE) == (0, False)


@pytest.mark.parametrize(
    ("change", "area", "level"),
    [
        ({"with_copies": {2: 999, 3: 0}}, Area.STORAGE, 0),
        ({"with_copies": {2: 1_000, 3: 999}}, Area.STORAGE, 1),
        ({"media": ("hdd",)}, Area.STORAGE, 2),
        ({"proven": 999}, Area.INTEGRITY, 2),
        ({"open_damage": 1}, Area.INTEGRITY, 3),
        ({"snapshots": 0}, Area.METADATA, 0),
        ({"decoded": 899}, Area.CONTENT, 1),
    ],
)
def test_one_file_short_of_a_practice_ends_the_level(change: dict[str, object], area: Area, level: int) -> None:
    assert reached(assess(replace(STATION, **change)), area)[0] == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [Answer.YES, Answer.YES, Answer.NO]),
        ({"with_sites": {1: 1_000, 2: 0}}, [Answer.ASK, Answer.NO, Answer.NO]),
        ({"with_sites": {1: 1_000, 2: 0}, "unnamed": 3}, [Answer.ASK, Answer.ASK, Answer.ASK]),
        ({"with_sites": {1: 1_000, 2: 1_000, 3: 0}, "unnamed": 1}, [Answer.YES, Answer.YES, Answer.ASK]),
        ({"with_copies": {1: 1_000, 2: 0}, "with_sites": {}, "unnamed": 3}, [Answer.NO, Answer.NO, Answer.NO]),
    ],
)
def test_two_disks_on_one_desk_are_no_separate_places(change: dict[str, object], expected: list[Answer]) -> None:
    """And a place that nobody named may be any."""
    practices = assess(replace(STATION, **change))  # type: ignore[arg-type]
    places = {one.text: one.answer for one in practices if one.area is Area.STORAGE}
    texts = (
        "Two complete copies in separate places",
        "At least one copy in another place",
        "Three copies in places with different threats",
    )
    assert [places[text] for text in texts] == expected


def test_unknown_media_are_asked_about_and_not_denied() -> None:
    unsure = replace(STATION, media=("hdd",), unknown_media=1)
    assert Answer.NO not in answers(unsure, Area.STORAGE, 3)
    assert Answer.NO in answers(unsure, Area.STORAGE, 1)


def test_formats_of_no_tracks_are_neither_known_nor_unknown() -> None:
    booklets = replace(STATION, tracks=0, identified=0, decoded=0)
    assert Answer.NO not in answers(booklets, Area.CONTENT, 1) + answers(booklets, Area.CONTENT, 2)


def test_what_the_tracks_are_is_only_claimed_to_be_known_of_tracks_with_a_title() -> None:
    for change, expected in (
        ({}, Answer.YES),
        ({"titled": 899}, Answer.ASK),
        ({"identified": 899}, Answer.ASK),
        ({"tracks": 0, "titled": 0, "identified": 0}, Answer.ASK),
    ):
        (one,) = (one for one in assess(replace(STATION, **change)) if (one.area, one.level) == (Area.METADATA, 2))  # type: ignore[arg-type]
        assert one.answer is expected, change
        assert f"{replace(STATION, **change).titled} of" in one.evidence  # type: ignore[arg-type]
