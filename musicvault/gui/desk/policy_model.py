"""The policy for the window: as it stands, and as it would be. Reads the catalog; not for the Qt thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from musicvault.catalog import holders
from musicvault.domain import policy_wording
from musicvault.domain import wording as words
from musicvault.domain.drives import Relation
from musicvault.domain.policy import Rule, Shortfall, Standing
from musicvault.engine import locating, policy, risk
from musicvault.engine.context import Context
from musicvault.engine.forecast import forecast as forecast_of
from musicvault.engine.policy import Outcome, Survey
from musicvault.gui.models.policy import Forecast, PolicyModel, RuleEffect
from musicvault.gui.wording import count, size, when
from musicvault.language import tr, trn


def policy_model(ctx: Context) -> PolicyModel:
    """The policy in force and what it comes to."""
    found = policy.survey(ctx)
    labels = tuple(drive.label for drive in holders.every(ctx.catalog) if not drive.in_library and not drive.retired)
    # A file lies in one library only: that two of them share a disk takes nothing away from it.
    related = [one for one in found.related if one.one in labels or one.other in labels]
    return PolicyModel(
        tuple(outcome.rule for outcome in found.outcomes),
        tuple(_effect(outcome) for outcome in found.outcomes),
        labels,
        tuple(tr("{relation}.", relation=policy_wording.relation(one)) for one in _together(related)),
        holders.home(ctx.catalog),
        _last_change(ctx),
    )


def _together(related: Sequence[Relation]) -> list[Relation]:
    """One sentence for all drives that share the same thing, instead of one for each pair."""
    groups: list[tuple[Relation, list[str]]] = []
    for pair in related:
        for first, labels in groups:
            if (first.tie, first.what) == (pair.tie, pair.what) and {pair.one, pair.other} & set(labels):
                labels += [label for label in (pair.one, pair.other) if label not in labels]
                break
        else:
            groups.append((pair, [pair.one, pair.other]))
    return [replace(first, one=", ".join(labels[:-1]), other=labels[-1]) for first, labels in groups]


def forecast(ctx: Context, wanted: Sequence[Rule]) -> Forecast:
    """What another policy would come to. Raises UsageError for one that can't be, and what the checkpoint raises."""
    now = policy.survey(ctx)
    then = forecast_of(ctx, wanted)
    return Forecast(
        tuple(wanted),
        tuple(_effect(outcome) for outcome in then.outcomes),
        now.short,
        then.short,
        _copying(ctx, then),
        tuple(
            policy_wording.further(outcome.rule.name, outcome.further)
            for outcome in then.outcomes
            if outcome.further.drives and outcome.items
        ),
        risk.odds(risk.estimate(ctx).overall.chance),
        risk.odds(risk.would_be(ctx, wanted, then.groups).overall.chance),
    )


def _effect(outcome: Outcome) -> RuleEffect:
    parts = [
        tr(
            "{count} {standing}",
            standing=_standing(which, outcome.standings[which]),
            count=count(outcome.standings[which]),
        )
        for which in reversed(Standing)
        if outcome.standings[which]
    ]
    parts += [
        tr("{count} {why}", why=why, count=count(outcome.missing[code]))
        for code, why in _where_lacking().items()
        if outcome.missing[code]
    ]
    text = " · ".join(parts)
    return RuleEffect(
        outcome.items, outcome.short, text, tuple(_sentence(policy_wording.obstacle(one)) for one in outcome.obstacles)
    )


def _standing(which: Standing, amount: int) -> str:
    """A standing after a number."""
    if which is Standing.HELD:
        return trn("waits for you", "wait for you", amount)
    return tr("with only one copy") if which is Standing.AT_RISK else words.standing(which).lower()


def _where_lacking() -> dict[Shortfall, str]:
    """What standing alone doesn't tell of files that fall short."""
    return {
        Shortfall.SITES: tr("at too few sites"),
        Shortfall.DETACHED: tr("with too few copies unplugged or remote"),
        Shortfall.MEDIA: tr("missing on a kind of drive"),
        Shortfall.KINDS: tr("on too few kinds of drive"),
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _copying(ctx: Context, then: Survey) -> tuple[str, ...]:
    """What each drive would have to get; one that is away waits until it is plugged in."""
    there = {presence.vault.label: presence.online for presence in locating.locate(ctx)}
    return tuple(
        _copied(label, amount, then.too_full.get(label, 0), there=there.get(label, False))
        for label, amount in sorted(then.to_copy.items())
        if amount
    )


def _copied(label: str, amount: int, too_much: int, *, there: bool) -> str:
    if not there:
        return tr("{size} to {drive} once it is plugged in", size=size(amount), drive=label)
    if too_much:
        return tr(
            "{size} to {drive}, which lacks room for {lacking}",
            size=size(amount),
            drive=label,
            lacking=size(too_much),
        )
    return tr("{size} to {drive}", size=size(amount), drive=label)


def _last_change(ctx: Context) -> str:
    """What an undo would take back, in words; empty for nothing."""
    found = policy.last_change(ctx)
    if found is None:
        return ""
    done = {
        "added": tr("Takes back that a rule was added ({when})", when=when(found.at)),
        "removed": tr("Takes back that a rule was removed ({when})", when=when(found.at)),
        "moved": tr("Takes back that a rule was moved ({when})", when=when(found.at)),
        "template": tr("Takes back the ready-made promise ({when})", when=when(found.at)),
        "imported": tr("Takes back the imported policy ({when})", when=when(found.at)),
    }
    return done.get(found.did, tr("Takes back the last edit ({when})", when=when(found.at)))
