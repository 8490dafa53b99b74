"""What the Library screen is told, and what it asks its source of rows. Frozen values, no Qt, no engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from musicvault.gui.models.actions import Action, State
from musicvault.gui.models.comparing import Span
from musicvault.gui.theme.tokens import Tone


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the table. `wanted` copies by policy, `copies` that count, `proof_days` None: never."""

    id: int
    path: bytes
    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    track: str = ""
    year: str = ""
    genre: str = ""
    seconds: float = 0.0
    format: str = ""
    size: int = 0
    copies: int = 0
    wanted: int = 0
    state: State = State.UNKNOWN
    proof_days: float | None = None
    added: float = 0.0
    library: str = ""
    companion: bool = False


class Filter(StrEnum):
    """The chips above the table."""

    ALL = "all"
    TRACKS = "tracks"
    DAMAGED = "damaged"
    SHORT = "short"
    DUE = "due"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class Query:
    """What the table shows. `text` is the search box's content as typed."""

    text: str = ""
    filter: Filter = Filter.ALL
    library: str = ""


@dataclass(frozen=True, slots=True)
class Sort:
    """Order of the table: `column` is a key of `gui.library.columns`."""

    column: str = "path"
    descending: bool = False


class RowSource(Protocol):
    """Where the table gets its rows. Called on a worker thread only; the answers must not depend on
    what was asked before."""

    def glance(self, query: Query, sort: Sort, limit: int) -> tuple[Sequence[ItemRow], Sequence[int]]:
        """The first rows and the runs of albums at least that far, as fast as can be."""
        ...

    def count(self, query: Query, sort: Sort) -> int: ...

    def page(self, query: Query, sort: Sort, offset: int, limit: int) -> Sequence[ItemRow]: ...

    def albums(self, query: Query, sort: Sort) -> Sequence[int]:
        """How many rows each run of the same album has, in the order of `page`; empty where the
        order doesn't keep albums together."""
        ...

    def totals(self, query: Query) -> Mapping[Filter, int]:
        """The counts for the chips under this search text."""
        ...

    def offers(self) -> Mapping[str, Sequence[str]]:
        """Values that a search can name, by the field of the query language; the most usual first."""
        ...

    def cover(self, row: ItemRow) -> bytes:
        """A small picture (PNG) for the row's album; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a copy is damaged: `bad` blocks, those of them that are `lost` in every copy, the same in time over
    `seconds`; or from where it was healed, and which blocks."""

    bad: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    spans: tuple[Span, ...] = ()
    seconds: float = 0.0
    healed_from: str = ""
    healed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """One replica of an item. `blocks` is the number of 1 MiB blocks, `bad` the damaged ones."""

    place: str
    state: State
    words: str
    online: bool = True
    is_library: bool = False
    proof_days: float | None = None
    blocks: int = 0
    bad: tuple[int, ...] = ()
    path: bytes = b""
    actions: tuple[Action, ...] = ()
    damage: Damage = Damage()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event. `before` and `after` are set for edits."""

    when: float
    title: str
    detail: str = ""
    tone: Tone = Tone.AWAY
    id: int = 0


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """What is kept of an item beside its current content: since when it is superseded (None: set aside), how it
    differs, where it lies, what can be done with it, and the action that compares it."""

    when: float | None
    words: str
    places: str
    action: Action | None = None
    look: Action | None = None


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """All that the inspector shows of one item."""

    row: ItemRow
    headline: str = ""
    explanation: str = ""
    tone: Tone = Tone.GOOD
    copies: tuple[Copy, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    history: tuple[HistoryRow, ...] = ()
    primary: Action | None = None
    secondary: Action | None = None
    footnote: str = ""
    cover: bytes = b""
    taggable: bool = True
    versions: tuple[KeptVersion, ...] = ()
