"""What the Policy screen is told and what its form holds. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicyModel:
    """The default rule: copies wanted (the library's own included), on how many drives (its own disk included),
    proven every `proof_days`, superseded versions kept `keep_days`."""

    copies: int = 2
    drives: int = 2
    proof_days: int = 90
    keep_days: int = 90


@dataclass(frozen=True, slots=True)
class PolicyPreview:
    """What a rule would mean for what is there now."""

    protected: int = 0
    short: int = 0
    stale: int = 0
    bytes_needed: int = 0
    words: str = ""
