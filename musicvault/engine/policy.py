"""The policy as a whole: where everything stands under it, and changing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from musicvault.catalog import holders, libraries, rules, shortfalls, standing
from musicvault.catalog.rules import DEFAULT_ID, Change, Stored
from musicvault.domain import policies
from musicvault.domain.drives import Drive, Relation, related
from musicvault.domain.further import NOTHING, Further
from musicvault.domain.policies import Obstacle
from musicvault.domain.policy import Rule, Shortfall, Standing
from musicvault.domain.risk import Group
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.language import tr


@dataclass(slots=True)
class Outcome:
    """What one rule comes to: how many items it decides for, their bytes (0 where nobody asked for the room that is
    missing), where they stand, what they lack, why some of it can't be had with the drives that there are, and what
    further drives these have `no_room` for."""

    rule: Rule
    items: int = 0
    bytes: int = 0
    standings: Counter[Standing] = field(default_factory=Counter)
    missing: Counter[Shortfall] = field(default_factory=Counter)
    obstacles: tuple[Obstacle, ...] = ()
    no_room: Further = NOTHING

    @property
    def short(self) -> int:
        """Items that aren't protected as the rule wants, proofs that are too old included."""
        return self.items - self.standings[Standing.PROTECTED]

    @property
    def further(self) -> Further:
        """What further drives the rule takes."""
        wants = [one.want - one.have for one in self.obstacles if one.shortfall not in (None, Shortfall.ONLY_COPY)]
        drives = max(wants, default=0)
        return Further(drives, drives * self.bytes) + self.no_room


@dataclass(frozen=True, slots=True)
class Survey:
    """The whole policy, rule by rule. Only in a forecast: `to_copy`, the bytes that each drive (by label) has still to
    get, `too_full`, those that it has no room for, and `groups`, where good copies will be once that is done."""

    outcomes: tuple[Outcome, ...]
    related: tuple[Relation, ...]
    to_copy: Mapping[str, int] = field(default_factory=dict)
    too_full: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    @property
    def standings(self) -> Counter[Standing]:
        return sum((one.standings for one in self.outcomes), Counter[Standing]())

    @property
    def short(self) -> int:
        return sum(one.short for one in self.outcomes)

    @property
    def further(self) -> Further:
        """What further drives the whole policy takes; a rule without items takes none."""
        return sum((one.further for one in self.outcomes if one.items), NOTHING)


def survey(ctx: Context) -> Survey:
    """Where everything stands now, from what the catalog keeps of each item."""
    ctx.keep_time()
    now = ctx.now()
    standing.catch_up(ctx.catalog, now)
    numbered = rules.numbered(ctx.catalog)
    found = outcomes_of(ctx, numbered)
    for alike in shortfalls.by_rule(ctx.catalog, now):
        one = found.get(alike.rule_id, found[DEFAULT_ID])
        stale = alike.due if alike.standing is Standing.PROTECTED else 0
        one.items += alike.items
        one.standings[alike.standing] += alike.items - stale
        one.standings[Standing.STALE] += stale
        for code in alike.missing:
            one.missing[code] += alike.items
        one.missing[Shortfall.PROOF] += stale
    return Survey(tuple(found.values()), related(apart(ctx)))


def outcomes_of(ctx: Context, numbered: Sequence[Stored], home: str | None = None) -> dict[int, Outcome]:
    """Of rules by their numbers: what stands in the way of each, and nothing counted yet."""
    drives = _with_one_library(holders.every(ctx.catalog))
    home = holders.home(ctx.catalog) if home is None else home
    return {
        one.id: Outcome(one.rule, obstacles=policies.obstacles(one.rule, drives, home) if len(drives) > 0 else ())
        for one in numbered
    }


def _with_one_library(drives: Sequence[Drive]) -> list[Drive]:
    """An item lies in one library only, so one library's place takes part."""
    libraries = [drive for drive in drives if drive.in_library]
    return [drive for drive in drives if not drive.in_library] + libraries[:1]


def apart(ctx: Context) -> list[Drive]:
    """The drives in service, and the libraries' own places."""
    return [drive for drive in holders.every(ctx.catalog) if not drive.retired]


class Short(NamedTuple):
    """An item that isn't protected as its rule wants, and what it lacks."""

    item_id: int
    library: str
    path: bytes
    rule: str
    standing: Standing
    missing: tuple[Shortfall, ...]
    copies: int


def short_items(ctx: Context) -> Iterator[Short]:
    """Every item that falls short, by path."""
    names = libraries.names(ctx.catalog)
    policy = {stored.id: stored.rule.name for stored in rules.numbered(ctx.catalog)}
    for one in shortfalls.items(ctx.catalog, ctx.now()):
        if one.rule_id in policy:  # else judged while the policy changed
            library, rule = names.get(one.library_id, ""), policy[one.rule_id]
            yield Short(one.item_id, library, one.path, rule, one.standing, one.missing, one.good)


# -- changing it


def put(ctx: Context, wanted: Sequence[Rule], did: str, **detail: object) -> None:
    """Put a policy in force; nothing is copied or removed by it. Raises as `policies.checked` does."""
    with ctx.catalog.transaction(ctx.now()) as transaction:
        rules.put(transaction, wanted, did, **detail)


def named(current: Sequence[Rule], name: str) -> int:
    """The position of the rule with this name (from 0), or with this number (from 1). Raises UsageError."""
    for position, rule in enumerate(current):
        if rule.name.casefold() == name.casefold():
            return position
    if name.isdigit() and 1 <= int(name) <= len(current):
        return int(name) - 1
    raise UsageError(
        tr("There is no rule called {name}. There are: {all}.", name=name, all=", ".join(r.name for r in current))
    )


def like(default: Rule, values: Mapping[str, object]) -> Rule:
    """A new rule: the values that are given (not None), else those of the default rule; where fewer copies are given
    than it has drives, sites and kinds of drive, as many of these as there are copies."""
    wanted = edited([default], "1", **values)[0]
    spread = {key: min(getattr(wanted, key), wanted.copies) for key in _SPREAD if values.get(key) is None}
    return replace(wanted, **spread)


_SPREAD = ("volumes", "sites", "detached", "kinds")


def added(current: Sequence[Rule], rule: Rule, at: int | None = None) -> list[Rule]:
    """The policy with a new rule at position `at` (from 1), else right before the default rule."""
    place = len(current) - 1 if at is None else _place(current, at)
    return [*current[:place], rule, *current[place:]]


def moved(current: Sequence[Rule], name: str, to: int) -> list[Rule]:
    """The policy with one of its rules at another position (from 1). Raises UsageError for the default rule."""
    position = named(current, name)
    if position == len(current) - 1:
        raise UsageError(tr("The default rule stays last: it decides for all that no other rule matches."))
    rest = [*current[:position], *current[position + 1 :]]
    place = _place(rest, to)
    return [*rest[:place], current[position], *rest[place:]]


def _place(current: Sequence[Rule], at: int) -> int:
    if not 1 <= at <= len(current):
        raise UsageError(tr("The position must be from 1 to {last}, before the default rule.", last=len(current)))
    return at - 1


def removed(current: Sequence[Rule], name: str) -> list[Rule]:
    """The policy without one of its rules. Raises UsageError for the default rule."""
    position = named(current, name)
    if position == len(current) - 1:
        raise UsageError(tr("The default rule can't be removed: it decides for all that no other rule matches."))
    return [*current[:position], *current[position + 1 :]]


def templated(current: Sequence[Rule], name: str) -> list[Rule]:
    """The policy with its default rule after a template. Raises UsageError."""
    return [*current[:-1], policies.template(name, current[-1])]


def last_change(ctx: Context) -> Change | None:
    """The newest change of the policy that wasn't undone; None where there is none."""
    changes = rules.changes(ctx.catalog)
    undone = {change.undoes for change in changes}
    return next((one for one in changes if one.undoes is None and one.event not in undone), None)


def previous(ctx: Context) -> tuple[tuple[Rule, ...], int]:
    """The policy before its newest change that wasn't undone, and the number of that change. Raises UsageError."""
    change = last_change(ctx)
    if change is None:
        raise UsageError(tr("The policy was never changed."))
    return rules.before(ctx.catalog, change), change.event


def set_home(ctx: Context, site: str) -> None:
    """Say at which site this computer and its libraries are; standing follows."""
    with ctx.catalog.transaction(ctx.now()) as transaction:
        holders.set_home(transaction, site)
    standing.catch_up(ctx.catalog, ctx.now())


def edited(current: Sequence[Rule], name: str, /, **values: object) -> list[Rule]:
    """The policy with other values in one of its rules; None leaves a value as it is."""
    position = named(current, name)
    given = {key: value for key, value in values.items() if value is not None}
    return [*current[:position], replace(current[position], **given), *current[position + 1 :]]  # type: ignore[arg-type]
