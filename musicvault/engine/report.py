"""Everything a report tells, gathered at one moment: frozen values in the words of the domain, no markup. Read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musicvault.catalog import accounts, holders, holdings, overview, rules
from musicvault.catalog.accounts import Done
from musicvault.domain import drives as domain_drives
from musicvault.domain import ndsa
from musicvault.domain.events import EventType, Outcome
from musicvault.domain.ndsa import Practice
from musicvault.domain.policy import DAY, Rule, Standing
from musicvault.domain.risk import Group
from musicvault.domain.verdict import Finding
from musicvault.engine import drive_care
from musicvault.engine.attention import attention, born_damaged
from musicvault.engine.context import Context
from musicvault.engine.drive_care import DriveHealth
from musicvault.engine.risk import Estimate, estimate
from musicvault.engine.status import DriveStatus, Status, status
from musicvault.engine.waiting import Waiting

SHOWN_FINDINGS = 200
"""So many open findings are listed; the rest is counted."""

BUCKET_DAYS = 10
BUCKETS = 20


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule and how its items stand."""

    rule: Rule
    standings: Mapping[Standing, int]

    @property
    def items(self) -> int:
        return sum(self.standings.values())


@dataclass(frozen=True, slots=True)
class DriveReport:
    """One drive: how full, how proven, how healthy, and what waits for it."""

    status: DriveStatus
    health: DriveHealth
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Report:
    """`at` in seconds since the epoch; `done` covers `days`; `ages` counts copies by age of their proof in buckets of
    `BUCKET_DAYS` days, the last one open-ended."""

    at: float
    days: int
    status: Status
    rules: tuple[RuleReport, ...]
    drives: tuple[DriveReport, ...]
    findings: tuple[Finding, ...]
    open_findings: int
    born_damaged: tuple[Finding, ...]
    done: tuple[Done, ...]
    ages: tuple[int, ...]
    practices: tuple[Practice, ...]
    risk: Estimate


def report(ctx: Context, days: int = 30) -> Report:
    """Gather it. Takes as long as a few passes over the catalog: seconds at a million items."""
    now, catalog = ctx.now(), ctx.catalog
    found = status(ctx)
    counted = accounts.standings(catalog, now)
    each = tuple(
        RuleReport(stored.rule, counted.get(stored.id, dict.fromkeys(Standing, 0)))
        for stored in rules.numbered(catalog)
    )
    drives = tuple(_drive(ctx, drive) for drive in found.drives)
    groups = holdings.groups(catalog)
    return Report(
        now,
        days,
        found,
        each,
        drives,
        tuple(trouble.finding for trouble in attention(ctx, SHOWN_FINDINGS)),
        found.attention,
        tuple(born_damaged(ctx, SHOWN_FINDINGS)),
        tuple(accounts.done(catalog, now - days * DAY)),
        tuple(overview.proof_ages(catalog, now, BUCKET_DAYS, BUCKETS)),
        ndsa.assess(_facts(ctx, found, groups, now)),
        estimate(ctx, groups=groups),
    )


def _drive(ctx: Context, drive: DriveStatus) -> DriveReport:
    presence = drive.presence
    assert drive.waiting is not None  # `status` looks for it
    return DriveReport(drive, drive_care.known(ctx, presence.vault, online=presence.online), drive.waiting)


def _facts(ctx: Context, found: Status, groups: Sequence[Group], now: float) -> ndsa.Facts:
    catalog = ctx.catalog
    known = {drive.id: drive for drive in holders.every(catalog)}
    vaults = holders.vaults_of(known)
    with_copies, with_sites = _spread(ctx, known, groups)
    year = accounts.done(catalog, now - 365 * DAY)
    checks = accounts.by_outcome(year, EventType.FIXITY_CHECK)
    return ndsa.Facts(
        items=found.totals.items,
        tracks=found.totals.tracks,
        with_copies=with_copies,
        with_sites=with_sites,
        unnamed=0 if holders.home(catalog) else 1 + sum(not drive.site for drive in vaults),
        media=tuple(sorted({drive.media for drive in vaults if drive.media})),
        drives=len(vaults),
        unknown_media=sum(not drive.media for drive in vaults),
        proven=accounts.proven(catalog, now),
        proof_days=max(rule.proof_days for rule in rules.every(catalog)),
        checks=sum(checks.values()),
        repaired=accounts.by_outcome(year, EventType.RECOVERY).get(Outcome.SUCCESS, 0),
        open_damage=found.standings[Standing.DAMAGED],
        snapshots=accounts.snapshots(catalog),
        titled=accounts.titled(catalog),
        identified=accounts.recognised(catalog),
        decoded=found.decoding.checked,
        events=accounts.events(catalog),
    )


def _spread(
    ctx: Context, known: Mapping[str, domain_drives.Drive], groups: Sequence[Group]
) -> tuple[dict[int, int], dict[int, int]]:
    """Items by the number of disks, and of sites, that hold good copies of them ("at least so many")."""
    home = holders.home(ctx.catalog)
    disks: Counter[int] = Counter()
    sites: Counter[int] = Counter()
    for group in groups:
        places = [known[place] for place in group.places if place in known]
        counted = [drive for drive in places if not drive.failing and not drive.retired]
        disks[len({drive.domain for drive in counted})] += group.items
        sites[domain_drives.sites(counted, home)] += group.items
    return _at_least(disks), _at_least(sites)


def _at_least(counts: Mapping[int, int]) -> dict[int, int]:
    most = max([3, *counts])
    return {number: sum(count for have, count in counts.items() if have >= number) for number in range(1, most + 1)}
