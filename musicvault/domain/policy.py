"""What is wanted (rules), and how an item measures up to it (standing). Pure: `now` is a parameter.

The first rule whose scope matches an item decides for it; the default rule stands last and matches everything. The
model of failure domains, sites and proofs is told in `resources/docs/policy.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from musicvault.domain import drives
from musicvault.domain.drives import Drive
from musicvault.domain.states import ReplicaState

DAY = 86400.0

CLOCK_SLACK_S = DAY
"""A proof dated further ahead than this comes from a clock that was wrong: its age is unknown."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy. `copies` includes the library's own file; intervals are in days.

    `volumes` different disks, `sites` different sites, `detached` copies on drives that are unplugged or remote,
    `media`: at least one copy on each of these kinds of drive, `kinds` different kinds of drive. A drive that wasn't
    seen for `unseen_days` has no fresh proof. `parity` in percent. `allowed` (labels; empty: any) and `forbidden`
    drives say where copies count and are made. Of two plans for one drive, the higher `priority` goes first.
    """

    name: str = "Everything"
    scope: str = ""
    copies: int = 2
    volumes: int = 2
    proof_days: int = 90
    version_days: int = 90
    sites: int = 1
    detached: int = 0
    media: tuple[str, ...] = ()
    kinds: int = 1
    unseen_days: int = 180
    parity: int = 0
    priority: int = 0
    allowed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    def permits(self, drive: Drive) -> bool:
        """Whether copies on the drive are wanted. A library's own file always is."""
        if drive.in_library:
            return True
        return drive.label not in self.forbidden and (not self.allowed or drive.label in self.allowed)

    def counts(self, drive: Drive) -> bool:
        """Whether a good copy on the drive counts: it isn't failing, retired or against the rule."""
        return not drive.failing and not drive.retired and self.permits(drive)


DEFAULT_RULE = Rule()


class Standing(StrEnum):
    """Where an item stands, worst first."""

    DAMAGED = "damaged"
    HELD = "held"
    AT_RISK = "at-risk"
    SHORT = "short"
    STALE = "stale"
    PROTECTED = "protected"


class Shortfall(StrEnum):
    """What is missing; an item may have several."""

    DAMAGED_COPY = "damaged-copy"
    WAITS_FOR_USER = "waits-for-user"
    ONLY_COPY = "only-copy"
    COPIES = "copies"
    VOLUMES = "volumes"
    SITES = "sites"
    DETACHED = "detached"
    MEDIA = "media"
    KINDS = "kinds"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Copy:
    """A replica as the policy sees it. `current` is false for a replica of superseded content; `proven_at` is None
    while it was never read back."""

    state: ReplicaState
    current: bool
    drive: Drive
    proven_at: float | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome: good copies that count, distinct disks among them, all good copies (`sources`, those on failing or
    retired drives included), what is missing, and the time at which the proofs will no longer do (seconds since the
    epoch; 0 when too few are proven at all)."""

    standing: Standing
    good: int
    volumes: int
    sources: int
    missing: tuple[Shortfall, ...]
    due_at: float


def assess(copies: Sequence[Copy], rule: Rule, now: float, home: str = "") -> Assessment:
    """Where an item with these replicas stands under the rule."""
    places = [(copy.state, copy.current, copy.drive) for copy in copies]
    return Judgement(places, rule, now, home).at([copy.proven_at for copy in copies], now)


@dataclass(frozen=True, slots=True)
class Had:
    """What a set of copies amounts to, in the rule's own measures."""

    copies: int
    volumes: int
    sites: int
    detached: int
    media: frozenset[str]
    kinds: int

    def measured(self, rule: Rule) -> tuple[tuple[Shortfall, int, int], ...]:
        """What would be missing, what there is of it, and what the rule wants."""
        return (
            (Shortfall.COPIES, self.copies, rule.copies),
            (Shortfall.VOLUMES, self.volumes, rule.volumes),
            (Shortfall.SITES, self.sites, rule.sites),
            (Shortfall.DETACHED, self.detached, rule.detached),
            (Shortfall.MEDIA, len(self.media & set(rule.media)), len(set(rule.media))),
            (Shortfall.KINDS, self.kinds, rule.kinds),
        )

    def lacks(self, rule: Rule) -> Iterable[Shortfall]:
        """What is missing for the rule, proofs aside."""
        if self.copies < min(2, rule.copies):
            yield Shortfall.ONLY_COPY
        for shortfall, have, want in self.measured(rule):
            # Any copy at all is on a drive, at a site and on a kind of drive.
            if have < want and (want > 1 or shortfall not in (Shortfall.VOLUMES, Shortfall.SITES, Shortfall.KINDS)):
                yield shortfall


def amount(found: Sequence[Drive], home: str = "") -> Had:
    """What good copies on these drives amount to. Detached copies count once a disk; a drive of unknown kind adds none
    to the kinds, for it may be of any."""
    media = frozenset(drive.media for drive in found if drive.media)
    return Had(
        len(found),
        len({drive.domain for drive in found}),
        drives.sites(found, home),
        len({drive.domain for drive in found if drives.is_away(drive, home)}),
        media,
        max(1, len(media)) if found else 0,
    )


class Judgement:
    """The part of an assessment that depends on where copies are and in what state, not on when they were proven: the
    same for all items of one shape, so that a million items take a few judgements."""

    def __init__(
        self, places: Sequence[tuple[ReplicaState, bool, Drive]], rule: Rule, now: float, home: str = ""
    ) -> None:
        self._rule, self._home = rule, home
        self._drives = [drive for _, _, drive in places]
        sound = [index for index, (state, current, _) in enumerate(places) if current and state.is_source]
        self.counting = tuple(index for index in sound if rule.counts(self._drives[index]))
        self._fresh = frozenset(index for index in self.counting if not _unseen(self._drives[index], rule, now))
        self.had = amount([self._drives[index] for index in self.counting], home)
        self.sources = len(sound)
        # What a retired drive holds is nobody's worry any more.
        states: set[ReplicaState] = {
            state for state, _, drive in places if not drive.retired and state is not ReplicaState.FORGOTTEN
        }
        self.missing = tuple(_amiss(states)) + tuple(self.had.lacks(rule))
        self.sound = self._outcome(self.missing)
        # Where no copy counts, none is too old.
        self.stale = self._outcome((*self.missing, Shortfall.PROOF)) if self.counting else self.sound
        self.interval = rule.proof_days * DAY
        self._nth = self._how_many()
        self._critical: dict[tuple[int, ...], int] = {}
        # Where any counting copy does as well as another: which ones, and how many of them must be fresh.
        self.quick = (self.counting, self._nth) if self._nth and len(self._fresh) == len(self.counting) else None

    def at(self, proven: Sequence[float | None], now: float) -> Assessment:
        """The assessment, with the times at which each of the places was proven."""
        due_at = self.due(proven, now)
        return replace(self.stale if due_at <= now else self.sound, due_at=due_at)

    def due(self, proven: Sequence[float | None], now: float) -> float:
        """When the copies with a fresh proof will amount to less than all that count, as far as the rule asks."""
        if not self.counting:
            return 0.0
        limit = now + CLOCK_SLACK_S
        times = [
            0.0 if index not in self._fresh or (at := proven[index]) is None or at > limit else at
            for index in self.counting
        ]
        if self._nth:
            last = sorted(times)[-self._nth]
        else:
            order = tuple(sorted(range(len(times)), key=times.__getitem__, reverse=True))
            if order not in self._critical:
                self._critical[order] = self._last_needed(order)
            last = times[self._critical[order]]
        return last + self.interval if last > 0 else 0.0

    def _outcome(self, missing: tuple[Shortfall, ...]) -> Assessment:
        return Assessment(standing_of(missing), self.had.copies, self.had.volumes, self.sources, missing, 0.0)

    def _how_many(self) -> int:
        """How many fresh copies it takes where one does as well as another; 0 where it matters which."""
        rule, had = self._rule, self.had
        alike = rule.sites <= 1 and rule.detached == 0 and not rule.media and rule.kinds <= 1
        if not alike or had.volumes < had.copies:
            return 0
        return max(1, min(max(rule.copies, rule.volumes), had.copies))

    def _last_needed(self, order: Sequence[int]) -> int:
        """Of the counting copies in this order, the one with which all that can be had for the rule is had."""
        for count in range(1, len(order)):
            found = [self._drives[self.counting[index]] for index in order[:count]]
            if self._reaches(found):
                return order[count - 1]
        return order[-1]

    def _reaches(self, found: Sequence[Drive]) -> bool:
        """Where the rule asks for more than there is, all there is must be fresh."""
        part, whole, rule = amount(found, self._home), self.had, self._rule
        return (
            part.copies >= min(rule.copies, whole.copies)
            and part.volumes >= min(rule.volumes, whole.volumes)
            and part.sites >= min(rule.sites, whole.sites)
            and part.detached >= min(rule.detached, whole.detached)
            and part.kinds >= min(rule.kinds, whole.kinds)
            and part.media >= whole.media & set(rule.media)
        )


def _unseen(drive: Drive, rule: Rule, now: float) -> bool:
    return not drive.in_library and now - drive.seen_at > rule.unseen_days * DAY


def _amiss(states: set[ReplicaState]) -> Iterable[Shortfall]:
    if any(state.is_damage for state in states):
        yield Shortfall.DAMAGED_COPY
    if states & {ReplicaState.HELD, ReplicaState.FOREIGN}:
        yield Shortfall.WAITS_FOR_USER


_BY_SHORTFALL = (
    (Shortfall.DAMAGED_COPY, Standing.DAMAGED),
    (Shortfall.WAITS_FOR_USER, Standing.HELD),
    (Shortfall.ONLY_COPY, Standing.AT_RISK),
    (Shortfall.COPIES, Standing.SHORT),
    (Shortfall.VOLUMES, Standing.SHORT),
    (Shortfall.SITES, Standing.SHORT),
    (Shortfall.DETACHED, Standing.SHORT),
    (Shortfall.MEDIA, Standing.SHORT),
    (Shortfall.KINDS, Standing.SHORT),
    (Shortfall.PROOF, Standing.STALE),
)


def standing_of(missing: Sequence[Shortfall]) -> Standing:
    """The worst that is missing decides."""
    return next((standing for shortfall, standing in _BY_SHORTFALL if shortfall in missing), Standing.PROTECTED)
