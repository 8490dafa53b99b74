"""The yearly risk as the Overview is told it, and what is asked about it. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Another drive at a site (None: no other drive), every copy proven every so many days (0: as it is), a drive moved
    to another site (`moved`: label and site)."""

    add: str | None = None
    proof_days: int = 0
    moved: tuple[str, str] | None = None

    @property
    def empty(self) -> bool:
        return self == WhatIf()


@dataclass(frozen=True, slots=True)
class Assumption:
    """One value that the figure rests on, as it is shown: `value` times `scale` of the engine's own, at most `most`."""

    key: str
    label: str
    value: float
    unit: str
    most: float
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class RiskModel:
    """`rules`: name and sentence, only where there are several; `then`: what the asked-for change would make of it."""

    sentence: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    drives: tuple[str, ...] = ()
    asked: WhatIf = WhatIf()
    then: str = ""
