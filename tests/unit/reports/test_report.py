"""The report: one page that needs nothing else, where no text from a file is more than text."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from musicvault.domain.curves import EMPTY, Part
from musicvault.domain.policy import Rule, Standing
from musicvault.engine import policy
from musicvault.engine.drill import drill, sample_of
from musicvault.engine.report import Report, report
from musicvault.engine.scrub import scrub
from musicvault.reports import charts, tables
from musicvault.reports.page import page, printable
from tests.engine_room import flip
from tests.guarded import Guarded

HOSTILE = "<script>alert(1)</script>&'\".flac"
FORMULA = "=cmd|' calc'!A0.flac"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    made = Guarded(tmp_path_factory.mktemp("report"))
    for seed, name in enumerate((HOSTILE.replace("/", "\u2215"), FORMULA, "a/3.flac"), 1):
        made.track(name, seed, title="<b>Title</b>")
    made.drive("first")
    made.drive("second")
    made.protect()
    made.run(drill(made.ctx, sample_of("all"), seed=1))
    for path in (made.tmp / "first" / "MusicVault" / "data" / "music").glob("*.flac"):
        flip(path)
    made.run(scrub(made.ctx))
    return made


@pytest.fixture(scope="module")
def told(room: Guarded) -> Report:
    return report(room.ctx)


class _Names(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_it_tells_what_is_so(told: Report) -> None:
    assert told.status.totals.items == 3
    assert [one.standings[Standing.DAMAGED] for one in told.rules] == [2]
    assert (told.open_findings, len(told.findings)) == (2, 2)
    assert sum(told.ages) == 7  # nine copies, two of them damaged
    assert told.status.drill is not None
    assert told.status.drill.right == 6
    assert told.risk.overall.items == 3
    assert {drive.health.state.value for drive in told.drives} <= {"unknown", "healthy", "failing"}


def test_the_page_is_self_contained_and_harmless(told: Report, room: Guarded) -> None:
    text = page(told, room.catalog.path)
    names = _Names()
    names.feed(text)
    assert not names.tags & {"script", "img", "link", "iframe", "object", "a"}
    assert not {name for name in names.attributes if name.startswith("on") or name in ("src", "href", "style")}
    assert "&lt;script&gt;alert(1)" in text
    assert "<svg" in text
    for words in ("2 files are damaged", "NDSA", "to fill in", "6 of 6 right", "first", "second"):
        assert words in text
    assert not re.search(r"https?://", text)


def test_each_chart_is_an_svg_that_says_what_it_shows(told: Report, room: Guarded) -> None:
    text, drawings = printable(told, room.catalog.path)
    assert set(re.findall(r"src='([^']+)'", text)) == set(drawings)
    assert len(drawings) >= 2
    for svg in drawings.values():
        root = ElementTree.fromstring(svg)
        title = root.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == root.get("aria-label")


def test_a_speed_curve_is_drawn_only_where_something_is_known() -> None:
    assert charts.speed_curve(EMPTY) is None
    chart = charts.speed_curve((*EMPTY[1:], Part(200_000_000, 2.0)))
    assert chart is not None
    assert "100 MB/s" in chart.words


def test_the_table_holds_no_formula(told: Report) -> None:
    rows = list(csv.reader(io.StringIO(tables.table(told))))
    assert {row[3] for row in rows if row[2] in ("online", "retired")} == {"yes", "no"}
    assert tuple(rows[0]) == tables.HEADINGS
    assert {len(row) for row in rows} == {4}
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    assert ["rule", "Everything", "damaged", "2"] in rows
    assert [row for row in rows if row[0] == "finding" and row[1] == f"'{FORMULA}"]


def test_the_document_is_json_with_documented_keys(told: Report) -> None:
    found = json.loads(tables.document(told))
    docs = Path(__file__).resolve().parents[3] / "resources" / "docs" / "reports.md"
    documented = set(re.findall(r"`([a-z_]+)`", docs.read_text("utf-8")))
    assert set(found) <= documented
    for part in ("drives", "findings", "done", "ndsa"):
        assert set(found[part][0]) <= documented, part
    assert found["attention"] == 2
    assert os.fsdecode(FORMULA) in [one["path"] for one in found["findings"]]


def test_an_empty_catalog_has_a_report_too(tmp_path: Path) -> None:
    empty = Guarded(tmp_path)
    policy.put(empty.ctx, [Rule("Masters", scope="genre:masters", proof_days=365), Rule()], "added")
    found = report(empty.ctx)
    assert any("proven within 365 days" in one.evidence for one in found.practices), "true of all"
    assert "There is no drive yet" in page(found, empty.catalog.path)
    assert json.loads(tables.document(found))["items"] == 0
