"""What screens are told and what they answer: frozen values, no Qt, no engine.

Amounts are in bytes and seconds, times are seconds since the epoch (UTC), paths are bytes. Text that
comes from files is shown as plain text only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from musicvault.gui.theme.tokens import Tone


class Deed(StrEnum):
    """What the user may ask for; the desk carries it out."""

    SHOW = "show"
    LEAVE = "leave"
    ADD_LIBRARY = "add library"
    ADD_DRIVE = "add drive"
    RELABEL = "relabel"
    REMOVE_DRIVE = "remove drive"
    SCAN = "scan"
    CONFIRM = "confirm"
    SYNC = "sync"
    SCRUB = "scrub"
    CHECK = "check"
    DRILL = "drill"
    REPAIR = "repair"
    RESTORE = "restore"
    ACCEPT = "accept"
    REJECT = "reject"
    FORGET = "forget"
    TAG = "tag"
    UNDO = "undo"
    GIVE_VERSION = "give version"
    OPEN_FOLDER = "open folder"
    SET_POLICY = "set policy"
    SET_EXCLUSIONS = "set exclusions"
    PROTECT = "protect"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `subject` is a library's name, a drive's label, a screen or a path as text;
    `items` are catalog ids, empty means all that the deed covers; `values` carry what the form held."""

    deed: Deed
    label: str = ""
    subject: str = ""
    items: tuple[int, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


class State(StrEnum):
    """Where an item stands, gravest last."""

    PROTECTED = "protected"
    STALE = "stale"
    SHORT = "short"
    RISK = "risk"
    HELD = "held"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    AWAY = "away"
    UNKNOWN = "unknown"


# ── Overview ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the standing bar."""

    state: State
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """How much of a collection a place holds (0 to 1; None: nothing is meant to be there) and the age
    of its oldest proof in days (None: never proven)."""

    share: float | None
    proof_days: float | None = None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    name: str
    files: int
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Collections × places."""

    places: tuple[str, ...] = ()
    rows: tuple[MatrixRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofAges:
    """Replicas by days since their last proof: `counts[i]` covers `width` days from `i * width`; the last
    one holds all older. `limit` is the policy's interval in days."""

    counts: tuple[int, ...] = ()
    width: int = 5
    limit: int = 90
    never: int = 0


@dataclass(frozen=True, slots=True)
class Todo:
    """One line of what waits for the user."""

    text: str
    tone: Tone
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class DriveCard:
    """A place that holds music: the library's own disk (`is_library`) or a vault's drive.

    `health` is in plain words, with `health_reason` where it is unknown. `used` and `size` are None
    where the drive is away and they were never known.
    """

    label: str
    kind: str
    site: str = ""
    online: bool = True
    is_library: bool = False
    used: int | None = None
    size: int | None = None
    music: int = 0
    files: int = 0
    intact: float | None = None
    status: str = ""
    tone: Tone = Tone.GOOD
    note: str = ""
    oldest_proof: float | None = None
    last_seen: float | None = None
    health: str = ""
    health_reason: str = ""
    path: bytes = b""
    warnings: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class OverviewModel:
    """The one sentence and what it rests on."""

    sentence: str
    detail: str = ""
    tone: Tone = Tone.GOOD
    primary: Action | None = None
    secondary: Action | None = None
    total: int = 0
    segments: tuple[Segment, ...] = ()
    matrix: Matrix = Matrix()
    ages: ProofAges = ProofAges()
    drives: tuple[DriveCard, ...] = ()
    todo: tuple[Todo, ...] = ()
    drill: Todo | None = None


# ── Library ───────────────────────────────────────────────────────────────────────────────────


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

    def cover(self, row: ItemRow) -> bytes:
        """A small picture (PNG) for the row's album; empty where there is none."""
        ...


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
    differs, where it lies, and what can be done with it."""

    when: float | None
    words: str
    places: str
    action: Action | None = None


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


# ── Jobs, findings, the rest ──────────────────────────────────────────────────────────────────


class JobState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (JobState.DONE, JobState.STOPPED, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it stands now. `rate` in bytes per second, `left` in seconds; None: not known yet."""

    id: int
    title: str
    state: JobState = JobState.RUNNING
    stage: str = ""
    subject: str = ""
    files: int = 0
    files_total: int | None = None
    bytes: int = 0
    bytes_total: int | None = None
    rate: float | None = None
    left: float | None = None
    current: str = ""
    started: float = 0.0
    ended: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    findings: int = 0
    failures: int = 0
    message: str = ""
    exit_code: int = 0
    background: bool = False

    @property
    def idle(self) -> bool:
        """Whether a background job only waits for something to happen."""
        return self.background and self.stage in ("", "watch")

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; by bytes where known, else by files."""
        if self.bytes_total:
            return min(1.0, self.bytes / self.bytes_total)
        if self.files_total:
            return min(1.0, self.files / self.files_total)
        return None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One replica to decide on: its own id and its item's."""

    id: int
    item: int
    path: bytes
    where: str
    words: str
    evidence: tuple[str, ...] = ()
    blocks: int = 0
    bad: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one kind with what can be done about them; the first action is the recommended one."""

    kind: str
    title: str
    explanation: str
    tone: Tone
    icon: str
    rows: tuple[FindingRow, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class AttentionModel:
    groups: tuple[FindingGroup, ...] = ()

    @property
    def count(self) -> int:
        return sum(len(group.rows) or 1 for group in self.groups)


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


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted volume that a vault could be made on."""

    path: bytes
    label: str
    free: int
    size: int
    shares_library: bool = False
    removable: bool = False
    has_vault: bool = False
    writable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class FolderGuess:
    """A folder that may hold music, and what a quick look found there (None: still looking)."""

    path: bytes
    files: int | None = None
    bytes: int = 0
    formats: tuple[tuple[str, int], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    name: str
    path: bytes
    online: bool = True
    items: int = 0
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsModel:
    libraries: tuple[LibraryRow, ...] = ()
    fingerprints: bool = True
    catalog: bytes = b""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do, before it does it: a headline, then lines; `confirm` carries it out."""

    title: str
    lines: tuple[str, ...] = ()
    confirm: Action | None = None
    warning: str = ""
