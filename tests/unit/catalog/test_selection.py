"""Queries against a small catalog: what SQL finds is what a plain reading of each item finds, in every shape."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicvault.catalog import drivers, fewest, items, libraries, narrowing, replicas, search, sets, vaults
from musicvault.catalog.database import Catalog
from musicvault.catalog.selection import condition, match_expression
from musicvault.catalog.wordmatch import says, stored
from musicvault.domain.proof import Grade
from musicvault.domain.query import QueryError, Words, parse, simplified
from musicvault.domain.times import Traits
from musicvault.domain.values import Digests, Essence, Examination, Kind, Stat, Stream, Wrapper

DAY = 86400.0
NOW = 1_700_000_000.0


@dataclass
class Plain:
    """An item as the test knows it."""

    path: str
    tags: dict[str, str] = field(default_factory=dict)
    container: str = "flac"
    seconds: float = 200.0
    size: int = 1000
    age: float = 10.0
    drives: dict[str, float] = field(default_factory=dict)
    """Label to the age of its proof, in days."""
    library: str = "Music"
    bits: int = 16

    @property
    def is_track(self) -> bool:
        return not self.path.endswith(".jpg")


PLAIN = [
    Plain(
        "Björk/Post/01 Army.flac",
        {"title": "Army of Me", "artist": "Björk", "genre": "Pop", "date": "1995-06-13"},
        drives={"Elements": 5},
    ),
    Plain(
        "Björk/Post/02 It's Oh So Quiet.flac",
        {
            "title": "It's Oh So Quiet",
            "artist": "Björk",
            "genre": "Pop; Jazz",
            "date": "1995",
            "rating": "4.5",
            "playcount": "12",
        },
    ),
    Plain(
        "Nina Simone/Pastel Blues/01.mp3",
        {
            "title": "Be My Husband",
            "artist": "Nina Simone",
            "album": "Pastel Blues",
            "genre": "Jazz",
            "date": "1965",
            "rating": "4",
        },
        "mpeg",
        201,
        5_000_000,
        400,
        {"Elements": 100, "Büro": 3},
    ),
    Plain("Nina Simone/Pastel Blues/cover.jpg", size=90_000),
    Plain(
        "Bach/Goldberg (1981)/01 Aria.flac",
        {
            "title": "Aria",
            "artist": "Glenn Gould",
            "album": "Goldberg Variations",
            "composer": "Johann Sebastian Bach",
            "genre": "Klassik",
        },
        "flac",
        700,
        60_000_000,
        40,
        {"Büro": 200},
    ),
    Plain("01 now or never.ogg", {"title": "Now or Never"}, "ogg", 61.5, 700, 0.5, library="Archive"),
    Plain(
        "live/a_b.flac",
        {"artist": "A", "title": "x:y", "playcount": "3"},
        "flac",
        5,
        10,
        800,
        {"Elements": 1},
        "Archive",
    ),
    Plain("live/unknown.mp3", {"title": "How long?", "date": "0000"}, "mpeg", 0, library="Archive", bits=0),
]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path_factory.mktemp("selection") / "catalog.sqlite3")
    with opened.transaction(NOW) as transaction:
        ids = {
            name: libraries.add(transaction, name, name.lower(), f"/{name}".encode(), "disk")
            for name in ("Music", "Archive")
        }
        for label, site in (("Elements", "home"), ("Büro", "office")):
            vaults.save_volume(transaction, vaults.KnownVolume(label, "ext4", None, label, Traits(), b"/", NOW))
            place = b"/" + label.encode()
            vaults.add(transaction, vaults.Vault(label, label, label, site, place, b"", 0, NOW, NOW, None))
    for number, plain in enumerate(PLAIN, 1):
        _add(opened, ids[plain.library], number, plain)
    yield opened
    opened.close()


def _add(catalog: Catalog, library: int, number: int, plain: Plain) -> None:
    folder, _, name = plain.path.rpartition("/")
    digest = bytes([number]) * 32
    sound = Stream(
        plain.container, plain.container, plain.seconds, 44100, 2, plain.bits, 900, plain.container == "flac"
    )
    fields = {name: tuple(value.split("; ")) for name, value in plain.tags.items()}
    seen = Examination(
        Stat(plain.size, 5, 6, number),
        Digests(plain.size, digest, digest, digest[:16]),
        Essence("flac", digest, 900) if plain.is_track else None,
        Wrapper(fields=fields),
        sound if plain.is_track else Stream(),
        Kind.TRACK if plain.is_track else Kind.COMPANION,
    )
    with catalog.transaction(NOW - plain.age * DAY) as transaction:
        item_id = items.add(transaction, library, folder.encode(), name.encode(), seen, born_damaged=False)[0]
    for label, age in {"": 0.0, **plain.drives}.items():
        with catalog.transaction(NOW - age * DAY) as transaction:
            if label:
                path = f"data/{plain.library.lower()}/{plain.path}".encode()
                replicas.add(transaction, item_id, label, items.get(catalog, item_id).content.id, path, seen.stat)
            else:
                replicas.set_proven(transaction, replicas.in_library(catalog, item_id), Grade.DEVICE)


def _fold(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def _has(text: str, phrase: str, prefix: bool = True) -> bool:
    tokens, wanted = (re.findall("[a-z0-9]+", _fold(each)) for each in (text, phrase))
    for at in range(len(tokens) - len(wanted) + 1):
        there = tokens[at : at + len(wanted)]
        if there == wanted or (prefix and there[:-1] == wanted[:-1] and there[-1].startswith(wanted[-1])):
            return True
    return False


def _anywhere(phrase: str, prefix: bool = True) -> Callable[[Plain], bool]:
    return lambda one: any(_has(text, phrase, prefix) for text in (*one.tags.values(), one.path))


def _tag(name: str, phrase: str, prefix: bool = True) -> Callable[[Plain], bool]:
    return lambda one: _has(one.tags.get(name, ""), phrase, prefix)


def _oldest(one: Plain) -> float:
    return max([0.0, *one.drives.values()])


TERMS: dict[str, Callable[[Plain], bool]] = {
    "bjork": _anywhere("bjork"),
    "BJÖ": _anywhere("bjo"),
    "or*": _anywhere("or"),
    '"or"': _anywhere("or", False),
    '"pastel blues"': _anywhere("pastel blues", False),
    "Simone/Pastel": _anywhere("simone pastel"),
    "artist:a": _tag("artist", "a"),
    'artist:"a"': _tag("artist", "a", False),
    "artist:=bjork": lambda one: _fold(one.tags.get("artist", "")) == "bjork",
    "genre:=jazz": lambda one: "jazz" in _fold(one.tags.get("genre", "")).split("; "),
    "genre:jazz": _tag("genre", "jazz"),
    'genre:""': lambda one: "genre" not in one.tags,
    "composer:bach": _tag("composer", "bach"),
    "path:flac": lambda one: _has(one.path, "flac"),
    'path:="Nina Simone/Pastel Blues"': lambda one: one.path.startswith("Nina Simone/Pastel Blues/"),
    'path:="01 now or never.ogg"': lambda one: one.path == "01 now or never.ogg",
    r"title:x\:y": _tag("title", "x y"),
    "format:flac": lambda one: one.is_track and one.container == "flac",
    "format:ape": lambda one: False,
    "codec:mpeg": lambda one: one.is_track and one.container == "mpeg",
    "lossless:yes": lambda one: one.is_track and one.container == "flac",
    "lossless:no": lambda one: one.is_track and one.container != "flac",
    "kind:companion": lambda one: not one.is_track,
    "kind:track": lambda one: one.is_track,
    'year:""': lambda one: not int(one.tags.get("date", "0")[:4]),
    'title:""': lambda one: "title" not in one.tags,
    'lossless:""': lambda one: not one.is_track,
    "year:<1990": lambda one: 0 < int(one.tags.get("date", "9999")[:4]) < 1990,
    "year:1990..1999": lambda one: one.tags.get("date", "")[:3] == "199",
    "rating:>=4": lambda one: float(one.tags.get("rating", 0)) >= 4,
    'rating:""': lambda one: "rating" not in one.tags,
    "plays:>10": lambda one: float(one.tags.get("playcount", 0)) > 10,
    "length:>10m": lambda one: one.is_track and one.seconds > 600,
    "length:<1m": lambda one: one.is_track and 0 < one.seconds < 60,
    'length:""': lambda one: not one.is_track or one.seconds == 0,
    "bits:<24": lambda one: one.is_track and one.bits == 16,
    "year:<1980": lambda one: 0 < int(one.tags.get("date", "9999")[:4]) < 1980,
    "length:1:01": lambda one: one.is_track and 61 <= one.seconds < 62,
    "size:<=90kB": lambda one: one.size <= 90_000,
    "size:>=5MB": lambda one: one.size >= 5_000_000,
    "added:<30d": lambda one: one.age < 30,
    "added:>1y": lambda one: one.age > 365,
    "copies:<2": lambda one: 1 + len(one.drives) < 2,
    "copies:3": lambda one: 1 + len(one.drives) == 3,
    "proof:>90d": lambda one: _oldest(one) > 90,
    "proof:<30d": lambda one: _oldest(one) < 30,
    "drive:elements": lambda one: "Elements" in one.drives,
    "drive:buro": lambda one: "Büro" in one.drives,
    'drive:""': lambda one: not one.drives,
    "site:office": lambda one: "Büro" in one.drives,
    "library:archive": lambda one: one.library == "Archive",
    "state:intact": lambda one: True,
    "state:corrupt": lambda one: False,
}


def _ids(catalog: Catalog, where: tuple[str, tuple[object, ...]], first: str = "") -> list[int]:
    return [row[0] for row in catalog.rows(f"SELECT i.id FROM {first}item i WHERE {where[0]} ORDER BY i.id", where[1])]


def _check(catalog: Catalog, text: str, matches: Callable[[Plain], bool]) -> None:
    wanted = [number for number, plain in enumerate(PLAIN, 1) if matches(plain)]
    query = parse(text)
    assert _ids(catalog, condition(query, NOW)) == wanted
    assert _ids(catalog, condition(query, NOW, probe=True)) == wanted
    assert _ids(catalog, condition(simplified(query), NOW)) == wanted
    assert sorted(search.item_ids(catalog, text, now=NOW)) == wanted
    assert sorted(found.item_id for found in search.find(catalog, text, 100, now=NOW)) == wanted
    assert sets.matching(catalog, query, NOW).ids() == wanted
    with patch.object(sets, "_COUNTED", 2):  # as if two were very many: the opposite is taken away
        assert sets.matching(catalog, query, NOW).ids() == wanted
    narrow = fewest.few(catalog, query, NOW)
    assert narrow is None or set(wanted) <= set(narrow.ids)
    walked = narrowing.narrowed(catalog, query, NOW, first_of=len(wanted))
    assert _ids(catalog, (walked.where, walked.parameters), walked.first) == wanted


@pytest.mark.parametrize("text", TERMS)
def test_each_field_finds_what_it_says(catalog: Catalog, text: str) -> None:
    _check(catalog, text, TERMS[text])


def test_what_is_intact_is_looked_up_where_some_stand_in_no_library(catalog: Catalog) -> None:
    with patch.object(sets, "_IN_LIBRARY", "SELECT -1"):
        assert sets.matching(catalog, parse("state:intact"), NOW).ids() == list(range(1, len(PLAIN) + 1))


Pair = tuple[str, Callable[[Plain], bool]]


def _joined(pairs: list[Pair], word: str) -> Pair:
    decide = any if word == " or " else all
    return "(" + word.join(text for text, _ in pairs) + ")", lambda one: decide(matches(one) for _, matches in pairs)


def _pairs(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    several = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        several.map(lambda pairs: _joined(pairs, " or ")),
        several.map(lambda pairs: _joined(pairs, " ")),
        inner.map(lambda pair: (f"-({pair[0]})", lambda one, matches=pair[1]: not matches(one))),
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(st.sampled_from(sorted(TERMS.items(), key=lambda pair: pair[0])), _pairs, max_leaves=10))
def test_any_combination_finds_what_a_plain_reading_finds(catalog: Catalog, pair: Pair) -> None:
    _check(catalog, *pair)


def test_what_is_the_path_of_a_file_or_folder_is_meant_as_such(catalog: Catalog) -> None:
    for text in ("Bach/Goldberg (1981)", "/Music/Bach/Goldberg (1981)/01 Aria.flac", "Bach/Goldberg (1981)/"):
        assert search.item_ids(catalog, text) == [5]
    assert search.item_ids(catalog, "Nina Simone/Pastel Blues") == [3, 4]
    with pytest.raises(QueryError):
        search.item_ids(catalog, "Bach/Goldberg (1982")


@pytest.mark.parametrize("found", [True, False])
def test_walking_gives_up_where_little_is_found_and_sorts_instead(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    monkeypatch.setattr(narrowing, "_GLANCE", 1)
    monkeypatch.setattr(narrowing, "_WALKED", 100 if found else 1)
    monkeypatch.setattr(narrowing, "_MET", 0)
    query = parse("genre:jazz or genre:klassik")
    assert fewest.few(catalog, query, NOW, 0) is None
    assert sorted(narrowing.first_ids(catalog, query, NOW, 3)) == [2, 3, 5]


def no_index(*_: object, **__: object) -> None:
    """No index narrows the query down."""


WAYS: dict[str, dict[str, Any]] = {
    "walked": {},
    "looked for along the order": {"_GLANCE": 0, "_GLANCE_AT_WORDS": 0, "_PASSED": 1000},
    "not found soon enough": {"_GLANCE": 0, "_GLANCE_AT_WORDS": 0, "_PASSED": 10},
    "sorted": {"_GLANCE": 0, "_GLANCE_AT_WORDS": 0, "_FURTHEST_MET": 0},
    "as sets": {"_GLANCE": 0, "_GLANCE_AT_WORDS": 0, "_FURTHEST": 0, "_WALKED": 0, "few": no_index},
    "as a set in order": {"_GLANCE": 0, "_FURTHEST": 0, "_WALKED": 0, "few": no_index, "_RATHER_SORTED": 0},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_leads_to_the_same_first_page(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    whole = {text: search.item_ids(catalog, text, now=NOW) for text in [*TERMS, *_PAIRED]}
    for constant, value in WAYS[way].items():
        monkeypatch.setattr(narrowing, constant, value)
    for text, ids in whole.items():
        for limit in (1, 2, 9):
            assert narrowing.first_ids(catalog, parse(text), NOW, limit) == ids[:limit], text


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("genre:jazz kind:companion", [4]),  # the kind alone gives fewer than the word
        ("genre:jazz drive:elements", [2, 3]),
        ("genre:jazz (drive:elements or drive:buro)", [2, 3]),
        ("drive:elements (copies:3 or kind:companion)", [3, 4]),
        ("drive:elements ((copies:3 drive:buro) or kind:companion)", [3, 4]),
        ("drive:elements (length:>10m or lossless:no)", [1, 3, 7]),
        ("genre:jazz -drive:elements", [2, 3]),
        ("bits:<24 -genre:jazz", None),
        ("(genre:jazz or bits:<24) -drive:elements", None),
    ],
)
def test_the_narrowest_index_is_read(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, text: str, given: Any) -> None:
    monkeypatch.setattr(fewest, "_FEW_ENOUGH", 1)
    found = fewest.few(catalog, parse(text), NOW)
    assert (found and found.ids) == given


def test_words_are_not_asked_for_where_one_of_them_is_in_too_many_items(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ids_of(_catalog: Catalog, sql: object) -> list[int]:
        asked.append(sql)
        return real(_catalog, sql)  # type: ignore[arg-type]

    real = drivers.ids_of
    monkeypatch.setattr(fewest, "ids_of", ids_of)
    for text in ("genre:jazz", "genre:ja", 'genre:"jazz"'):
        assert fewest.few(catalog, parse(text), NOW, 1) is None
    assert not asked  # it is in two
    assert fewest.few(catalog, parse("title:husb"), NOW, 0) is None
    assert len(asked) == 1  # no item has that word, but one has another that begins so
    found = fewest.few(catalog, parse("title:husb"), NOW, 1)
    assert found is not None
    assert found.ids == [3]


_PAIRED = ("kind:track genre:jazz", "drive:elements -kind:companion", "(genre:jazz or genre:pop) rating:>=4")


ALPHABET = st.text(st.sampled_from("aÄbéö1_-. ']\nn\u0308ßÉЙйёΣςύガハ\u3099कीิﬁＡ½"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(text=ALPHABET, phrase=ALPHABET.filter(lambda text: any(one.isalnum() for one in text)), prefix=st.booleans())
def test_looking_at_words_says_what_the_index_says(catalog: Catalog, text: str, phrase: str, prefix: bool) -> None:
    with catalog.derived() as execute:
        execute("INSERT INTO words(rowid, title) VALUES(1000, ?)", (stored(text),))
        expression = match_expression(Words(phrase, prefix=prefix))
        rows = execute("SELECT 1 FROM words WHERE words MATCH ? AND rowid = 1000", (expression,)).fetchall()
        execute("DELETE FROM words WHERE rowid = 1000")
    assert says(stored(text), phrase, int(prefix)) == bool(rows)


@pytest.mark.parametrize("text", ["kind:track", "kind:companion", "standing:at-risk", "kind:track genre:jazz"])
def test_what_was_let_go_is_found_where_it_is_asked_for(catalog: Catalog, text: str) -> None:
    expected = search.item_ids(catalog, text, now=NOW)
    with catalog.transaction(NOW) as transaction:
        transaction.execute("UPDATE item SET forgotten_at = ?", (NOW,))
    try:
        assert expected
        assert search.item_ids(catalog, text, now=NOW) == []
        assert search.item_ids(catalog, text, forgotten=True, now=NOW) == expected
        assert [one.item_id for one in search.find(catalog, text, 50, forgotten=True, now=NOW)] == expected
    finally:
        with catalog.transaction(NOW) as transaction:
            transaction.execute("UPDATE item SET forgotten_at = NULL")
