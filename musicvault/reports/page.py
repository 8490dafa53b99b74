"""The report as one self-contained HTML page that prints well: no script, nothing loaded, every text escaped."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from musicvault import __version__
from musicvault.domain import wording
from musicvault.domain.events import EventType, Outcome
from musicvault.domain.health import HealthState
from musicvault.domain.ndsa import Area, reached
from musicvault.domain.paths import display
from musicvault.domain.policy import DAY
from musicvault.domain.policy_wording import sentence
from musicvault.domain.verdict import Finding
from musicvault.engine import risk
from musicvault.engine.report import BUCKET_DAYS, DriveReport, Report, RuleReport
from musicvault.language import tr, trn
from musicvault.reports import charts
from musicvault.reports.charts import Chart

_TEMPLATES = Path(__file__).resolve().parents[2] / "resources" / "reports"

Draw = Callable[[Chart], Markup]
"""Puts a chart into the page."""


def page(report: Report, catalog: Path, draw: Draw = charts.inline) -> str:
    """The whole page. `draw` decides how charts get into it: inline SVG, or an image that the caller provides."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals |= {
        "_": tr,
        "files": wording.files,
        "size": wording.size,
        "number": "{:,}".format,
        "chart": draw,
    }
    return environment.get_template("report.html").render(_values(report), catalog=display(os.fsencode(catalog)))


def printable(report: Report, catalog: Path) -> tuple[str, Mapping[str, str]]:
    """The page with its charts as images, and these as SVG texts by name."""
    drawings: dict[str, str] = {}

    def draw(chart: Chart) -> Markup:
        name = f"chart:{len(drawings)}"
        drawings[name] = chart.svg
        return Markup("<img src='{}' width='{}' height='{}'>").format(name, chart.width, chart.height)

    return page(report, catalog, draw), drawings


def _values(report: Report) -> Mapping[str, Any]:
    limit = report.status.rule.proof_days
    return {
        "report": report,
        "day": datetime.fromtimestamp(report.at).astimezone().strftime("%Y-%m-%d %H:%M"),
        "version": __version__,
        "rules": [_rule(one) for one in report.rules],
        "ages": charts.proof_ages(report.ages, BUCKET_DAYS, limit) if any(report.ages) else None,
        "drives": [_drive(one, report.at) for one in report.drives],
        "findings": [_finding(one) for one in report.findings],
        "more": max(0, report.open_findings - len(report.findings)),
        "born": [_finding(one) for one in report.born_damaged],
        "done": _done(report),
        "drill": _drill(report),
        "risk": risk.say(report.risk.overall),
        "risk_rules": [(one.rule, risk.say(one.risk)) for one in report.risk.rules],
        "assumptions": risk.assumed_lines(report.risk.assumed),
        "areas": [_area(report, area) for area in Area],
        "answers": {"yes": tr("yes"), "no": tr("no"), "ask": tr("to fill in")},
    }


def _rule(one: RuleReport) -> Mapping[str, Any]:
    counts = [(standing, wording.standing(standing), count) for standing, count in one.standings.items()]
    return {
        "sentence": sentence(one.rule),
        "bar": charts.standing_bar(counts),
        "counts": [(name, count) for _, name, count in counts if count],
    }


def _drive(one: DriveReport, now: float) -> Mapping[str, Any]:
    place, presence = one.status.place, one.status.presence
    passes = one.health.passes
    return {
        "label": presence.vault.label,
        "site": presence.vault.site or "–",
        "presence": _presence(one, now),
        "files": place.items,
        "bytes": place.bytes,
        "oldest_proof": _days_ago(place.oldest_proof, now),
        "health": health_name(one.health.state),
        "reason": one.health.reason,
        "todo": _todo(one),
        "curve": charts.speed_curve(passes[0].curve) if passes else None,
    }


def _presence(one: DriveReport, now: float) -> str:
    vault = one.status.presence.vault
    if vault.retired:
        return tr("retired")
    if one.status.presence.online:
        free = one.status.free
        return tr("connected") if free is None else tr("connected, {size} free", size=wording.size(free))
    return tr("last seen {when}", when=_days_ago(vault.seen_at, now))


def health_name(state: HealthState) -> str:
    """The verdict on a drive as a word."""
    words = {HealthState.HEALTHY: tr("healthy"), HealthState.FAILING: tr("failing"), HealthState.UNKNOWN: tr("unknown")}
    return words[state]


def _todo(one: DriveReport) -> str:
    if not one.waiting.files or one.waiting.online:
        return ""
    return tr("Plug in {label}: {files} wait for it.", label=one.waiting.label, files=wording.files(one.waiting.files))


def _days_ago(moment: float | None, now: float) -> str:
    if moment is None:
        return tr("never")
    days = int(max(0.0, now - moment) / DAY)
    return trn("{count} day ago", "{count} days ago", days) if days else tr("today")


def _finding(one: Finding) -> Mapping[str, str]:
    return {
        "path": display(one.path),
        "where": one.where,
        "words": wording.named(one),
        "evidence": "; ".join(wording.evidence(fact) for fact in one.evidence),
    }


def _done(report: Report) -> list[Mapping[str, Any]]:
    names = {
        EventType.INGESTION: tr("New files met"),
        EventType.FIXITY_CHECK: tr("Verified"),
        EventType.VALIDATION: tr("Tried by a decoder"),
        EventType.REPLICATION: tr("Copied"),
        EventType.METADATA_MODIFICATION: tr("Tags edited"),
        EventType.FILENAME_CHANGE: tr("Moved or renamed"),
        EventType.MODIFICATION: tr("New versions"),
        EventType.QUARANTINE: tr("Put aside"),
        EventType.RECOVERY: tr("Repaired or given back"),
        EventType.DELETION: tr("Let go"),
        EventType.DECISION: tr("Decisions"),
        EventType.CONFIGURATION: tr("Changes of libraries, drives and policy"),
    }
    rows: list[Mapping[str, Any]] = []
    for kind, name in names.items():
        right = sum(one.count for one in report.done if one.type is kind and one.outcome is Outcome.SUCCESS)
        wrong = sum(one.count for one in report.done if one.type is kind and one.outcome is not Outcome.SUCCESS)
        if right or wrong:
            rows.append({"name": name, "right": right, "wrong": wrong})
    return rows


def _drill(report: Report) -> str:
    last = report.status.drill
    if last is None:
        return tr("There was no restore drill yet.")
    when, right, sampled = _days_ago(last.at, report.at), f"{last.right:,}", f"{last.sampled:,}"
    return tr("Last restore drill: {when}, {right} of {sampled} right.", when=when, right=right, sampled=sampled)


def _area(report: Report, area: Area) -> Mapping[str, Any]:
    names = {
        Area.STORAGE: tr("Storage"),
        Area.INTEGRITY: tr("Integrity"),
        Area.CONTROL: tr("Control"),
        Area.METADATA: tr("Metadata"),
        Area.CONTENT: tr("Content"),
    }
    level, asks = reached(report.practices, area)
    words = tr("level {level}", level=level)
    if level and asks:
        words = tr("level {level}, if what is to fill in is so", level=level)
    return {
        "name": names[area],
        "level": words,
        "practices": [one for one in report.practices if one.area is area],
    }
