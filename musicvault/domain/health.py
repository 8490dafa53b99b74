"""What a drive's own report and our own reads say about its health. Pure.

*Failing* takes strong evidence, for the copies on such a drive no longer count; *healthy* means that somebody who can
know said so; everything else is *unknown*, with the reason. A drive that says nothing bad isn't therefore good.

Which counters: Backblaze ("What SMART Stats Tell Us About Hard Drives", 2016) found one of 5, 187, 188, 197 and 198
above zero in 77 % of the drives that failed and in 4 % of those that ran on. So one of them alone is worth a remark,
and two of different kinds (or many of one) are a verdict. 188 and 199 tell of cables and power, too, so they only get a
remark. The limits are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from musicvault.domain import wording
from musicvault.language import tr, trn


class HealthState(StrEnum):
    """How a drive is, by all that is known."""

    HEALTHY = "healthy"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """`reasons` are sentences: why it is failing or unknown, and what else is worth knowing."""

    state: HealthState
    reasons: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        return " ".join(self.reasons)


def not_looked() -> str:
    """Why nothing is known of a drive that was never asked."""
    return tr("Nobody has looked yet: musicvault drive health")


@dataclass(frozen=True, slots=True)
class SmartReport:
    """What a drive says about itself; None where it doesn't say. `problem` is a sentence where it could not be asked
    or answered nothing of use. `below_now`: names of pre-failure attributes at or below their thresholds. `counters` by
    the numbers of ATA's attributes (5, 187, 188, 197, 198, 199)."""

    problem: str = ""
    protocol: str = ""
    model: str = ""
    passed: bool | None = None
    exit_status: int = 0
    temperature: int | None = None
    hours: int | None = None
    counters: Mapping[int, int] = field(default_factory=dict)
    below_now: tuple[str, ...] = ()
    critical_warning: int = 0
    media_errors: int | None = None
    percentage_used: int | None = None
    spare: int | None = None
    spare_threshold: int | None = None
    grown_defects: int | None = None
    uncorrected: int | None = None
    asleep: bool = False


FAILING_NOW, PREFAIL_NOW, BELOW_IN_PAST, ERRORS_LOGGED, TESTS_FAILED = 8, 16, 32, 64, 128
"""Bits of smartctl's exit status (smartctl(8), EXIT STATUS)."""

MANY_REALLOCATED = 100
MANY_UNREADABLE = 16
MANY_UNCORRECTED = 50
HOT = 60
"""°C; hard disks are rated for 60, SSDs for 70."""

_WARNINGS = {
    1: "Its spare cells are running out.",
    4: "It says that it has become unreliable.",
    8: "It only lets itself be read.",
    16: "Its memory backup has failed.",
}
"""NVMe's critical warning, bit by bit (NVM Express Base Specification, SMART / Health Information). 2: temperature."""


def judge_smart(report: SmartReport) -> Health:
    """The verdict on what a drive says of itself."""
    if report.problem:
        return Health(HealthState.UNKNOWN, (report.problem,))
    bad = tuple(_verdicts(report))
    signs = tuple(text for text, _ in _signs(report))
    remarks = (*signs, *_remarks(report))
    if bad:
        return Health(HealthState.FAILING, bad + signs)
    if len(signs) >= 2 or any(many for _, many in _signs(report)):
        return Health(HealthState.FAILING, signs)
    if report.passed is None:
        return Health(HealthState.UNKNOWN, (tr("The drive doesn't say whether it is well."), *remarks))
    return Health(HealthState.HEALTHY, remarks)


def _verdicts(report: SmartReport) -> Iterator[str]:
    """What is a verdict by itself."""
    if report.passed is False or report.exit_status & FAILING_NOW:
        yield tr("The drive itself says that it is failing.")
    if report.below_now or report.exit_status & PREFAIL_NOW:
        names = ", ".join(report.below_now) or "?"
        yield tr("It has fallen below its maker's limits: {names}.", names=names)
    for bit, text in _WARNINGS.items():
        if report.critical_warning & bit:
            yield tr(text)


def _signs(report: SmartReport) -> Iterator[tuple[str, bool]]:
    """Signs of failing media, each of its own kind; whether there are so many of it that they are a verdict."""
    counters = report.counters
    moved = max(counters.get(5, 0), report.grown_defects or 0)
    if moved:
        text = trn("It has replaced {count} bad sector.", "It has replaced {count} bad sectors.", moved)
        yield text, moved >= MANY_REALLOCATED
    unread = max(counters.get(197, 0), counters.get(198, 0))
    if unread:
        text = trn("It can't read {count} sector.", "It can't read {count} sectors.", unread)
        yield text, unread >= MANY_UNREADABLE
    lost = max(counters.get(187, 0), report.media_errors or 0, report.uncorrected or 0)
    if lost:
        text = trn("It gave up on {count} read.", "It gave up on {count} reads.", lost)
        yield text, lost >= MANY_UNCORRECTED


def _remarks(report: SmartReport) -> Iterator[str]:
    if report.counters.get(199, 0):
        yield trn(
            "{count} transfer error: its cable or its case is bad, or was.",
            "{count} transfer errors: its cable or its case is bad, or was.",
            report.counters[199],
        )
    if report.counters.get(188, 0):
        count = report.counters[188]
        yield trn("{count} command ran out of time.", "{count} commands ran out of time.", count)
    if report.temperature is not None and report.temperature >= HOT:
        yield tr("It is {degrees} °C hot.", degrees=report.temperature)
    if report.percentage_used is not None and report.percentage_used >= 100:
        yield tr("It has been written more than it was made for ({percent} %).", percent=report.percentage_used)
    if report.exit_status & BELOW_IN_PAST:
        yield tr("It was below its maker's limits at some time.")
    if report.exit_status & TESTS_FAILED:
        yield tr("A self-test of its own failed.")


@dataclass(frozen=True, slots=True)
class Seen:
    """What our own reads of a volume showed. `error_files`: files that could not be read since the last pass without
    any error; `corrupt` findings among `bytes_read`; `slower`: the median speed of the newest pass over the median of
    those before it, None where there is nothing to compare; `slow_parts`: parts of the device that are read at less
    than a quarter of the speed of the others."""

    error_files: int = 0
    corrupt: int = 0
    bytes_read: int = 0
    slower: float | None = None
    slow_parts: int = 0

    @property
    def corrupt_per_tb(self) -> float | None:
        """Findings of corruption for each TB read; None where nothing was read."""
        return self.corrupt / (self.bytes_read / 1e12) if self.bytes_read else None


ERROR_FILES = 3
"""So many files that the device could not read are its own doing, and no accident of one place."""

_HALF = 0.5
_TELLS_OF_RATE = 1e11
"""Bytes; after less, a rate for each TB would be one accident times thousands."""


def judge_seen(seen: Seen) -> Health:
    """The verdict on our own observations. They can call a drive failing, never healthy: what was never read may be
    rotten."""
    reasons = []
    if seen.error_files:
        one, many = "{count} file could not be read from it.", "{count} files could not be read from it."
        reasons.append(trn(one, many, seen.error_files))
    if seen.corrupt and seen.corrupt_per_tb is not None:
        count = trn("{count} file", "{count} files", seen.corrupt)
        if seen.bytes_read >= _TELLS_OF_RATE:
            rate = f"{seen.corrupt_per_tb:,.1f}"
            reasons.append(tr("It gave back {files} damaged ({rate} for each TB read).", files=count, rate=rate))
        else:
            read = wording.size(seen.bytes_read)
            reasons.append(tr("It gave back {files} damaged in {size} read.", files=count, size=read))
    if seen.slower is not None and seen.slower < _HALF:
        reasons.append(tr("It reads at {percent} % of its former speed.", percent=round(100 * seen.slower)))
    if seen.slow_parts:
        one, many = (
            "{count} part of it is far slower than the rest.",
            "{count} parts of it are far slower than the rest.",
        )
        reasons.append(trn(one, many, seen.slow_parts))
    failing = seen.error_files >= ERROR_FILES
    return Health(HealthState.FAILING if failing else HealthState.UNKNOWN, tuple(reasons))


def combine(smart: Health, seen: Health) -> Health:
    """One verdict out of both: failing where either says so, else what the drive says, with what was seen."""
    if HealthState.FAILING in (smart.state, seen.state):
        first, then = (smart, seen) if smart.state is HealthState.FAILING else (seen, smart)
        return Health(HealthState.FAILING, first.reasons + then.reasons)
    return Health(smart.state, smart.reasons + seen.reasons)
