"""What is wanted (rules), and how an item measures up to it (standing). Pure: `now` is a parameter.

This issue of the program knows one rule, the default one, that applies to everything; rules with a narrower
`scope` will stand before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from musicvault.domain.states import ReplicaState

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy. `copies` includes the library's own file; intervals are in days."""

    name: str = "Everything"
    scope: str = ""
    copies: int = 2
    volumes: int = 2
    proof_days: int = 90
    version_days: int = 90


DEFAULT_RULE = Rule()


class Standing(StrEnum):
    """Where an item stands, worst first."""

    DAMAGED = "damaged"
    HELD = "held"
    AT_RISK = "at-risk"
    SHORT = "short"
    STALE = "stale"
    PROTECTED = "protected"


class Shortfall(StrEnum):
    """What is missing; an item may have several."""

    DAMAGED_COPY = "damaged-copy"
    WAITS_FOR_USER = "waits-for-user"
    ONLY_COPY = "only-copy"
    COPIES = "copies"
    VOLUMES = "volumes"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Copy:
    """A replica as the policy sees it. `current` is false for a replica of superseded content; `proven_at` is None
    while it was never read back; `counts_as` names the volume (two vaults on one disk share it)."""

    state: ReplicaState
    current: bool
    counts_as: str
    proven_at: float | None
    in_library: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome: good copies, distinct volumes among them, what is missing, and the time at which too few
    of the volumes will have a fresh proof (seconds since the epoch; 0 when too few are proven at all)."""

    standing: Standing
    good: int
    volumes: int
    missing: tuple[Shortfall, ...]
    due_at: float


def assess(copies: Sequence[Copy], rule: Rule, now: float) -> Assessment:
    """Where an item with these replicas stands under the rule."""
    wanted = [copy for copy in copies if copy.state is not ReplicaState.FORGOTTEN]
    good = [copy for copy in wanted if copy.current and copy.state.is_source]
    volumes = len({copy.counts_as for copy in good})
    due_at = _due(good, volumes, rule)
    missing = tuple(_missing(wanted, len(good), volumes, due_at <= now, rule))
    return Assessment(_standing(missing), len(good), volumes, missing, due_at)


def _due(good: Sequence[Copy], volumes: int, rule: Rule) -> float:
    newest: dict[str, float] = {}
    for copy in good:
        if copy.proven_at is not None:
            newest[copy.counts_as] = max(copy.proven_at, newest.get(copy.counts_as, 0.0))
    needed = max(1, min(volumes, rule.volumes))
    if len(newest) < needed:
        return 0.0
    return sorted(newest.values(), reverse=True)[needed - 1] + rule.proof_days * DAY


def _missing(copies: Iterable[Copy], good: int, volumes: int, stale: bool, rule: Rule) -> Iterable[Shortfall]:
    states = {copy.state for copy in copies}
    if any(state.is_damage for state in states):
        yield Shortfall.DAMAGED_COPY
    if states & {ReplicaState.HELD, ReplicaState.FOREIGN}:
        yield Shortfall.WAITS_FOR_USER
    if good < 2:
        yield Shortfall.ONLY_COPY
    if good < rule.copies:
        yield Shortfall.COPIES
    if volumes < rule.volumes:
        yield Shortfall.VOLUMES
    if stale:
        yield Shortfall.PROOF


_BY_SHORTFALL = (
    (Shortfall.DAMAGED_COPY, Standing.DAMAGED),
    (Shortfall.WAITS_FOR_USER, Standing.HELD),
    (Shortfall.ONLY_COPY, Standing.AT_RISK),
    (Shortfall.COPIES, Standing.SHORT),
    (Shortfall.VOLUMES, Standing.SHORT),
    (Shortfall.PROOF, Standing.STALE),
)


def _standing(missing: tuple[Shortfall, ...]) -> Standing:
    for shortfall, standing in _BY_SHORTFALL:
        if shortfall in missing:
            return standing
    return Standing.PROTECTED
