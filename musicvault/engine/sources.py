"""Where the right bytes of a file may be had, the most trustworthy copy first.

A source is never trusted for what the catalog remembers of it: whoever copies from it digests what it gives (M3). The
order only saves reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.catalog import copies
from musicvault.catalog.replicas import Replica
from musicvault.domain.proof import Grade
from musicvault.domain.states import ReplicaState
from musicvault.engine.context import Context
from musicvault.engine.places import Reach


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy within reach: its absolute path, and the library's name or drive's label. A damaged one may still give
    whole blocks."""

    replica: Replica
    path: bytes
    where: str

    @property
    def is_intact(self) -> bool:
        return self.replica.state.is_source


def candidates(ctx: Context, reach: Reach, blake3: bytes, *, but: int | None = None) -> list[Candidate]:
    """All copies within reach that should hold the content with this digest: intact ones first, the best and newest
    proofs among them before the rest; then damaged ones. `but` is the replica to be rebuilt."""
    found: list[Candidate] = []
    for replica, library_id in copies.of_content(ctx.catalog, blake3):
        place = reach.place(replica.vault_id, library_id)
        if place is not None and replica.id != but:
            found.append(Candidate(replica, place.path(replica.path), place.name))
    return sorted(found, key=_trust)


_STATES = (
    ReplicaState.INTACT,
    ReplicaState.SUSPECT,
    ReplicaState.CORRUPT,
    ReplicaState.UNREADABLE,
    ReplicaState.HELD,
    ReplicaState.FOREIGN,
)
_GRADES = (Grade.DEVICE, Grade.HOST_CACHE_BYPASSED, Grade.REMOTE, None)


def _trust(candidate: Candidate) -> tuple[int, int, float, int]:
    replica = candidate.replica
    return _STATES.index(replica.state), _GRADES.index(replica.grade), -(replica.proven_at or 0.0), replica.id
