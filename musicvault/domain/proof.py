"""Proofs: what must be shown before the current content of any replica may be dropped (M1).

After git-annex's `SafeDropProof`: only `prove_safe` makes a `Proof`, and whoever drops something takes one as a
parameter. The race that it allows: a named copy may rot between its last read and the act, so the
engine reads it again just before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_WITNESS = object()


class Grade(StrEnum):
    """How a proof was read: from the device, with the host's cache bypassed, or by a remote's word."""

    DEVICE = "device"
    HOST_CACHE_BYPASSED = "bypassed"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class VerifiedCopy:
    """A copy that was read and found right at `proven_at` (seconds since the epoch)."""

    replica_id: int
    volume_id: str
    blake3: bytes
    proven_at: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class Proof:
    """That dropping one replica of `blake3` leaves verified copies on other volumes; without `copies`, that the user
    let the content go and its retention is over."""

    blake3: bytes
    copies: tuple[VerifiedCopy, ...]
    witness: object

    def __post_init__(self) -> None:
        if self.witness is not _WITNESS:
            raise TypeError("a Proof is made by prove_safe only")


def prove_safe(
    blake3: bytes, dropping_volume: str, copies: Iterable[VerifiedCopy], *, wanted: int, fresh_after: float
) -> Proof | None:
    """A proof that at least `wanted` (1 or more) copies of `blake3`, read after `fresh_after`, stand on
    distinct volumes other than `dropping_volume`; None where that can't be shown."""
    by_volume = {
        copy.volume_id: copy
        for copy in copies
        if copy.blake3 == blake3 and copy.volume_id != dropping_volume and copy.proven_at >= fresh_after
    }
    if len(by_volume) < max(1, wanted):
        return None
    return Proof(blake3, tuple(by_volume.values()), _WITNESS)


def prove_let_go(
    blake3: bytes, *, forgotten_at: float | None, retention: float, now: float, still_there: bool
) -> Proof | None:
    """A proof that the user let this content go more than `retention` seconds ago and that no file of it stands in the
    library; None where that isn't so."""
    if forgotten_at is None or still_there or now - forgotten_at <= retention:
        return None
    return Proof(blake3, (), _WITNESS)
