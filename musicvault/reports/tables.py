"""The report for machines: one JSON document, or one CSV table in long form."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from musicvault.domain import wording
from musicvault.domain.paths import display
from musicvault.domain.verdict import Finding
from musicvault.engine.report import BUCKET_DAYS, DriveReport, Report

HEADINGS = ("section", "name", "measure", "value")


def document(report: Report) -> str:
    """The report as a JSON document; its keys are described in `resources/docs/reports.md`."""
    return json.dumps(values(report), ensure_ascii=False, indent=2) + "\n"


def values(report: Report) -> dict[str, Any]:
    """The same as plain values."""
    found = report.status
    return {
        "at": _time(report.at),
        "days": report.days,
        "sentence": found.sentence.text,
        "detail": found.sentence.detail,
        "items": found.totals.items,
        "tracks": found.totals.tracks,
        "bytes": found.totals.bytes,
        "rules": [{**asdict(one.rule), "standings": _counts(one.standings)} for one in report.rules],
        "drives": [_drive(one) for one in report.drives],
        "attention": report.open_findings,
        "findings": [_finding(one) for one in report.findings],
        "born_damaged": [_finding(one) for one in report.born_damaged],
        "done": [{"event": one.type.value, "outcome": one.outcome.value, "count": one.count} for one in report.done],
        "proof_ages": {"days": BUCKET_DAYS, "counts": list(report.ages)},
        "drill": None if found.drill is None else {**asdict(found.drill), "at": _time(found.drill.at)},
        "ndsa": [asdict(one) for one in report.practices],
        "risk": {
            **asdict(report.risk.overall),
            "rules": [{"rule": one.rule, **asdict(one.risk)} for one in report.risk.rules],
        },
    }


def table(report: Report) -> str:
    """The report as CSV (RFC 4180, UTF-8): section, name, measure, value."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in _rows(report):
        writer.writerow([harmless(_plain(cell)) for cell in row])
    return output.getvalue()


def _rows(report: Report) -> Iterator[tuple[str, str, str, object]]:
    found = report.status
    yield "summary", "", "at", _time(report.at)
    yield "summary", "", "sentence", found.sentence.text
    for name, amount in (("items", found.totals.items), ("tracks", found.totals.tracks), ("bytes", found.totals.bytes)):
        yield "summary", "", name, amount
    for one in report.rules:
        for standing, count in one.standings.items():
            yield "rule", one.rule.name, standing.value, count
    for drive in report.drives:
        for measure, value in _drive(drive).items():
            yield "drive", drive.status.presence.vault.label, measure, "" if value is None else value
    for finding in report.findings:
        yield "finding", display(finding.path), finding.where, wording.named(finding)
    for done in report.done:
        yield "done", done.type.value, done.outcome.value, done.count
    for number, count in enumerate(report.ages):
        yield "proof age", f"from {number * BUCKET_DAYS} days", "copies", count
    for practice in report.practices:
        yield f"ndsa {practice.area.value} {practice.level}", practice.text, practice.answer.value, practice.evidence
    for measure, figure in asdict(report.risk.overall).items():
        yield "risk", "", measure, figure


def _plain(cell: object) -> object:
    return ("yes" if cell else "no") if isinstance(cell, bool) else cell


def harmless(cell: object) -> object:
    """Text that a spreadsheet would run as a formula gets a quote before it (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell[:1] else cell


def _drive(one: DriveReport) -> dict[str, Any]:
    vault, place = one.status.presence.vault, one.status.place
    return {
        "label": vault.label,
        "site": vault.site,
        "media": vault.media,
        "online": one.status.presence.online,
        "retired": vault.retired,
        "items": place.items,
        "intact": place.intact,
        "bytes": place.bytes,
        "oldest_proof": _time(place.oldest_proof),
        "health": one.health.state.value,
        "reason": one.health.reason,
        "overdue": one.waiting.overdue,
        "lacking": one.waiting.lacking,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "path": display(one.path),
        "where": one.where,
        "verdict": one.verdict.value.lower(),
        "evidence": [wording.evidence(fact) for fact in one.evidence],
    }


def _counts(standings: Mapping[Any, int]) -> dict[str, int]:
    return {standing.value: count for standing, count in standings.items()}


def _time(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment).astimezone().isoformat(timespec="seconds")
