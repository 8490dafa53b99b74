"""Notices: what a running job says. Frozen, in files and bytes, never text or percent.

A job is a synchronous generator: one `Started`, then `Advanced` (cumulative since `Started`) and `ItemDone`
in any mix, then one `Finished`. Sinks (command line, window) decide how they look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from musicvault.domain.verdict import Finding

Checkpoint = Callable[[], None]
"""Called at item boundaries and inside long reads: blocks while paused, raises `Cancelled` when cancelled."""


def never_stops() -> None:
    """The checkpoint of a job that nobody can stop (tests, short jobs)."""


@dataclass(frozen=True, slots=True)
class Started:
    """`job` is the command's word ("scan", "sync", …); `subject` a library name or drive label, may be empty.
    Totals are None until they are known; a later `Started` of the same job replaces them (new stage)."""

    job: str
    subject: str = ""
    files: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """Done so far in this stage."""

    files: int
    bytes: int
    current: str = ""


@dataclass(frozen=True, slots=True)
class ItemDone:
    """One item has an outcome worth a line.

    `action`: "finding" (then `finding` is set), "failed" (then `problem`), "noted" (`reason` is a sentence about
    `where`, said once), or what was done or would be done in a dry run: "added", "copied", "replaced", "versioned",
    "renamed", "restored", "repaired", "tagged", "accepted", "rejected", "forgotten", "expected", "removed", "adopted",
    "refused", "skipped", "tried", "packed", "parity" (then `path` is the folder).
    `path` is below the library's root.
    """

    action: str
    path: bytes
    where: str = ""
    bytes: int = 0
    reason: str = ""
    finding: Finding | None = None
    problem: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: `counts` are the summary's keys (documented in `resources/docs/cli.md`)."""

    job: str
    counts: Mapping[str, int] = field(default_factory=dict)
    exit_code: int = 0


Notice = Started | Advanced | ItemDone | Finished
Job = Iterator[Notice]
