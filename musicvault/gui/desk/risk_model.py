"""The yearly risk for the window, with its assumptions in the units that people use. Not for the Qt thread."""

from __future__ import annotations

from musicvault.catalog import holders
from musicvault.domain.risk import Assumptions
from musicvault.engine import risk
from musicvault.engine.context import Context
from musicvault.gui.models.risk import Assumption, RiskModel, WhatIf
from musicvault.language import tr

_HUNDRED = 100.0


def risk_model(ctx: Context, asked: WhatIf) -> RiskModel:
    """As things stand, and as they would be. Raises UsageError for a drive that isn't known."""
    now = risk.estimate(ctx)
    then = ""
    if not asked.empty:
        moved = dict([asked.moved]) if asked.moved else None
        change = risk.Change(asked.add, asked.proof_days or None, moved)
        then = risk.say(risk.estimate(ctx, change).overall)
    several = len(now.rules) > 1
    return RiskModel(
        risk.say(now.overall),
        tuple((tr(one.rule), risk.say(one.risk)) for one in now.rules) if several else (),
        tuple(_assumptions(now.assumed)),
        tuple(one.label for one in holders.every(ctx.catalog) if not one.in_library and not one.retired),
        asked,
        then,
    )


def _assumptions(assumed: Assumptions) -> list[Assumption]:
    kinds = {
        "hdd": tr("Hard disks that die"),
        "ssd": tr("SSDs that die"),
        "flash": tr("Flash sticks that die"),
        "optical": tr("Discs that die"),
        "network": tr("Network drives that die"),
    }
    yearly = tr("% a year")
    days = tr("days")
    return [
        *(
            Assumption(kind, name, assumed.media[kind] * _HUNDRED, yearly, _HUNDRED, _HUNDRED)
            for kind, name in kinds.items()
        ),
        Assumption(
            "silent_per_tb", tr("Files damaged silently"), assumed.silent_per_tb, tr("a year for each TB"), 1000
        ),
        Assumption(
            "computer", tr("All connected drives struck"), assumed.computer * _HUNDRED, yearly, _HUNDRED, _HUNDRED
        ),
        Assumption("site", tr("A site struck"), assumed.site * _HUNDRED, yearly, _HUNDRED, _HUNDRED),
        Assumption("repair_days", tr("Damage is repaired within"), assumed.repair_days, days, 3650),
        Assumption("replace_days", tr("A dead drive is replaced within"), assumed.replace_days, days, 3650),
    ]
