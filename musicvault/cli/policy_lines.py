"""What the policy commands say: rules, where things stand under them, and what a change would make of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from musicvault.cli.jsonlines import path_values
from musicvault.domain import policy_wording, wording
from musicvault.domain.paths import display
from musicvault.domain.policy import Shortfall, Standing
from musicvault.language import tr

if TYPE_CHECKING:
    from musicvault.cli.session import Session
    from musicvault.engine.policy import Outcome, Short, Survey
    from musicvault.engine.waiting import Waiting


def tell(session: Session, found: Survey, *, check: bool = False) -> None:
    """Each rule with what it comes to; the default rule's values again in the last line."""
    for number, outcome in enumerate(found.outcomes, 1):
        session.record("rule", _values(number, outcome), _text(number, outcome, check=check))
    for relation in found.related:
        text = policy_wording.relation(relation)
        session.record("related", {**asdict(relation), "text": text}, tr("Note: {text}.", text=text))
    values = asdict(found.outcomes[-1].rule) | _sums(found)
    if check and not found.short:
        session.summary(values, tr("Everything is protected as the policy wants."))
    elif check:
        session.summary(values, tr("{files} fall short of the policy.", files=wording.files(found.short)))
    else:
        session.summary(values)
    if check and any(outcome.missing.get(Shortfall.SITES) for outcome in found.outcomes):
        ask_where_this_is(session)


def ask_where_this_is(session: Session) -> None:
    """To be said where sites matter: while nobody named the computer's own, it may be at any, and adds none."""
    from musicvault.catalog import holders

    if not holders.home(session.catalog):
        session.note(tr("Nobody said where this computer is, so it adds no site: musicvault policy site NAME"))


def _sums(found: Survey) -> dict[str, object]:
    return {
        "standings": {key.value: found.standings[key] for key in Standing},
        "short": found.short,
        "rules": len(found.outcomes),
        "further_drives": found.further.drives,
    }


def _values(number: int, outcome: Outcome) -> dict[str, object]:
    return {
        "number": number,
        **asdict(outcome.rule),
        "items": outcome.items,
        "short": outcome.short,
        "standings": {key.value: outcome.standings[key] for key in Standing},
        "missing": {key.value: count for key, count in outcome.missing.items() if count},
        "obstacles": [policy_wording.obstacle(one) for one in outcome.obstacles],
        "further_drives": outcome.further.drives,
        "sentence": policy_wording.sentence(outcome.rule),
    }


def _text(number: int, outcome: Outcome, *, check: bool) -> str:
    rule = outcome.rule
    found = [f"{number}. {policy_wording.sentence(rule)}"]
    if rule.scope:
        found.append("   " + tr("for: {scope}", scope=rule.scope))
    parts = [f"{wording.standing(key)}: {wording.files(outcome.standings[key])}" for key in Standing]
    parts = [part for part, key in zip(parts, Standing, strict=True) if outcome.standings[key]]
    found.append("   " + ("; ".join(parts) or tr("No file is under this rule.")))
    if check:
        for code, count in outcome.missing.items():
            if count:
                why = wording.shortfall(code)
                found.append("   " + tr("{files}: {why}", files=wording.files(count), why=why))
    for one in outcome.obstacles:
        found.append("   " + tr("It can't be met: {why}.", why=policy_wording.obstacle(one)))
    return "\n".join(found)


def too_full(session: Session, todo: Waiting) -> None:
    """A drive that has no room for what falls short."""
    text = tr(
        "{drive} is too full: {size} more are needed there.", drive=todo.label, size=wording.size(todo.short_bytes)
    )
    session.record("too-full", {"drive": todo.label, "bytes": todo.short_bytes}, text)


def further(session: Session, found: Survey) -> None:
    """Which rules take further drives, and with how much room."""
    for outcome in found.outcomes:
        if outcome.further.drives and outcome.items:
            values = {"rule": outcome.rule.name, **asdict(outcome.further)}
            session.record("further", values, policy_wording.further(outcome.rule.name, outcome.further))


def shortfall(session: Session, short: Short) -> None:
    """One file that isn't protected as its rule wants."""
    why = policy_wording.missing(short.missing)
    values = {
        **path_values(short.path),
        "library": short.library,
        "rule": short.rule,
        "standing": short.standing.value,
        "missing": [one.value for one in short.missing],
        "copies": short.copies,
        "reason": why,
    }
    session.record("shortfall", values, f"{display(short.path)}: {why}")


def compare(session: Session, before: Survey, after: Survey, **told: object) -> None:
    """What a change makes of everything, before and after it; `told` stands in the summary, too."""
    for number, outcome in enumerate(after.outcomes, 1):
        session.record("rule", _values(number, outcome), _text(number, outcome, check=False))
    for label, size in sorted(after.to_copy.items()):
        lacking = after.too_full.get(label, 0)
        text = tr("{drive} has still to get {size}.", drive=label, size=wording.size(size))
        if lacking:
            text = tr(
                "{drive} has still to get {size}: {lacking} more than there is room for.",
                drive=label,
                size=wording.size(size),
                lacking=wording.size(lacking),
            )
        session.record("to-copy", {"drive": label, "bytes": size, "short_bytes": lacking}, text)
    further(session, after)
    session.summary(
        asdict(after.outcomes[-1].rule) | _sums(after) | {"short_before": before.short} | told,
        tr("Short of the policy: {now} now, {then} then.", now=wording.files(before.short), then=after.short),
    )
