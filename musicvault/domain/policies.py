"""A whole policy: rules in their order, the default rule last; what can't be, and what can't be met. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from musicvault.domain import scopes
from musicvault.domain.drives import Drive
from musicvault.domain.media import Media
from musicvault.domain.parity import MOST_PERCENT
from musicvault.domain.policy import Rule, Shortfall, amount
from musicvault.errors import UsageError
from musicvault.language import tr

LIMITS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "copies": (1, 20),
        "volumes": (1, 20),
        "sites": (1, 20),
        "detached": (0, 20),
        "kinds": (1, 5),
        "proof_days": (1, 3650),
        "unseen_days": (1, 3650),
        "version_days": (0, 36500),
        "parity": (0, MOST_PERCENT),
        "priority": (-100, 100),
    }
)
MOST_RULES = 100
_MEDIA = tuple(kind.value for kind in Media if kind)
_LONGEST_NAME = 100


def check(rule: Rule) -> None:
    """Raises UsageError for values that are out of range or contradict each other, QueryError for a scope that can't be
    understood."""
    if not rule.name.strip() or len(rule.name) > _LONGEST_NAME or not rule.name.isprintable():
        raise UsageError(tr("A rule needs a name of 1 to {most} characters on one line.", most=_LONGEST_NAME))
    for key, (low, high) in LIMITS.items():
        value = getattr(rule, key)
        if not low <= value <= high:
            raise UsageError(
                tr("{key} must be from {low} to {high}, not {value}.", key=key, low=low, high=high, value=value)
            )
    if rule.volumes > rule.copies:
        raise UsageError(tr("{volumes} drives need at least {volumes} copies.", volumes=rule.volumes))
    if rule.sites > rule.copies:
        raise UsageError(tr("{sites} sites need at least {sites} copies.", sites=rule.sites))
    if rule.detached > rule.copies:
        raise UsageError(tr("{count} detached copies need at least {count} copies.", count=rule.detached))
    for media in rule.media:
        if media not in _MEDIA:
            raise UsageError(tr("{media} is no kind of drive. There are: {all}.", media=media, all=", ".join(_MEDIA)))
    if max(rule.kinds, len(set(rule.media))) > rule.copies:
        raise UsageError(
            tr("{kinds} kinds of drive need at least {kinds} copies.", kinds=max(rule.kinds, len(set(rule.media))))
        )
    for label in rule.allowed:
        if label in rule.forbidden:
            raise UsageError(tr("{label} is both allowed and forbidden.", label=label))
    scopes.parsed(rule.scope)


def checked(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The policy, if it can be one: names differ, each rule but the last has a scope, the last has none. Raises as
    `check` does."""
    if not rules or rules[-1].scope.strip():
        raise UsageError(tr("The last rule must be the default rule, without a scope: it decides for the rest."))
    if len(rules) > MOST_RULES:
        raise UsageError(tr("A policy has at most {most} rules.", most=MOST_RULES))
    names: set[str] = set()
    for rule in rules:
        check(rule)
        if rule.name.casefold() in names:
            raise UsageError(tr("There are two rules called {name}.", name=rule.name))
        names.add(rule.name.casefold())
    for rule in rules[:-1]:
        if not rule.scope.strip():
            raise UsageError(
                tr("The rule {name} has no scope and would leave nothing to the rules below it.", name=rule.name)
            )
    return tuple(replace(rule, scope=rule.scope.strip()) for rule in rules)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no item can meet a rule with the drives that there are: `shortfall` as of a single item, with what all the
    drives together amount to and what is wanted; `labels` are drives that the rule names and nobody knows."""

    shortfall: Shortfall | None
    have: int = 0
    want: int = 0
    labels: tuple[str, ...] = ()


def obstacles(rule: Rule, drives: Sequence[Drive], home: str = "") -> tuple[Obstacle, ...]:
    """What would be missing even if every drive held a good copy. `drives` are vaults and one library."""
    found: list[Obstacle] = []
    known = {drive.label for drive in drives if not drive.in_library}
    unknown = tuple(label for label in (*rule.allowed, *rule.forbidden) if label not in known)
    if unknown:
        found.append(Obstacle(None, labels=unknown))
    had = amount([drive for drive in drives if rule.counts(drive)], home)
    have = {shortfall: (have, want) for shortfall, have, want in had.measured(rule)}
    found += [Obstacle(short, *have[short]) for short in had.lacks(rule) if short in have]
    return tuple(found)


TEMPLATES: Mapping[str, Rule] = MappingProxyType(
    {
        "one-spare": Rule(copies=2, volumes=2, proof_days=90, unseen_days=90),
        "3-2-1": Rule(copies=3, volumes=2, sites=2, proof_days=90, unseen_days=120),
        "station": Rule(
            copies=4, volumes=3, sites=2, detached=1, proof_days=60, unseen_days=90, version_days=365, parity=5
        ),
        "ndsa-2": Rule(copies=3, volumes=2, sites=2, proof_days=180, unseen_days=180, version_days=365),
        "ndsa-3": Rule(copies=3, volumes=3, sites=2, kinds=2, proof_days=90, unseen_days=120, version_days=365),
        "ndsa-4": Rule(copies=4, volumes=4, sites=3, kinds=2, proof_days=30, unseen_days=60, version_days=730),
    }
)
"""Ready-made wishes for the default rule, from modest to strict.

The NDSA levels are those of the *Levels of Digital Preservation*, version 2.0 (National Digital Stewardship Alliance,
2019), row *Storage*: level 2 "three complete copies with at least one copy in a separate geographic location", level 3
"at least one copy in a geographic location with a different disaster threat" and "on a different storage media type",
level 4 "at least three copies in geographic locations, each with a different disaster threat" and "maximize storage
diversification"; row *Integrity*: level 3 "verify integrity information at fixed intervals". How long an interval is
the levels leave open: these are ours. Whether the threats differ is for the person who names the sites to judge.
"""


def template(name: str, today: Rule) -> Rule:
    """The default rule after a template; its name, priority and drives stay. Raises UsageError for an unknown name."""
    wanted = TEMPLATES.get(name)
    if wanted is None:
        raise UsageError(
            tr("There is no template called {name}. There are: {all}.", name=name, all=", ".join(TEMPLATES))
        )
    return replace(wanted, name=today.name, priority=today.priority, allowed=today.allowed, forbidden=today.forbidden)
