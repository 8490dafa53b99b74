"""Queries that contradict themselves, or say one thing twice. That the same items fulfil what is left of any query is
tried in `tests/unit/catalog/test_selection.py`, against a plain reading."""

from __future__ import annotations

import pytest

from musicvault.domain.query import Everything, Nothing, parse, simplified


@pytest.mark.parametrize(
    "text",
    [
        "drive:X -drive:X",
        "a (b -a)",
        "proof:<30d proof:>90d",
        "year:<1950 year:>2000",
        "year:<1990 year:>=1990",
        "size:>30MB size:<20MB",
        "year:1990 -year:1980..1999",
        "lossless:yes lossless:no",
        "kind:track kind:companion",
        "-kind:track -kind:companion",
        "-size:>1MB -size:<=1MB",
        "standing:short standing:stale",
        'genre:rock genre:""',
        'year:>1900 year:""',
        "library:a library:b",
        "codec:opus codec:vorbis",
        "(a -a) or (year:1990 year:1991)",
        "format:flac format:mp3 x",
    ],
)
def test_what_contradicts_itself_is_nothing(text: str) -> None:
    assert simplified(parse(text)) == Nothing()
    assert simplified(parse(f"-({text})")) == Everything()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a a", "a"),
        ("a or a", "a"),
        ("a or -a", ""),
        ("year:>1950 year:<1990 a", "year:>1950 year:<1990 a"),
        ("year:>=1960 year:<=1979 year:>=1970", "year:1970..1979"),
        ("-size:<1MB", "size:>=1MB"),
        ("-kind:track", "kind:companion"),
        ("-kind:track -kind:companion or a", "a"),
        ("-lossless:yes -lossless:no a", 'a lossless:""'),
        ("format:flac -format:mp3", "format:flac"),
        ("year:1990 -year:<1980", "year:1990"),
        ("((a))", "a"),
        ("a (b (c d))", "a b c d"),
    ],
)
def test_what_is_said_twice_is_said_once(text: str, same: str) -> None:
    assert simplified(parse(text)) == simplified(parse(same))


@pytest.mark.parametrize(
    "text",
    [
        "drive:a drive:b",
        "state:intact state:missing",
        "-state:intact",
        "genre:rock genre:jazz",
        "added:<30d added:2020",
        "codec:mp codec:mp3",
        "-year:<1990 -year:>=1990",
        "-lossless:yes",
        'library:ä library:"A"',
    ],
)
def test_what_an_item_can_be_at_once_stays(text: str) -> None:
    assert simplified(parse(text)) not in (Nothing(), Everything())
