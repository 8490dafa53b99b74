"""How SQLite goes about the catalog's queries: by an index, in order, whatever the size of the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from musicvault.catalog import (
    drills,
    fingerprints,
    lacking,
    overview,
    passes,
    retention,
    scanned,
    search,
    troubles,
)
from musicvault.catalog.database import Catalog

Query = Callable[[Catalog], object]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


def plan(catalog: Catalog, query: Query, monkeypatch: pytest.MonkeyPatch, number: int = 0) -> str:
    """The steps of the first statement that `query` runs, or of a later one."""
    asked: list[tuple[str, object]] = []

    def rows(_self: Catalog, sql: str, parameters: tuple[object, ...] = (), _size: int = 0) -> list[object]:
        asked.append((sql, parameters))
        return []

    real = Catalog.rows
    monkeypatch.setattr(Catalog, "rows", rows)
    monkeypatch.setattr(Catalog, "stream", rows)
    monkeypatch.setattr(Catalog, "batches", rows)
    list(query(catalog))  # type: ignore[call-overload]
    sql, parameters = asked[number]
    monkeypatch.undo()
    return "\n".join(str(row[3]) for row in real(catalog, f"EXPLAIN QUERY PLAN {sql}", parameters))  # type: ignore[arg-type]


def test_everything_streams_in_order(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = plan(catalog, lambda c: search.find(c, ""), monkeypatch)
    assert "TEMP B-TREE" not in steps
    assert "SEARCH i USING INDEX sqlite_autoindex_item_1" in steps


def test_a_search_begins_with_its_words(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    first = plan(catalog, lambda c: search.find(c, "aria"), monkeypatch).splitlines()
    assert first[1].startswith("SCAN words VIRTUAL TABLE")
    assert first[2:] == ["SCAN found"]  # the ids it gave, as one text
    assert "SEARCH i USING INTEGER PRIMARY KEY" in plan(catalog, lambda c: search.find(c, "aria"), monkeypatch, 1)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("year:<1990", "track_year"),
        ("rating:>=4", "track_rating"),
        ("plays:>10", "track_plays"),
        ("length:>10m", "track_duration"),
        ("size:>1GB", "content_size"),
        ("added:<30d", "item_added"),
        ("copies:<2", "item_good"),
        ("format:flac", "track_container"),
        ("codec:opus", "track_codec"),
        ("lossless:no", "track_lossless"),
        ("bits:24", "track_bits"),
        ("samplerate:>48k", "track_sample_rate"),
        ("channels:6", "track_channels"),
        ("state:corrupt", "replica_trouble"),
        ("standing:short", "item_standing"),
        ("kind:companion", "item_standing"),
        ("proof:>90d", "replica_census"),
        ("proof:<90d", "replica_census"),
        ("drive:elements", "replica_"),
        ("site:home", "replica_"),
        ("library:music", "sqlite_autoindex_item_1"),
        ("path:=b", "sqlite_autoindex_item_1"),
    ],
)
def test_every_field_begins_with_its_index(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, text: str, index: str
) -> None:
    steps = plan(catalog, lambda c: search.find(c, text), monkeypatch)
    assert index in steps
    assert not re.search(r"SCAN (i|r|c|track|item|replica|content)$", steps, re.MULTILINE)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (troubles.troubled, "replica_trouble"),
        (lambda c: troubles.troubled_in_library(c, 1), "replica_trouble"),
        (lambda c: troubles.library_states(c, [1]), "replica_trouble"),
        (lambda c: scanned.folder_files(c, 1, b"x"), "sqlite_autoindex_item_1"),
        (lambda c: scanned.with_digest(c, 1, b"x"), "content_digest"),
        (lambda c: retention.expired(c, "v", 0.0), "replica_kept"),
    ],
)
def test_queries_use_their_index(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, query: Query, index: str) -> None:
    assert index in plan(catalog, query, monkeypatch)


@pytest.mark.parametrize(
    "query",
    [
        lambda c: retention.expired(c, "v", 0.0),
        lambda c: drills.candidates(c, "v"),
        lambda c: passes.sample(c, passes.Place(None, "v"), 0, 9),
        lambda c: passes.sample(c, passes.Place(1, None), 0, 9),
    ],
)
def test_what_is_wanted_in_order_is_not_sorted(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, query: Query) -> None:
    assert "TEMP B-TREE" not in plan(catalog, query, monkeypatch)


def test_what_places_hold_is_read_from_indexes_alone(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    for sql in (overview._HELD + "NULL", overview._HELD + "NOT NULL"):
        steps = plan(catalog, lambda c, sql=sql: c.rows(sql, ("b", "intact")), monkeypatch)  # type: ignore[misc]
        assert steps.startswith("SEARCH replica USING COVERING INDEX replica_census (vault_id=? AND role=? AND state=?")
        assert "TEMP B-TREE" not in steps
    assert "COVERING INDEX content_item" in plan(catalog, lambda c: c.rows(overview._OLDER), monkeypatch)


def test_pages_of_what_lacks_a_fingerprint_go_on_where_the_last_one_ended(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = plan(catalog, lambda c: fingerprints.lacking(c, [1], 10, 5), monkeypatch)
    assert steps.startswith("SEARCH i USING INTEGER PRIMARY KEY (rowid>?)")
    assert "TEMP B-TREE" not in steps


def test_what_a_drive_lacks_is_found_among_the_few_that_lack_something(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = plan(catalog, lambda c: lacking.lacks(c, "b"), monkeypatch)
    assert "SCAN i USING INDEX item_lacking" in steps
    assert "SEARCH r USING INDEX replica_current (item_id=? AND place=?)" in steps
    asked: tuple[Query, ...] = (lambda c: lacking.Survey(c).batches(["b"]), lambda c: lacking.Survey(c).groups())
    for query in asked:
        steps = plan(catalog, query, monkeypatch, 1)
        assert "SCAN i USING INDEX item_lacking" in steps
        assert "SEARCH r USING INDEX replica_current (item_id=?)" in steps
