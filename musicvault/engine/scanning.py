"""What the parts of one library's scan share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from musicvault.catalog.libraries import Library
from musicvault.domain.regions import WHOLE, Region
from musicvault.domain.times import Traits
from musicvault.domain.values import Examination
from musicvault.engine.context import Context
from musicvault.engine.looking import ToRead

BATCH = 256
"""How many items are written in one transaction."""

Read = tuple[ToRead, Examination]


@dataclass(slots=True)
class Scanning:
    """One scan of one library. `told`: items whose findings were told in this scan; `equal_only`: half of a move may
    not have been heard of yet, so only equal bytes pair."""

    ctx: Context
    library: Library
    traits: Traits
    confirm: bool
    dry_run: bool
    counts: Counter[str]
    region: Region = WHOLE
    equal_only: bool = False
    told: set[int] = field(default_factory=set)
