"""What a vault holds that the catalog must learn, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from musicvault.catalog.vaults import Vault
from musicvault.domain.paths import RelPath
from musicvault.domain.proof import Grade
from musicvault.domain.values import Examination, Stat


@dataclass(frozen=True, slots=True)
class Whose:
    """Which item a stored path belongs to: the library's slug and the path in the library."""

    slug: str
    path: RelPath


@dataclass(frozen=True, slots=True)
class Find:
    """A file on the vault that the catalog must learn. `content_id` where the item is known to have had these bytes,
    else `seen`; `stated_at` is when the vault said so (seconds since the epoch). Not `stated`: no list that can be read
    says anything of it."""

    path: RelPath
    role: str
    whose: Whose
    stat: Stat
    stated_at: float
    seen: Examination | None = None
    grade: Grade | None = None
    content_id: int | None = None
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is not what any list states, or can't be read (then nothing was `seen`), or is `gone`; what it should
    be has the SHA-256 `sha256`."""

    vault: Vault
    find: Find
    sha256: bytes
    list: str
    gone: bool = False


@dataclass(slots=True)
class Taken:
    """What came of all vaults together, for the steps after. `times`: when a content was stated; `disputed`: items
    of which vaults state different contents. `unstated`: contents that only stand somewhere, and no list speaks of."""

    counts: Counter[str]
    times: dict[int, float] = field(default_factory=dict)
    disputed: dict[int, set[int]] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    unstated: set[int] = field(default_factory=set)
