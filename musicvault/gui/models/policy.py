"""What the Policy screen is told and what its form holds. Frozen values of the domain, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.domain.policy import DEFAULT_RULE, Rule


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What one rule comes to: for how many files it decides, how many of them fall short, where they stand in words,
    and why some of it can't be had with the drives that there are."""

    files: int = 0
    short: int = 0
    words: str = ""
    obstacles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyModel:
    """The policy in force, first rule to last. `drives`: labels to choose from; `related`: which drives may be lost
    together; `home`: where the computer is; `last_change`: what an undo would take back, empty for nothing."""

    rules: tuple[Rule, ...] = (DEFAULT_RULE,)
    effects: tuple[RuleEffect, ...] = ()
    drives: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    home: str = ""
    last_change: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a policy that isn't in force yet would come to. `copying` and `further`: what has to be copied where, and on
    how many drives that aren't there; the risks as odds, now and once all is copied."""

    rules: tuple[Rule, ...]
    effects: tuple[RuleEffect, ...] = ()
    short_now: int = 0
    short_then: int = 0
    copying: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    risk_now: str = ""
    risk_then: str = ""
