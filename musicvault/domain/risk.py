"""How likely it is to lose something: a closed form over copies, disks, the computer and sites. Pure.

Every cause of loss (silent damage of one copy, a disk that dies, whatever strikes all connected disks at once,
whatever strikes a site) is a *component* that fails at some yearly rate and stays failed until it is noticed and
put right. Components fail independently. An item is lost at the moment at which its last copy becomes bad:

    lost = every site is (struck, or every group of disks there is (struck, or every disk is (dead, or its copy bad)))

For independent components that alternate between good and failed, the frequency with which such a system enters
its lost state depends only on each component's rate and mean time out of order, not on how those are distributed
(R. E. Barlow and F. Proschan, *Statistical Theory of Reliability and Life Testing*, 1975, chapter 7). So two small
combinators, `all_of` and `any_of`, give the exact figure for the tree above. The roles of detection time and of
faults that strike copies together follow M. Baker et al., *A Fresh Look at the Reliability of Long-term Digital
Storage*, EuroSys 2006.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, expm1, prod
from types import MappingProxyType

YEAR_DAYS = 365.25
TERABYTE = 1e12

_RARE = 1e-4
"""Failures between two looks."""

MEDIA_FAILURES: Mapping[str, float] = MappingProxyType(
    {"hdd": 0.0157, "ssd": 0.009, "flash": 0.03, "optical": 0.01, "network": 0.0157, "": 0.0157}
)
"""Of a hundred drives, so many (as a share) die in a year. Hard disks: Backblaze Drive Stats for 2024, 1.57 %; SSDs:
Backblaze SSD Edition 2023 mid-year, 0.9 %. Flash sticks and discs: nobody publishes figures; these are guesses."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the estimate rests on, all of it editable and shown beside the figure. Rates are per year.

    `silent_per_tb`: files damaged silently per TB stored. Bairavasundaram et al. (SIGMETRICS 2007) saw latent sector
    errors on 3.45 % of 1.53 million disks in 32 months, mostly several close together: about one affected file for
    every hundred disk years, on disks of half a TB. `computer`: something strikes all connected disks at once (a
    surge, malware, a mistaken command); `site`: fire, water, theft. These two are guesses, as every household differs.
    """

    media: Mapping[str, float] = field(default_factory=lambda: MEDIA_FAILURES)
    silent_per_tb: float = 0.025
    computer: float = 0.005
    site: float = 0.002
    repair_days: float = 3.0
    replace_days: float = 14.0


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a good copy is: its disk (two vaults on one disk share it), the site, whether it is usually connected, what
    kind of medium it is on, and how many days lie between two looks at it: `proof_days` between proofs of the
    content, `seen_days` between the times that somebody would notice that the disk is dead."""

    disk: str
    site: str = ""
    detached: bool = False
    media: str = ""
    proof_days: float = 90.0
    seen_days: float = 1.0


@dataclass(frozen=True, slots=True)
class Outage:
    """A component, or a system of them: the share of time for which it is failed, and how often a year it fails."""

    share: float
    per_year: float


def component(per_year: float, delay: float, interval: float = 0.0) -> Outage:
    """Something that, while good, fails `per_year` times a year, at any time; is noticed at the next look, `interval`
    days after the one before; and is good again `delay` days later."""
    years = (_unnoticed(per_year / YEAR_DAYS, delay, interval) + delay) / YEAR_DAYS
    cycle = 1.0 + per_year * years
    return Outage(per_year * years / cycle, per_year / cycle)


def _unnoticed(per_day: float, delay: float, interval: float) -> float:
    """For how many days a failure waits for a look, on average. Half an interval while failures are rare; where they
    aren't, most come soon after the repair, and that was `delay` days after a look: the next one is so far away.

    Of an exponential time x and looks at `ahead`, `ahead + interval` … it is the mean of what lies between x and the
    next one: ahead - 1/r + interval · exp(-r · ahead) / (1 - exp(-r · interval)), in which the great terms nearly
    cancel where r is small: there its series says the same."""
    ahead = interval - delay % interval if interval else 0.0
    if per_day * interval < _RARE:
        return interval / 2 + per_day * (ahead * (ahead - interval) / 2 + interval * interval / 12)
    return ahead - 1.0 / per_day + interval * exp(-per_day * ahead) / -expm1(-per_day * interval)


def all_of(parts: Sequence[Outage]) -> Outage:
    """Failed while every part is failed; of no parts, always."""
    return Outage(
        prod(part.share for part in parts),
        sum(part.per_year * prod(other.share for other in _others(parts, index)) for index, part in enumerate(parts)),
    )


def any_of(parts: Sequence[Outage]) -> Outage:
    """Failed while at least one part is failed; of no parts, never."""
    return Outage(
        1.0 - prod(1.0 - part.share for part in parts),
        sum(
            part.per_year * prod(1.0 - other.share for other in _others(parts, index))
            for index, part in enumerate(parts)
        ),
    )


def _others(parts: Sequence[Outage], index: int) -> Sequence[Outage]:
    return [*parts[:index], *parts[index + 1 :]]


def yearly_loss(holdings: Iterable[Holding], size: float, assumed: Assumptions) -> float:
    """The chance to lose an item of `size` bytes with good copies in these places within a year (0 to 1; 1 without a
    copy): 1 - exp(-rate), with the rate at which it is lost while it isn't yet (Vesely's failure rate)."""
    sites: dict[str, list[Holding]] = defaultdict(list)
    of_disk: dict[str, str] = {}  # a disk is in one place, whatever was said of its vaults
    for holding in holdings:
        sites[of_disk.setdefault(holding.disk, holding.site)].append(holding)
    if not sites:
        return 1.0
    system = all_of([_site(group, size, assumed) for _, group in sorted(sites.items())])
    return -expm1(-system.per_year / (1.0 - system.share))


def _site(holdings: Sequence[Holding], size: float, assumed: Assumptions) -> Outage:
    plugged_in = {holding.disk for holding in holdings if not holding.detached}
    connected = [holding for holding in holdings if holding.disk in plugged_in]
    groups = [_disks([holding for holding in holdings if holding.disk not in plugged_in], size, assumed)]
    if connected:
        computer = component(assumed.computer, assumed.replace_days)
        groups.append(any_of([computer, _disks(connected, size, assumed)]))
    return any_of([component(assumed.site, assumed.replace_days), all_of(groups)])


def _disks(holdings: Sequence[Holding], size: float, assumed: Assumptions) -> Outage:
    disks: dict[str, list[Holding]] = defaultdict(list)
    for holding in holdings:
        disks[holding.disk].append(holding)
    return all_of([_disk(copies, size, assumed) for _, copies in sorted(disks.items())])


def _disk(copies: Sequence[Holding], size: float, assumed: Assumptions) -> Outage:
    """The disk dies, or every copy on it was damaged in silence."""
    first = copies[0]
    rate = assumed.media.get(first.media, assumed.media.get("", MEDIA_FAILURES[""]))
    dead = component(rate, assumed.replace_days, min(copy.seen_days for copy in copies))
    silent_rate = assumed.silent_per_tb * size / TERABYTE
    silent = [component(silent_rate, assumed.repair_days, copy.proof_days) for copy in copies]
    return any_of([dead, all_of(silent)])


@dataclass(frozen=True, slots=True)
class Group:
    """Items that lie in the same places under the same rule: how many, and their bytes together."""

    rule: str
    places: tuple[str, ...]
    items: int
    size: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one group adds: the chance that its disks take all of it `together`, and that of each item `alone` where
    they don't, so that an item stays with (1 - together) × (1 - alone)."""

    disks: frozenset[str]
    items: int
    together: float
    alone: float


@dataclass(frozen=True, slots=True)
class Risk:
    """Expected number of items lost within a year, and the chance that anything is lost at all.

    The chance is an upper bound: what strikes one disk, or disks that hold a part of those of another group, is taken
    once; causes that several sets of disks share (the computer, the site) count for each of them."""

    items: int
    lost: float
    chance: float


def share(group: Group, places: Mapping[str, Holding], assumed: Assumptions) -> Share:
    """What a group adds. `places` tells of each place's disk and habits; one that isn't named there (a failing or
    retired drive) holds no copy that counts."""
    holdings = [places[place] for place in group.places if place in places]
    each = yearly_loss(holdings, group.size / max(1, group.items), assumed)
    together = yearly_loss(holdings, 0.0, assumed)
    return Share(
        frozenset(one.disk for one in holdings),
        group.items,
        together,
        max(0.0, (each - together) / (1.0 - together)) if together < 1.0 else 0.0,
    )


def summed(shares: Iterable[Share]) -> Risk:
    """The risk of several groups together."""
    held = [one for one in shares if one.items]
    items = sum(one.items for one in held)
    lost = sum(one.items * (one.together + (1.0 - one.together) * one.alone) for one in held)
    worst: dict[frozenset[str], float] = {}
    for one in held:
        worst[one.disks] = max(one.together, worst.get(one.disks, 0.0))
    # Whoever loses more disks loses these as well: only the smallest sets count.
    kept = prod(1.0 - chance for disks, chance in worst.items() if not any(other < disks for other in worst))
    kept *= prod((1.0 - one.alone) ** one.items for one in held)
    return Risk(items, lost, 1.0 - kept)
