"""The yearly risk of losing something, as things stand and as they would stand. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain

from musicvault.catalog import holders, holdings, rules
from musicvault.domain.drives import Drive, is_away, place
from musicvault.domain.policy import Rule
from musicvault.domain.risk import Assumptions, Group, Holding, Risk, Share, share, summed
from musicvault.engine.context import Context
from musicvault.errors import UsageError
from musicvault.language import tr, trn

_ADDED = "added"
SEEN_DAYS = 1.0
"""Within so many days somebody notices that a connected drive is dead."""


@dataclass(frozen=True, slots=True)
class Change:
    """A "what if": another drive at this site (`add`; None: no other drive), every copy proven every so many days
    (`proof_days`), drives moved to other sites (`moved`: site by label), other assumptions (`assumed`)."""

    add: str | None = None
    proof_days: int | None = None
    moved: Mapping[str, str] | None = None
    assumed: Assumptions | None = None


@dataclass(frozen=True, slots=True)
class RuleRisk:
    """The risk of the items that one rule decides for."""

    rule: str
    risk: Risk


@dataclass(frozen=True, slots=True)
class Estimate:
    """The risk overall and by rule, and what it rests on."""

    overall: Risk
    rules: tuple[RuleRisk, ...]
    assumed: Assumptions


def estimate(ctx: Context, change: Change | None = None, groups: Sequence[Group] | None = None) -> Estimate:
    """The expected yearly loss; `groups` are the catalog's holdings where the caller has them already. Raises
    UsageError where the change names a drive that isn't known."""
    drives = _changed(holders.every(ctx.catalog), change)
    groups = holdings.groups(ctx.catalog) if groups is None else groups
    if change is not None and change.add is not None:
        groups = [replace(group, places=(*group.places, _ADDED)) for group in groups]
    return _estimated(ctx, rules.every(ctx.catalog), drives, groups, change)


def would_be(ctx: Context, wanted: Sequence[Rule], groups: Sequence[Group]) -> Estimate:
    """The expected yearly loss under another policy, with copies where its forecast has them (`Survey.groups`)."""
    return _estimated(ctx, wanted, holders.every(ctx.catalog), groups, None)


def _estimated(
    ctx: Context, policy: Sequence[Rule], drives: Sequence[Drive], groups: Sequence[Group], change: Change | None
) -> Estimate:
    assumed = holdings.assumptions(ctx.catalog) if change is None or change.assumed is None else change.assumed
    home = holders.home(ctx.catalog)
    shares: dict[str, list[Share]] = {}
    for rule in policy:
        places = _places(drives, rule, home, change)
        own = [share(group, places, assumed) for group in groups if group.rule == rule.name]
        if own:
            shares[rule.name] = own
    each = tuple(RuleRisk(name, summed(own)) for name, own in shares.items())
    return Estimate(summed(chain.from_iterable(shares.values())), each, assumed)


def _changed(drives: Sequence[Drive], change: Change | None) -> list[Drive]:
    if change is None:
        return list(drives)
    moved = dict(change.moved or {})
    unknown = set(moved) - {drive.label for drive in drives if not drive.in_library}
    if unknown:
        raise UsageError(tr("There is no drive called {label}.", label=min(unknown)))
    found = [replace(drive, site=moved.get(drive.label, drive.site)) for drive in drives]
    if change.add is not None:
        found.append(Drive(_ADDED, tr("another drive"), change.add, "hdd", volume=_ADDED, detached=True))
    return found


def _places(drives: Iterable[Drive], rule: Rule, home: str, change: Change | None) -> dict[str, Holding]:
    proof_days = float(change.proof_days if change is not None and change.proof_days else rule.proof_days)
    return {
        drive.id: Holding(
            drive.domain,
            place(drive.site or home),
            away,
            drive.media,
            proof_days,
            proof_days if away else SEEN_DAYS,
        )
        for drive in drives
        if rule.counts(drive)
        for away in (is_away(drive, home),)
    }


# -- what is assumed


def assume(ctx: Context, words: Sequence[str], *, keep: bool = True) -> Assumptions:
    """Change assumptions (`KEY=VALUE`; `hdd=0.02` for a kind of medium; the word `default` restores all), or only say
    what they would be. Raises UsageError for an unknown key or a value that can't be."""
    today = holdings.assumptions(ctx.catalog)
    values = {} if "default" in words else _plain(today)
    for word in words:
        if word != "default":
            _set(values, word, today)
    if keep:
        with ctx.catalog.transaction(ctx.now()) as transaction:
            holdings.set_assumptions(transaction, values)
    return holdings.assumed(values)


def _plain(assumed: Assumptions) -> dict[str, object]:
    return {field.name: getattr(assumed, field.name) for field in fields(assumed)} | {"media": dict(assumed.media)}


def _set(values: dict[str, object], word: str, today: Assumptions) -> None:
    key, equals, text = word.partition("=")
    numbers = [field.name for field in fields(today) if field.name != "media"]
    known = [*numbers, *(kind for kind in today.media if kind)]
    if not equals or key not in known:
        raise UsageError(
            tr("{word} is no assumption. Give KEY=VALUE with one of {known}.", word=word, known=", ".join(known))
        )
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    most = 3650.0 if key.endswith("_days") else 1000.0 if key == "silent_per_tb" else 1.0
    if not 0.0 <= number <= most:
        raise UsageError(tr("{key} must be a number from 0 to {most}.", key=key, most=f"{most:g}"))
    if key in numbers:
        values[key] = number
    else:
        media = values.setdefault("media", {})
        assert isinstance(media, dict)
        media[key] = number


# -- in words

_LEAST = 0.01


def say(risk: Risk) -> str:
    """The risk in words: the mean over many years, how likely a year with any loss is, and how much such a year takes
    (the mean over the chance)."""
    if not risk.items:
        return tr("There is nothing to lose yet.")
    values = {"lost": amount(risk.lost), "items": f"{risk.items:,}", "chance": odds(risk.chance)}
    average = tr("On average {lost} of {items} files lost in a year.", **values)
    if not risk.chance:
        return average
    at_once = max(1, round(float(f"{risk.lost / risk.chance:.2g}")))
    likely = trn(
        "The chance to lose anything at all within a year is {chance}, and then it is about {count} file.",
        "The chance to lose anything at all within a year is {chance}, and then it is about {count} files.",
        at_once,
        **values,
    )
    return f"{average} {likely}"


def amount(lost: float) -> str:
    """An expected number of files: two digits, and never a zero that isn't one."""
    if lost >= 100:
        return f"{lost:,.0f}"
    if lost >= _LEAST or lost == 0:
        return f"{lost:.2g}"
    return tr("less than 0.01")


def odds(chance: float) -> str:
    """A chance within a year, as people say it."""
    if chance >= 0.1:
        return tr("{percent} %", percent=f"{100 * chance:.0f}")
    if chance < 1e-9:
        return tr("less than one in a billion")
    return tr("one in {times}", times=f"{float(f'{1 / chance:.2g}'):,.0f}")


def assumed_lines(assumed: Assumptions) -> tuple[str, ...]:
    """What the figure rests on, a line each."""
    media = ", ".join(
        f"{kind or tr('unknown')} {100 * rate:.3g} %"
        for kind, rate in sorted(assumed.media.items(), key=lambda one: one[0] or "~")
    )
    return (
        tr("Drives that die in a year, by kind: {media}.", media=media),
        tr("Files damaged silently in a year: {rate} for every TB stored.", rate=f"{assumed.silent_per_tb:g}"),
        tr(
            "All connected drives struck at once (surge, malware, mistake): {percent} % a year.",
            percent=f"{100 * assumed.computer:g}",
        ),
        tr("A site struck (fire, water, theft): {percent} % a year.", percent=f"{100 * assumed.site:g}"),
        tr(
            "Damage found is repaired within {repair} days, a dead drive replaced within {replace}.",
            repair=f"{assumed.repair_days:g}",
            replace=f"{assumed.replace_days:g}",
        ),
    )
