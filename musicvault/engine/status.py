"""Where everything stands, for `status`, the Overview and reports: counts, places, and the one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from musicvault.catalog import (
    drills,
    drive_health,
    findings,
    holders,
    items,
    lacking,
    libraries,
    overview,
    rules,
    shortfalls,
    standing,
    troubles,
)
from musicvault.catalog.drills import LastDrill
from musicvault.catalog.drive_health import StoredHealth
from musicvault.catalog.lacking import Group
from musicvault.catalog.libraries import Library
from musicvault.catalog.overview import Census, Place, Totals
from musicvault.catalog.rules import DEFAULT_ID
from musicvault.domain.drives import library_drive
from musicvault.domain.further import NOTHING, Further
from musicvault.domain.health import HealthState
from musicvault.domain.policy import Rule, Standing
from musicvault.domain.states import ReplicaState
from musicvault.engine import braking, policy
from musicvault.engine import library as libraries_here
from musicvault.engine.context import Context
from musicvault.engine.decoding import NOTHING_TRIED, Progress, progress
from musicvault.engine.further import for_want_of_room
from musicvault.engine.locating import Presence, locate
from musicvault.engine.sentence import Facts, Sentence, say
from musicvault.engine.waiting import Waiting, sources, waiting
from musicvault.storage.exclusions import SkipReason


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """`brake`: a mass change waits for confirmation; `changes` counted towards it; `waiting` held by it."""

    library: Library
    online: bool
    items: int
    brake: bool
    changes: int
    health: StoredHealth | None = None

    @property
    def failing(self) -> bool:
        return self.health is not None and self.health.state is HealthState.FAILING


@dataclass(frozen=True, slots=True)
class DriveStatus:
    """`free` and `total` in bytes, None while away. `shares_disk_with`: labels of drives and names of libraries on
    the same disk, which will be lost together. `health` None: nobody has looked yet; `waiting`: what is to be done
    on it."""

    presence: Presence
    place: Place
    kept_bytes: int
    free: int | None
    total: int | None
    shares_disk_with: tuple[str, ...]
    health: StoredHealth | None = None
    waiting: Waiting | None = None

    @property
    def failing(self) -> bool:
        return self.health is not None and self.health.state is HealthState.FAILING


@dataclass(frozen=True, slots=True)
class Unprotected:
    """Something in a library that is no item, and why; `path` where it is named, else `count` of them."""

    library: str
    reason: str
    path: bytes | None
    count: int


@dataclass(frozen=True, slots=True)
class Status:
    totals: Totals
    states: Mapping[ReplicaState, int]
    standings: Mapping[Standing, int]
    libraries: tuple[LibraryStatus, ...]
    drives: tuple[DriveStatus, ...]
    attention: int
    unprotected: tuple[Unprotected, ...]
    rule: Rule
    sentence: Sentence
    drill: LastDrill | None = None
    born_damaged: int = 0
    decoding: Progress = NOTHING_TRIED


def status(ctx: Context) -> Status:
    """A few indexed queries and a look at the mounts. Writes nothing but what changed by itself."""
    catalog, clock = ctx.catalog, ctx.keep_time()
    standing.catch_up(catalog, ctx.now())  # first: what waits for a drive rests on it
    known = libraries.every(catalog)
    here = tuple(_library_status(ctx, library) for library in known)
    census = overview.census(catalog)
    presences, lacks = locate(ctx), lacking.Survey(catalog).groups()
    drives = _drives(ctx, known, census, zip(presences, waiting(ctx, presences, lacks), strict=True))
    totals = overview.totals(catalog)
    states = census.states
    standings = standing.counts(catalog, ctx.now())
    attention = troubles.count_attention(catalog) + sum(library.brake for library in here)
    names = {library.id: library.name for library in known}
    unprotected = tuple(
        Unprotected(names[library_id], reason, path, count)
        for library_id, reason, path, count in libraries.unprotected(catalog)
    )
    rule = rules.default_rule(catalog)
    in_libraries = troubles.library_states(catalog, [library.id for library in known])
    sentence = say(
        Facts(
            totals.items,
            standings,
            rebuildable=standing.rebuildable(catalog),
            held=in_libraries[ReplicaState.HELD],
            missing=in_libraries[ReplicaState.MISSING],
            missing_short=troubles.count_missing_short(catalog),
            lost=troubles.count_lost(catalog),
            unread=sum(one.count for one in unprotected if one.reason == SkipReason.UNREADABLE),
            libraries=here,
            drives=drives,
            rule=rule,
            now=ctx.now(),
            rules=rules.every(catalog),
            clock=clock,
            further=_further(ctx, totals, drives, lacks)
            if standings[Standing.AT_RISK] + standings[Standing.SHORT]
            else NOTHING,
            source=sources(ctx, presences).for_repair() if standings[Standing.DAMAGED] else "",
        )
    )
    drill = drills.last(catalog)
    born = len(findings.born_damaged(catalog))
    decoded = progress(ctx, totals.tracks)
    return Status(totals, states, standings, here, drives, attention, unprotected, rule, sentence, drill, born, decoded)


def _further(ctx: Context, totals: Totals, drives: Sequence[DriveStatus], lacks: Sequence[Group]) -> Further:
    """What drives it takes that nobody knows yet."""
    is_full = any(one.waiting is not None and one.waiting.short_bytes for one in drives)
    no_room = for_want_of_room(ctx, lacks, [one.presence for one in drives]) if is_full else NOTHING
    needed = [one for one in policy.outcomes_of(ctx, rules.numbered(ctx.catalog)).items() if one[1].further.drives]
    if not needed:
        return no_room
    only_one = len(rules.every(ctx.catalog)) == 1
    sizes = {DEFAULT_ID: totals.bytes} if only_one else shortfalls.sizes(ctx.catalog, [number for number, _ in needed])
    known = (replace(one, bytes=sizes.get(number, 0)).further for number, one in needed if sizes.get(number))
    return sum(known, no_room)


def _library_status(ctx: Context, library: Library) -> LibraryStatus:
    here = libraries_here.located(ctx, library)
    return LibraryStatus(
        here or library,
        here is not None,
        items.count(ctx.catalog, library.id),
        braking.is_on(ctx, library),
        braking.changes(ctx, library),
        drive_health.of_volume(ctx.catalog, library.volume_id),
    )


def _drives(
    ctx: Context, known: list[Library], census: Census, here: Iterable[tuple[Presence, Waiting]]
) -> tuple[DriveStatus, ...]:
    of = list(here)
    domain = {drive.id: drive.domain for drive in holders.every(ctx.catalog)}
    found = []
    for presence, todo in of:
        vault = presence.vault
        others = [
            other.vault.label
            for other, _ in of
            if other.vault is not vault and domain[other.vault.id] == domain[vault.id]
        ]
        others += [library.name for library in known if domain[library_drive(library.id)] == domain[vault.id]]
        volume = presence.volume
        found.append(
            DriveStatus(
                presence,
                census.places.get(vault.id, overview.NOTHING),
                census.kept_bytes.get(vault.id, 0),
                volume.free if volume and presence.online else None,
                volume.total if volume and presence.online else None,
                tuple(others),
                drive_health.of_volume(ctx.catalog, vault.volume_id),
                todo,
            )
        )
    return tuple(found)
