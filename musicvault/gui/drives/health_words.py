"""A drive's health in words and colours. Unknown is said to be unknown, never well."""

from __future__ import annotations

from musicvault.gui.models.drives import Care, Wellness
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.pill import Pill
from musicvault.gui.wording import count, percent
from musicvault.language import tr

_SAME = 0.05


def health_pill(care: Care) -> Pill:
    """The verdict as a pill."""
    words = {
        Wellness.HEALTHY: (tr("Healthy"), Tone.GOOD, "good"),
        Wellness.FAILING: (tr("Failing"), Tone.DAMAGED, "broken"),
        Wellness.UNKNOWN: (tr("Unknown"), Tone.AWAY, "unknown"),
    }
    return Pill(*words[care.state])


def vitals(care: Care) -> str:
    """`34 °C · 12,345 hours`, as much of it as the disk says."""
    parts = []
    if care.temperature is not None:
        parts.append(tr("{degrees} °C", degrees=care.temperature))
    if care.hours is not None:
        parts.append(tr("{hours} hours", hours=count(care.hours)))
    return " · ".join(parts)


def change(care: Care) -> str:
    """How the newest pass compares with those before it; empty where there is nothing to compare."""
    if care.slower is None:
        return ""
    if care.slower < 1 - _SAME:
        return tr("{share} of its former speed", share=percent(care.slower))
    if care.slower > 1 + _SAME:
        return tr("faster than before")
    return tr("as fast as before")
