"""From words to values, and from values to words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from musicvault.app import App, default_catalog, open_app
from musicvault.cli import choosing, phrases, when
from musicvault.cli.commands.tag import edits_of
from musicvault.domain.needs import Reason
from musicvault.domain.notice_wording import why
from musicvault.engine.library import add_library
from musicvault.errors import UsageError


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    opened = open_app(tmp_path / "catalog.sqlite3")
    (tmp_path / "Jazz").mkdir()
    add_library(opened.context, bytes(tmp_path / "Jazz"))
    yield opened
    opened.close()


def test_the_catalog_is_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICVAULT_CATALOG", str(tmp_path / "named.sqlite3"))
    assert default_catalog() == tmp_path / "named.sqlite3"
    monkeypatch.delenv("MUSICVAULT_CATALOG")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_catalog() == tmp_path / "data" / "musicvault" / "catalog.sqlite3"


def test_a_library_is_found_by_name_and_by_folder(app: App, tmp_path: Path) -> None:
    for word in ("Jazz", "jazz", str(tmp_path / "Jazz")):
        assert choosing.library(app.catalog, word).name == "Jazz"
    with pytest.raises(UsageError, match="no library called Rock"):
        choosing.library(app.catalog, "Rock")


def test_a_mistyped_query_is_an_error(app: App) -> None:
    with pytest.raises(UsageError, match="No file matches"):
        choosing.item_ids(app.catalog, ["nothing"], 0.0)


def test_drives_that_are_not_there_are_named(app: App) -> None:
    assert choosing.drives_named(app.catalog, None) == []
    with pytest.raises(UsageError, match="Known: none"):
        choosing.drives_named(app.catalog, ["Elements"])


def test_edits() -> None:
    assert edits_of(["title=A=B", "Album Artist=X", "genre=", "genre=Jazz", "genre=Blues"]) == {
        "title": ("A=B",),
        "albumartist": ("X",),
        "genre": ("Jazz", "Blues"),
    }


@pytest.mark.parametrize("word", ["title", "shoesize=43", "=x", ""])
def test_edits_that_make_no_sense(word: str) -> None:
    with pytest.raises(UsageError, match="FIELD=VALUE"):
        edits_of([word])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (600, "10 minutes ago"), (7200, "2 hours ago"), (86400 * 3, "3 days ago")],
)
def test_ago(seconds: float, words: str) -> None:
    assert when.ago(1_000_000 - seconds, 1_000_000) == words


def test_never() -> None:
    assert when.ago(None, 0) == "never"
    assert when.exact(None) is None


def test_exact_times_carry_their_zone() -> None:
    exact = when.exact(0.0)
    assert exact is not None
    assert len(exact) == len("1970-01-01T00:00:00+00:00")


def test_counts_leave_out_what_is_zero_and_what_is_a_sum() -> None:
    counts = {"files": 2, "added": 0, "corrupt": 1, "damage": 1, "bytes": 1500}
    assert phrases.counts(counts, dry_run=False) == "2 files, 1 damaged, 1.5 kB."
    assert phrases.counts({"copied": 1}, dry_run=True) == "It would be: 1 copied."
    assert phrases.counts({}, dry_run=False) == "Nothing to do."
    for dry_run in (False, True):
        assert phrases.counts({"ejected": int(not dry_run), "finished": 1}, dry_run=dry_run) == "", "a sentence follows"


def test_every_reason_of_a_plan_has_words() -> None:
    assert all(why(reason.value) != reason.value for reason in Reason)
    assert why("a sentence") == "a sentence"


def test_details_of_events_are_short() -> None:
    assert (
        phrases.detail({"after": "a" * 64, "fields": ["x", "y"], "note": ""}) == "after: aaaaaaaaaaaa…, fields: x · y"
    )


def test_details_leave_out_what_is_empty() -> None:
    found = {"bad blocks": [], "evidence": [["gone", {}], ["bad-blocks", {"bad": 1}]], "verdict": "missing"}
    assert phrases.detail(found) == "evidence: gone · bad-blocks · (bad: 1), verdict: missing"


def test_what_runs_has_a_phrase() -> None:
    assert phrases.running("sync", "Elements") == "Copying to Elements"
    assert phrases.running("sync", "") == "Copying"
    assert phrases.running("somersault", "") == "somersault"
