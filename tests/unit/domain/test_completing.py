"""What the search offers while one types."""

from __future__ import annotations

import pytest

from musicvault.domain.query.completing import completions

KNOWN = {"genre": ("Jazz", "Klassik", "Hip Hop"), "drive": ("Büro",)}


@pytest.mark.parametrize(
    ("text", "start", "offers"),
    [
        ("", 0, ()),
        ("jazz ", 5, ()),
        ("gen", 0, ("genre:",)),
        ("jazz (-ARTI", 7, ("artist:",)),
        ("lo", 0, ("lossless:",)),
        ("genre:", 0, ("genre:Jazz", "genre:Klassik", 'genre:"Hip Hop"')),
        ("genre:k", 0, ("genre:Klassik",)),
        ("genre:=k", 0, ("genre:Klassik",)),
        ('genre:"hip h', 0, ('genre:"Hip Hop"',)),
        ("genre:jazz", 0, ()),
        ("drive:bu", 0, ("drive:Büro",)),
        ("vault:bu", 0, ("vault:Büro",)),
        ("state:c", 0, ("state:corrupt",)),
        ("year:19", 0, ()),
        ("foo:b", 0, ()),
    ],
)
def test_what_could_come_next(text: str, start: int, offers: tuple[str, ...]) -> None:
    found = completions(text, len(text), KNOWN)
    assert (found.start, found.offers) == (start, offers)
