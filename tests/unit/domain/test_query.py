"""The query language: what is understood, what is refused and where, and that text and tree tell the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.domain.query import (
    LONGEST,
    All,
    AnyOf,
    Choice,
    Everything,
    Lacking,
    Name,
    Not,
    Query,
    QueryError,
    Range,
    Words,
    folded,
    parse,
    unparse,
)

DAY = 86400.0


def word(text: str) -> Words:
    return Words(text, prefix=True)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Everything()),
        (" \t", Everything()),
        ("bjork army", All((word("bjork"), word("army")))),
        ("a and b", All((word("a"), word("b")))),
        ("and", word("and")),
        ('"pastel blues"', Words("pastel blues")),
        ('artist:"nina simone" sinner', All((Words("nina simone", "artist"), word("sinner")))),
        ("ARTIST:nina", Words("nina", "artist", prefix=True)),
        ("title:=Sinnerman", Words("Sinnerman", "title", whole=True)),
        ("-live", Not(word("live"))),
        ("--live", word("live")),
        ("rock -(live or demo)", All((word("rock"), Not(AnyOf((word("live"), word("demo"))))))),
        ("a or b c", AnyOf((word("a"), All((word("b"), word("c")))))),
        ("Artist - Title", All((word("Artist"), word("Title")))),
        ("Songs: Live", All((word("Songs:"), word("Live")))),
        ("Op. 10: Etude", All((word("Op."), word("10:"), word("Etude")))),
        ('"foo:bar"', Words("foo:bar")),
        (r"foo\:bar", word("foo:bar")),
        (r"\-1 a\ b", All((word("-1"), word("a b")))),
        (r"AC\DC", word(r"AC\DC")),
        (r'"7\" single"', Words('7" single')),
        ("year:1967", Range("year", 1967, 1967)),
        ("year:<1990", Range("year", None, 1990, below=True)),
        ("year:1980..1989", Range("year", 1980, 1989)),
        ("year:..1989", Range("year", None, 1989)),
        ("rating:>=4", Range("rating", 4, None)),
        ("plays:>10", Range("plays", 10, None, above=True)),
        ("length:>10m", Range("length", 600, None, above=True)),
        ("length:3:30", Range("length", 210, 211, below=True)),
        ("length:<=1:00:00", Range("length", None, 3600)),
        ("size:>=1.5MB", Range("size", 1_500_000, None)),
        ("size:<2GiB", Range("size", None, 2.0**31, below=True)),
        ("added:<30d", Range("added", None, 30 * DAY, below=True)),
        ("proof:>90", Range("proof", 90 * DAY, None, above=True)),
        ("added:1970-01", Range("added", 0, 31 * DAY, below=True, dated=True)),
        ("copies:<2", Range("copies", None, 2, below=True)),
        ("samplerate:96k", Range("samplerate", 96_000, 96_000)),
        ("format:mp3", Choice("format", "mpeg")),
        ("format:FLAC", Choice("format", "flac")),
        ("lossless:yes", Choice("lossless", "yes")),
        ("state:corrupt", Choice("state", "corrupt")),
        ("standing:at-risk", Choice("standing", "at-risk")),
        ("kind:companion", Choice("kind", "companion")),
        ('drive:"My Passport"', Name("drive", "My Passport")),
        ('genre:""', Lacking("genre")),
        ("caf\udce9", word("caf\ufffd")),
    ],
)
def test_what_is_understood(text: str, tree: Query) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("foo:bar", 0, 'no field foo.*"foo:bar"'),
        ("jazz artits:nina", 5, "Did you mean artist:"),
        ("(jazz", 0, "never closed"),
        ("jazz)", 4, "closes nothing"),
        ("()", 0, "nothing between"),
        ('say "jazz', 4, "never closed"),
        ("or jazz", 0, '"or"'),
        ("jazz or", 5, '"or"'),
        ("* !", 0, "no letter or digit"),
        ("year:abc", 5, "year:1980"),
        ("year:1990..1980", 11, "backwards"),
        ("length:5q", 7, "no unit q"),
        ("rating:>6", 8, "up to 5"),
        ("added:2024-13", 6, "no such day"),
        ("lossless:maybe", 9, "can be: yes, no"),
        ("format:opus", 7, "codec:opus"),
        ("state:short", 6, "standing:short"),
        ("genre:(rock or pop)", 6, "genre:one or genre:two"),
        ("artist:!!!", 10, "artist:=…"),
        ("kind:", 5, "What should kind be"),
        ("jazz year: 1990", 10, "right behind the colon"),
        ("-(ARTIST:\t)", 9, "What should ARTIST be"),
        ("(" * 30 + "x", 24, "24 deep"),
        ("x " * 300, 400, "200 terms"),
        ("x" * (LONGEST + 1), LONGEST, "characters"),
    ],
)
def test_what_is_refused_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(QueryError, match=says) as raised:
        parse(text)
    assert raised.value.position == position
    assert raised.value.exit_code == 2


def test_a_mistake_is_marked_below_its_place() -> None:
    shown, caret = QueryError("wrong", "jazz\tfoo:bar", 5).marked()
    assert (shown, caret) == ("jazz foo:bar", "     ^")
    shown, caret = QueryError("wrong", "x" * 300 + "!" + "y" * 300, 300).marked()
    assert shown[caret.index("^")] == "!"
    assert len(shown) <= 72


SIGNS = 'ab1é\\():-<>=.| \t\0"'
PIECES = (
    "or |and |artist:|year:|1980..1989|added:|2024-02|30d|>=|length:|3:30|size:|1.5MB|rating:|4|kind:track|drive:|foo:"
    '|path:=|bitrate:|genre:""|\ud800'
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from([*SIGNS, *PIECES.split("|")]), max_size=30).map("".join)))
def test_any_text_is_understood_or_refused_and_reads_back_the_same(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        place = error.position
    else:
        place = 0
        assert parse(unparse(tree)) == tree
    assert 0 <= place <= len(text)


def test_accents_and_case_are_folded() -> None:
    assert folded("Bjo\u0308rk") == folded("BJÖRK") == folded("Bjørk") == "bjork"
    assert folded("Straße") == folded("STRASSE") == folded("ＳＴＲＡẞＥ") == "strasse"
    assert folded("İstanbul") == folded("ISTANBUL") == folded("ıstanbul")
    assert folded("Οδυσσεύς") == folded("ΟΔΥΣΣΕΥΣ") == folded("Οδυσσευ\u0301ς")
    assert folded("Чайковский") == folded("ЧАЙКОВСКИИ\u0306") == "чаиковскии"
    assert folded("مُوسِيقَى") == "موسيقى"
    assert folded("ガ") == folded("カ\u3099") == folded("ｶﾞ") == "ガ"
    assert folded("की") != folded("क")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)
