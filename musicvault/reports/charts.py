"""The report's charts as SVG: plain shapes and text, no scripts, nothing loaded. Colours print well and never stand
alone: every part is named or numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from musicvault.domain.curves import Curve
from musicvault.domain.policy import Standing
from musicvault.language import tr

COLOURS = {
    Standing.PROTECTED: "#2B8A3E",
    Standing.STALE: "#7A8699",
    Standing.SHORT: "#B35C00",
    Standing.AT_RISK: "#D9480F",
    Standing.HELD: "#3B5BDB",
    Standing.DAMAGED: "#C2255C",
}
_TEXT, _LINE, _BAR, _OVER = "#1B2130", "#D3D8E0", "#3B5BDB", "#B35C00"
_FONT = "font-family='sans-serif' font-size='11'"


_NAMESPACE = " xmlns='http://www.w3.org/2000/svg'"


@dataclass(frozen=True, slots=True)
class Chart:
    """An SVG drawing with its size in CSS pixels, and what it shows in words."""

    svg: str
    width: int
    height: int
    words: str


def _drawing(width: int, height: int, words: str, parts: Sequence[str]) -> Chart:
    svg = (
        f"<svg{_NAMESPACE} viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
        f" role='img' aria-label='{escape(words)}'><title>{escape(words)}</title>{''.join(parts)}</svg>"
    )
    return Chart(svg, width, height, words)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{_TEXT}' {_FONT}>{escape(text)}</text>"


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(0.0, width):.1f}' height='{height:.1f}' fill='{colour}'/>"


def standing_bar(counts: Sequence[tuple[Standing, str, int]], width: int = 640) -> Chart:
    """One bar in parts: standing, its name, its count. A part that holds anything is at least three pixels wide."""
    total = sum(count for _, _, count in counts)
    shown = [(standing, name, count) for standing, name, count in counts if count]
    words = tr("Standing: {parts}", parts=", ".join(f"{name} {count:,}" for _, name, count in shown) or "–")
    spare = width - 3 * len(shown)
    parts, x = [_rect(0, 0, width, 18, "#E6E9EF")], 0.0
    for standing, _, count in shown:
        share = 3 + spare * count / total
        parts.append(_rect(x, 0, share, 18, COLOURS[standing]))
        x += share
    return _drawing(width, 18, words, parts)


def proof_ages(counts: Sequence[int], bucket_days: int, limit_days: int, width: int = 640) -> Chart:
    """Copies by the age of their proof, with the policy's limit as a line. Buckets beyond it have another colour."""
    height, top, left, foot = 150, 16, 44, 26
    most = max([1, *counts])
    step = (width - left) / max(1, len(counts))
    words = tr(
        "Age of proofs in steps of {days} days: {counts}; the policy allows {limit} days",
        days=bucket_days,
        counts=", ".join(f"{count:,}" for count in counts),
        limit=limit_days,
    )
    ground = height - foot
    parts = [_text(left - 6, top + 8, f"{most:,}", "end"), _text(left - 6, ground, "0", "end")]
    parts.append(f"<line x1='{left}' y1='{ground}' x2='{width}' y2='{ground}' stroke='{_LINE}'/>")
    for number, count in enumerate(counts):
        tall = (ground - top) * count / most
        over = number * bucket_days >= limit_days
        parts.append(_rect(left + number * step + 1, ground - tall, step - 2, tall, _OVER if over else _BAR))
        if number % 3 == 0:
            parts.append(_text(left + number * step, height - 10, str(number * bucket_days)))
    x = min(float(width), left + step * limit_days / bucket_days)
    parts.append(f"<line x1='{x:.1f}' y1='4' x2='{x:.1f}' y2='{ground}' stroke='{_OVER}' stroke-dasharray='4 3'/>")
    parts.append(_text(x - 4, 12, tr("{days} days", days=limit_days), "end"))
    return _drawing(width, height, words, parts)


def speed_curve(curve: Curve, width: int = 300) -> Chart | None:
    """How fast the drive reads from one end to the other; None where too little was read to tell."""
    height, left, top, foot = 84, 62, 10, 14
    speeds = [part.speed for part in curve]
    known = [speed for speed in speeds if speed is not None]
    if not known:
        return None
    most = max(known)
    step = (width - left) / len(speeds)
    ground = height - foot
    words = tr("Read speed from beginning to end: up to {most} MB/s", most=round(most / 1e6))
    parts = [
        _text(left - 6, top + 8, tr("{speed} MB/s", speed=round(most / 1e6)), "end"),
        _text(left - 6, ground, "0", "end"),
        f"<line x1='{left}' y1='{ground}' x2='{width}' y2='{ground}' stroke='{_LINE}'/>",
    ]
    for number, speed in enumerate(speeds):
        if speed is not None:
            tall = max(1.0, (ground - top) * speed / most)
            parts.append(_rect(left + number * step + 0.5, ground - tall, step - 1, tall, _BAR))
    return _drawing(width, height, words, parts)


def inline(chart: Chart) -> Markup:
    """The drawing for a page that shows SVG. There it needs no name space, and the page holds no address at all."""
    return Markup(chart.svg.replace(_NAMESPACE, "", 1))
