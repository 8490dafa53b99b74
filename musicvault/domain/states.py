"""The states of a replica, and which verdict leads from which to which.

A state is what the catalog remembers between checks. It changes only by a verdict (this table) or by a
user's decision (accept, reject, forget), each with an event in the same transaction (M5).
"""

from __future__ import annotations

from enum import StrEnum

from musicvault.domain.verdict import Verdict


class ReplicaState(StrEnum):
    """Where one replica stands."""

    INTACT = "intact"
    SUSPECT = "suspect"
    CORRUPT = "corrupt"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    HELD = "held"
    FOREIGN = "foreign"
    FORGOTTEN = "forgotten"

    @property
    def is_source(self) -> bool:
        """Whether a copy may be made from it (M3)."""
        return self is ReplicaState.INTACT

    @property
    def is_damage(self) -> bool:
        return self in (ReplicaState.CORRUPT, ReplicaState.SUSPECT, ReplicaState.UNREADABLE)


_SETTLED = {
    Verdict.INTACT: ReplicaState.INTACT,
    Verdict.RETAGGED: ReplicaState.INTACT,
    Verdict.UPDATED: ReplicaState.INTACT,
    Verdict.MOVED: ReplicaState.INTACT,
    Verdict.BORN_DAMAGED: ReplicaState.INTACT,
    Verdict.CORRUPT: ReplicaState.CORRUPT,
    Verdict.HELD: ReplicaState.HELD,
    Verdict.REPLACED: ReplicaState.HELD,
    Verdict.FOREIGN: ReplicaState.FOREIGN,
}
"""Verdicts that rest on the file's own bytes decide alone, whatever was remembered."""


def transition(state: ReplicaState, verdict: Verdict) -> ReplicaState:
    """The state after a verdict; total over both enumerations."""
    if verdict in _SETTLED:
        return _SETTLED[verdict]
    if verdict in (Verdict.UNSTABLE, Verdict.UNAVAILABLE):
        return state  # no verdict about the file (M2)
    if verdict is Verdict.MISSING:
        return state if state is ReplicaState.FORGOTTEN else ReplicaState.MISSING
    if verdict is Verdict.SUSPECT:
        return ReplicaState.CORRUPT if state is ReplicaState.CORRUPT else ReplicaState.SUSPECT
    # A read error tells less than bytes that were read: graver knowledge stays.
    graver = (ReplicaState.CORRUPT, ReplicaState.HELD, ReplicaState.FOREIGN)
    return state if state in graver else ReplicaState.UNREADABLE
