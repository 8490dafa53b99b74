"""What the Attention screen is told, and what every preview holds. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.gui.models.actions import Action
from musicvault.gui.models.comparing import Span
from musicvault.gui.theme.tokens import Tone


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One replica to decide on: its own id and its item's (0: no item of its own). `blocks` is the number of 1 MiB
    blocks, `bad` the damaged ones, `lost` those of them that no copy has; `spans` the same in time, over `seconds`,
    `lost_bytes` in words. `remedy` says what helps."""

    id: int
    item: int
    path: bytes
    where: str
    words: str
    evidence: tuple[str, ...] = ()
    blocks: int = 0
    bad: tuple[int, ...] = ()
    seconds: float = 0.0
    spans: tuple[Span, ...] = ()
    lost: tuple[int, ...] = ()
    remedy: str = ""
    lost_bytes: str = ""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one kind with what can be done about them; the first action is the recommended one. `chooses`: the
    actions are for the rows that the user chose, with `by_copy` for just these copies of their files; `waits`: somebody
    has to do something."""

    kind: str
    title: str
    explanation: str
    tone: Tone
    icon: str
    rows: tuple[FindingRow, ...] = ()
    actions: tuple[Action, ...] = ()
    chooses: bool = True
    waits: bool = True
    by_copy: bool = False


@dataclass(frozen=True, slots=True)
class AttentionModel:
    groups: tuple[FindingGroup, ...] = ()

    @property
    def count(self) -> int:
        return sum(len(group.rows) or 1 for group in self.groups if group.waits)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do, before it does it: a headline, then lines; `confirm` carries it out."""

    title: str
    lines: tuple[str, ...] = ()
    confirm: Action | None = None
    warning: str = ""
