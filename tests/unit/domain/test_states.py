"""The transition table over the whole product of states and verdicts."""

from __future__ import annotations

from itertools import product

import pytest

from musicvault.domain.states import ReplicaState, transition
from musicvault.domain.verdict import Verdict

S, V = ReplicaState, Verdict
ALONE = {
    V.INTACT: S.INTACT,
    V.RETAGGED: S.INTACT,
    V.UPDATED: S.INTACT,
    V.MOVED: S.INTACT,
    V.BORN_DAMAGED: S.INTACT,
    V.CORRUPT: S.CORRUPT,
    V.HELD: S.HELD,
    V.REPLACED: S.HELD,
    V.FOREIGN: S.FOREIGN,
}
KEEPING = (V.UNSTABLE, V.UNAVAILABLE)


def expected(state: ReplicaState, verdict: Verdict) -> ReplicaState:
    """The table again, spelled out another way: verdicts on bytes decide, the rest never improves anything."""
    if verdict in ALONE:
        return ALONE[verdict]
    if verdict in KEEPING:
        return state
    return {
        V.MISSING: {S.FORGOTTEN: S.FORGOTTEN}.get(state, S.MISSING),
        V.SUSPECT: {S.CORRUPT: S.CORRUPT}.get(state, S.SUSPECT),
        V.UNREADABLE: {S.CORRUPT: S.CORRUPT, S.HELD: S.HELD, S.FOREIGN: S.FOREIGN}.get(state, S.UNREADABLE),
    }[verdict]


@pytest.mark.parametrize(("state", "verdict"), list(product(ReplicaState, Verdict)))
def test_transition(state: ReplicaState, verdict: Verdict) -> None:
    assert transition(state, verdict) is expected(state, verdict)


@pytest.mark.parametrize("state", list(ReplicaState))
def test_what_is_not_known_changes_nothing(state: ReplicaState) -> None:
    for verdict in KEEPING:
        assert transition(state, verdict) is state


def test_only_intact_replicas_are_sources() -> None:
    assert [state for state in ReplicaState if state.is_source] == [ReplicaState.INTACT]
