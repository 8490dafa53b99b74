"""The policy as a whole: where everything stands under it, what another one would make of it, and changing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from musicvault.catalog import holders, libraries, membership, rules, shortfalls, standing, weighing
from musicvault.catalog.rules import DEFAULT_ID, Stored
from musicvault.catalog.weighing import Scales
from musicvault.domain import policies, policy_toml
from musicvault.domain.drives import Drive, Relation, related
from musicvault.domain.policies import Obstacle
from musicvault.domain.policy import Rule, Shortfall, Standing
from musicvault.domain.risk import Group
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.language import tr


@dataclass(slots=True)
class Outcome:
    """What one rule comes to: how many items it decides for, their bytes (only in a forecast), where they stand, what
    they lack, and why some of it can't be had with the drives that there are."""

    rule: Rule
    items: int = 0
    bytes: int = 0
    standings: Counter[Standing] = field(default_factory=Counter)
    missing: Counter[Shortfall] = field(default_factory=Counter)
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def short(self) -> int:
        """Items that aren't protected as the rule wants, proofs that are too old included."""
        return self.items - self.standings[Standing.PROTECTED]

    @property
    def further_drives(self) -> int:
        """How many more drives it takes, if each is apart from all others."""
        wants = [one.want - one.have for one in self.obstacles if one.shortfall not in (None, Shortfall.ONLY_COPY)]
        return max(wants, default=0)


@dataclass(frozen=True, slots=True)
class Survey:
    """The whole policy, rule by rule. Only in a forecast: `to_copy`, the bytes that each drive (by label) has still to
    get, and `groups`, where good copies will be once that is done."""

    outcomes: tuple[Outcome, ...]
    related: tuple[Relation, ...]
    to_copy: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    @property
    def standings(self) -> Counter[Standing]:
        return sum((one.standings for one in self.outcomes), Counter[Standing]())

    @property
    def short(self) -> int:
        return sum(one.short for one in self.outcomes)


def survey(ctx: Context) -> Survey:
    """Where everything stands now, from what the catalog keeps of each item."""
    ctx.keep_time()
    now = ctx.now()
    standing.catch_up(ctx.catalog, now)
    numbered = rules.numbered(ctx.catalog)
    found = _outcomes(ctx, numbered)
    for alike in shortfalls.by_rule(ctx.catalog, now):
        one = found.get(alike.rule_id, found[DEFAULT_ID])
        stale = alike.due if alike.standing is Standing.PROTECTED else 0
        one.items += alike.items
        one.standings[alike.standing] += alike.items - stale
        one.standings[Standing.STALE] += stale
        for code in alike.missing:
            one.missing[code] += alike.items
        one.missing[Shortfall.PROOF] += stale
    return Survey(tuple(found.values()), related(_apart(ctx)))


def _outcomes(ctx: Context, numbered: Sequence[Stored], home: str | None = None) -> dict[int, Outcome]:
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


def _apart(ctx: Context) -> list[Drive]:
    return [drive for drive in holders.every(ctx.catalog) if not drive.retired]


def forecast(ctx: Context, wanted: Sequence[Rule], *, home: str | None = None) -> Survey:
    """What another policy would make of everything, or another site of this computer (`home`), and what would have to
    be copied for it. Writes nothing. Raises as `policies.checked` does."""
    home = holders.home(ctx.catalog) if home is None else home
    numbered = [Stored(number, rule) for number, rule in enumerate(policies.checked(wanted), DEFAULT_ID + 1)]
    numbered[-1] = Stored(DEFAULT_ID, numbered[-1].rule)
    drives = {drive.id: drive for drive in holders.every(ctx.catalog)}
    now = ctx.now()
    scales = Scales(numbered, drives, home, now)
    members = membership.of_all(ctx.catalog.rows, numbered, now)
    found = _outcomes(ctx, numbered, home)
    to_copy: Counter[str] = Counter()
    alike: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for window in weighing.sweep(ctx.catalog.rows, scales, members, (weighing.LOOKED_AFTER,), sizes=True):
        ctx.checkpoint()
        for item, rule_id, weighed, due_at in window:
            if not item[4]:
                continue
            one, judged = found[rule_id], weighed.judgement
            outcome = judged.stale if due_at <= now else judged.sound
            one.items += 1
            one.bytes += item[3] or 0
            one.standings[outcome.standing] += 1
            for code in outcome.missing:
                one.missing[code] += 1
            for vault_id in weighed.lacking:
                to_copy[drives[vault_id].label] += item[3] or 0
            # Without a good copy there is nothing to make others from.
            places = weighed.holders + weighed.lacking if weighed.holders else ()
            group = alike.setdefault((rule_id, places), [0, 0])
            group[0] += 1
            group[1] += item[3] or 0
    groups = tuple(Group(found[key[0]].rule.name, key[1], *amounts) for key, amounts in alike.items())
    return Survey(tuple(found.values()), related(_apart(ctx)), to_copy, groups)


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


def previous(ctx: Context) -> tuple[tuple[Rule, ...], int]:
    """The policy before its newest change that wasn't undone, and the number of that change. Raises UsageError."""
    changes = rules.changes(ctx.catalog)
    undone = {change.undoes for change in changes}
    for change in changes:
        if change.undoes is None and change.event not in undone:
            return policy_toml.loads(change.before), change.event
    raise UsageError(tr("The policy was never changed."))


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
