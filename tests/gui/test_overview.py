"""The Overview at work: rules, risk, what waits for drives that are away, and reports that end on the disk."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from musicvault.catalog import accounts, holdings, rules
from musicvault.domain import policies
from musicvault.domain.policy import Rule, Standing
from musicvault.domain.risk import Assumptions
from musicvault.engine import policy
from musicvault.gui.models.actions import Deed, State
from musicvault.gui.models.overview import ProofAges
from musicvault.gui.overview.risk_card import RiskCard
from musicvault.gui.widgets.histogram import ProofHistogram
from tests.gui.conftest import Office, press
from tests.sound import make


def risk_card(office: Office) -> RiskCard:
    office.protect()
    office.window.show_screen("overview")
    office.settle()
    card = office.window.overview.risk
    assert "files lost in a year" in card.sentence.text()
    return card


def answer(office: Office) -> str:
    """What a change would bring, once it is known."""
    panel = office.window.overview.risk.what_if
    office.qtbot.waitUntil(lambda: not panel.answer.isHidden(), timeout=20_000)
    return panel.answer.text()


def test_standing_is_shown_by_rule_on_demand(office: Office) -> None:
    office.protect()
    overview = office.window.overview
    assert overview.split.isHidden()  # one rule is the whole
    ctx = office.app.context
    policy.put(ctx, policy.added(rules.every(ctx.catalog), Rule("Masters", "path:a", copies=5)), "added")
    office.desk.refresh()
    office.settle()
    press(office, overview.split)
    shown = {row.name: {part.state: part.count for part in row.segments} for row in overview.rules.rows}
    counted = accounts.standings(ctx.catalog, ctx.now())
    masters = rules.numbered(ctx.catalog)[0].id
    assert shown["Masters"][State.SHORT] == counted[masters][Standing.SHORT] == 3
    assert shown["Everything"][State.PROTECTED] == 4
    press(office, overview.split)
    assert overview.rules.isHidden()


def test_what_if_is_answered_and_changes_nothing(office: Office) -> None:
    card = risk_card(office)
    before = rules.every(office.app.catalog), card.sentence.text()
    press(office, card.ask)
    office.qtbot.keyClicks(card.what_if.add_at, "parents")
    assert card.what_if.add.isChecked()
    another = answer(office)
    assert another.startswith("Then: ")
    assert another != f"Then: {before[1]}"
    card.what_if.add.setChecked(False)
    card.what_if.days.setValue(7)
    assert answer(office) != another
    card.what_if.drive.setCurrentIndex(card.what_if.drive.findData("Second"))
    office.qtbot.keyClicks(card.what_if.site, "office")
    assert card.asked.moved == ("Second", "office")
    assert answer(office)
    press(office, card.ask)
    assert card.asked.empty
    assert (rules.every(office.app.catalog), card.sentence.text()) == before
    assert holdings.assumptions(office.app.catalog) == Assumptions()


def test_an_assumption_is_changed_kept_and_restored(office: Office) -> None:
    card = risk_card(office)
    before = card.sentence.text()
    press(office, card.show_basis)
    assert set(card.basis.amounts) >= {"hdd", "ssd", "silent_per_tb", "computer", "site", "repair_days"}
    box = card.basis.amounts["computer"]
    assert box.text() == "0.5 % a year"
    box.setValue(10)
    office.settle()
    assert holdings.assumptions(office.app.catalog) == replace(Assumptions(), computer=0.1)
    assert card.sentence.text() != before
    press(office, card.basis.restore)
    assert holdings.assumptions(office.app.catalog) == Assumptions()
    assert (box.value(), card.sentence.text()) == (0.5, before)


@pytest.mark.parametrize("form", ["html", "pdf", "csv", "json"])
def test_a_report_is_saved(office: Office, tmp_path: Path, form: str) -> None:
    office.protect()
    row = office.window.overview.report
    row.form.setCurrentIndex(row.form.findData(form))
    row.days.setCurrentIndex(row.days.findData(90))
    path = tmp_path / f"report.{form}"
    path.write_text("an older one")
    action = row.action()
    office.window.do(replace(action, values={**action.values, "path": os.fsencode(path)}))
    assert not row.save.isEnabled()
    office.settle()
    assert row.save.isEnabled()
    written = path.read_bytes()
    if form == "pdf":
        assert written.startswith(b"%PDF-")
        assert written.rstrip().endswith(b"%%EOF")
    elif form == "json":
        found = json.loads(written)
        assert (found["items"], found["days"]) == (7, 90)
    elif form == "csv":
        assert next(csv.reader(written.decode().splitlines())) == ["section", "name", "measure", "value"]
    else:
        assert written.lower().startswith(b"<!doctype html")
    assert any("The report is saved" in text for text in office.window.toasts.texts())


def test_a_report_that_cant_be_written_says_why(office: Office, tmp_path: Path) -> None:
    office.protect()
    row = office.window.overview.report
    action = row.action()
    nowhere = tmp_path / "nowhere" / "report.html"
    office.window.do(replace(action, values={**action.values, "path": os.fsencode(nowhere)}))
    office.settle()
    assert row.save.isEnabled()
    assert not nowhere.exists()
    assert office.window.toasts.texts()


def test_what_waits_for_a_drive_that_is_away_is_listed(office: Office) -> None:
    office.protect()
    make(office.music / "b/7.flac", seed=30, seconds=0.3, title="Seven")
    (office.second / "MusicVault").rename(office.second / "elsewhere")
    office.act(Deed.SCAN)
    office.act(Deed.SYNC)
    model = office.window.overview.model
    assert model is not None
    assert next(todo.text for todo in model.todo if "Second" in todo.text).startswith(
        "Plug in Second: 1 file to copy ("
    )
    rule = rules.every(office.app.catalog)[0]
    policy.put(office.app.context, [replace(rule, forbidden=("Second",))], "edited")
    office.desk.refresh()
    office.settle()
    assert office.window.overview.model is not None
    assert not office.window.overview.model.todo  # nothing is wanted there any more
    assert not office.copy_of(office.second, "b/7.flac").exists()


def test_the_promise_of_the_first_run_is_a_template(office: Office) -> None:
    first_run = office.window.first_run
    assert [one.key for one in first_run.promise.templates] == list(policies.TEMPLATES)
    first_run.choose_music(os.fsencode(office.music))
    office.settle()
    press(office, first_run.next)
    first_run.drives.add_folder(os.fsencode(office.first))
    press(office, first_run.next)
    first_run.promise.choose("station")
    press(office, first_run.next)
    assert rules.every(office.app.catalog) == [policies.TEMPLATES["station"]]
    assert office.copy_of(office.first, "a/1.flac").exists()


def test_the_histogram_draws_the_lines_of_the_strictest_and_the_most_patient_rule(office: Office) -> None:
    office.protect()
    ctx = office.app.context
    policy.put(ctx, policy.added(rules.every(ctx.catalog), Rule("Old", "path:b", proof_days=365)), "added")
    office.desk.refresh()
    office.settle()
    model = office.window.overview.model
    assert model is not None
    assert model.ages.limits == (90, 365)
    assert sum(model.ages.counts) == office.app.catalog.value(
        "SELECT count(*) FROM replica WHERE proven_at IS NOT NULL AND role = 'current' AND state = 'intact'"
    )
    histogram = ProofHistogram()
    histogram.show_ages(ProofAges((5, 3, 2), 100, 90, 200))
    assert histogram.accessibleName() == "8 proofs within 200 days, 2 older"
