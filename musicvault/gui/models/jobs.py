"""How a job stands. Frozen values, no Qt, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
