"""What the Overview and the Drives screens are told. Frozen values, no Qt, no engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from musicvault.gui.models.actions import Action, State
from musicvault.gui.models.drives import Care, Wellness
from musicvault.gui.theme.tokens import Tone


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the standing bar."""

    state: State
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """How the files of one rule stand."""

    name: str
    files: int
    segments: tuple[Segment, ...]


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
    one holds all older. `limit` is the policy's interval in days, the shortest where rules differ; `latest` then the
    longest."""

    counts: tuple[int, ...] = ()
    width: int = 5
    limit: int = 90
    latest: int = 0

    @property
    def limits(self) -> tuple[int, ...]:
        """Where the policy draws its lines: one, or the strictest rule's and the most patient one's."""
        return (self.limit, self.latest) if self.latest > self.limit else (self.limit,)


@dataclass(frozen=True, slots=True)
class Todo:
    """One line of what waits for the user."""

    text: str
    tone: Tone
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class DriveCard:
    """A place that holds music: the library's own disk (`is_library`) or a vault's drive.

    `care` tells of its health. `used` and `size` are None where the drive is away and they were never known. `todo`
    is what waits for it, in words; `parity` in percent; `unusual`: it isn't just unplugged, `warnings` say what it is.
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
    path: bytes = b""
    warnings: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    care: Care = field(default_factory=Care)
    todo: str = ""
    retired: bool = False
    media: str = ""
    notes: str = ""
    parity: int = 0
    unusual: bool = False

    @property
    def failing(self) -> bool:
        return self.care.state is Wellness.FAILING


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
    rules: int = 1
