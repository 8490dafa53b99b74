"""Made-up policies and risks for the window's pictures."""

from __future__ import annotations

from musicvault.domain.policy import DEFAULT_RULE, Rule
from musicvault.gui.models.actions import State
from musicvault.gui.models.overview import RuleStanding, Segment
from musicvault.gui.models.policy import Forecast, PolicyModel, RuleEffect
from musicvault.gui.models.risk import Assumption, RiskModel

DRIVES = ("Elements 4 TB", "NAS (home)", "Bank box")
MASTERS = Rule(
    "Masters and field recordings", "path:masters or genre:field", 4, 3, 30, 365, 2, 1, parity=10, priority=5
)
OLD = Rule("Bought music", "format:mp3 or path:bought", 2, 2, 180, 30)
EVERYTHING = Rule(copies=3, volumes=2, sites=2, proof_days=90)


def policy() -> PolicyModel:
    """Three rules, one that can't be met."""
    return PolicyModel(
        (MASTERS, OLD, EVERYTHING),
        (
            RuleEffect(
                2082,
                46,
                "2,036 protected · 46 short of copies · 46 at too few sites",
                ("It wants 2 sites, and all drives together make 1: keep a drive elsewhere, and say where it is.",),
            ),
            RuleEffect(0, 0, ""),
            RuleEffect(10_398, 0, "10,398 protected"),
        ),
        DRIVES,
        ("Elements 4 TB and NAS (home) are kept at one site (home).",),
        "home",
        "Takes back that a rule was added (3.10.2026)",
    )


def forecast(rules: tuple[Rule, ...]) -> Forecast:
    return Forecast(
        rules,
        tuple(RuleEffect(2082, 46, "2,036 protected · 46 short of copies") for _ in rules),
        46,
        2082,
        ("812 GB to Elements 4 TB", "1.31 TB to Bank box once it is plugged in"),
        ("Masters and field recordings: 812 GB more on 1 further drive.",),
        "one in 1,200",
        "one in 45,000",
    )


def alone() -> PolicyModel:
    """The policy of whoever never looked at it."""
    return PolicyModel((DEFAULT_RULE,), (RuleEffect(),))


def standings() -> tuple[RuleStanding, ...]:
    return (
        RuleStanding(
            MASTERS.name,
            2082,
            (Segment(State.PROTECTED, "Protected", 2036), Segment(State.SHORT, "Short of copies", 46)),
        ),
        RuleStanding(OLD.name, 0, ()),
        RuleStanding("Everything", 10_398, (Segment(State.PROTECTED, "Protected", 10_398),)),
    )


def risk() -> RiskModel:
    yearly = "% a year"
    return RiskModel(
        "On average 0.031 of 12,480 files lost in a year. The chance to lose anything at all within a year is one in"
        " 1,200, and then it is about 37 files.",
        (),
        (
            Assumption("hdd", "Hard disks that die", 1.57, yearly, 100, 100),
            Assumption("ssd", "SSDs that die", 0.9, yearly, 100, 100),
            Assumption("silent_per_tb", "Files damaged silently", 0.025, "a year per TB", 1000),
            Assumption("site", "A site struck", 0.2, yearly, 100, 100),
            Assumption("repair_days", "Damage is repaired within", 3, "days", 3650),
        ),
        DRIVES,
    )
