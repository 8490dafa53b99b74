"""`policy`: what is wanted of every file's copies."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from musicvault.cli import choosing
from musicvault.cli import policy_lines as lines
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.rule_options import WISHES
from musicvault.cli.session import Session
from musicvault.domain.policy import Rule
from musicvault.errors import UsageError, reason_of
from musicvault.language import tr

app = new_app()
app.info.help = "How many copies there should be, where, and how well proven."


Name = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name, or its number in the list.")]


@command(app, "musicvault policy show", reads=True)
def show(session: Session) -> None:
    """Show the rules, and where the files stand under each."""
    from musicvault.engine import policy

    lines.tell(session, policy.survey(session.context))


@command(app, "musicvault policy set --copies 3 --volumes 2 --prove-every 90", name="set", options=WISHES, founds=True)
def change(
    session: Session,
    dry_run: DryRun = False,
    **wishes: object,
) -> None:
    """Change the default rule. Nothing is copied or removed by this; status and sync follow it."""
    from musicvault.engine import policy

    rules = _current(session)
    values = _given(session, wishes)
    _put(session, policy.edited(rules, str(len(rules)), **values), "edited", dry_run=dry_run, rule=rules[-1].name)


@command(
    app,
    "musicvault policy add Masters --scope 'path:masters lossless:yes' --copies 4 --volumes 3",
    options=WISHES,
    founds=True,
)
def add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the rule.")],
    scope: Annotated[str, typer.Option("--scope", metavar="QUERY", help="Which files it decides for.")],
    at: Annotated[
        int | None, typer.Option("--at", metavar="N", help="Its place among the rules; the last but the default one.")
    ] = None,
    dry_run: DryRun = False,
    **wishes: object,
) -> None:
    """Add a rule for some files. The first rule that matches a file decides for it; what isn't given is as in the
    default rule, as far as the copies reach."""
    from musicvault.engine import policy

    rules = _current(session)
    values = _given(session, {"name": name, "scope": scope, **wishes})
    rule = policy.like(rules[-1], values)
    _put(session, policy.added(rules, rule, at), "added", dry_run=dry_run, rule=name)


@command(app, "musicvault policy edit Masters --copies 5 --not-on 'Old stick'", options=WISHES)
def edit(
    session: Session,
    rule: Name,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name for it.")] = None,
    scope: Annotated[
        str | None, typer.Option("--scope", metavar="QUERY", help="Which files the rule decides for: a search query.")
    ] = None,
    dry_run: DryRun = False,
    **wishes: object,
) -> None:
    """Change a rule; what isn't given stays as it is."""
    from musicvault.engine import policy

    values = _given(session, {"name": name, "scope": scope, **wishes})
    _put(session, policy.edited(_current(session), rule, **values), "edited", dry_run=dry_run, rule=rule)


@command(app, "musicvault policy move Masters 1")
def move(
    session: Session,
    rule: Name,
    to: Annotated[int, typer.Argument(metavar="N", help="Its new place, from 1.")],
    dry_run: DryRun = False,
) -> None:
    """Put a rule at another place. The default rule stays last."""
    from musicvault.engine import policy

    _put(session, policy.moved(_current(session), rule, to), "moved", dry_run=dry_run, rule=rule)


@command(app, "musicvault policy remove Masters --dry-run")
def remove(session: Session, rule: Name, dry_run: DryRun = False) -> None:
    """Remove a rule; the next one that matches decides for its files. No copy is removed by this."""
    from musicvault.engine import policy

    _put(session, policy.removed(_current(session), rule), "removed", dry_run=dry_run, rule=rule)


@command(app, "musicvault policy check", "musicvault policy check --verbose", reads=True)
def check(session: Session) -> None:
    """See whether the policy is met, and what is missing.

    Ends with 21 on a shortfall. With --verbose or --json every file that falls short is named."""
    from musicvault.engine import further, locating, policy
    from musicvault.engine.planning import planned
    from musicvault.engine.waiting import waiting

    found = policy.survey(session.context)
    todo = waiting(session.context, locating.locate(session.context)) if found.short else ()
    full = [one for one in todo if one.short_bytes]
    # What fits where takes the whole plan, which nobody needs where all fits.
    found = planned(session.context).survey if full else further.with_room(session.context, found, {})
    lines.tell(session, found, check=True)
    for one in full:
        lines.too_full(session, one)
    lines.further(session, found)
    if found.short and (session.verbose or session.json):
        for short in policy.short_items(session.context):
            lines.shortfall(session, short)
    if found.short:
        session.outcome.end_with(21)


@command(app, "musicvault policy template 3-2-1 --dry-run", "musicvault policy template ndsa-3", founds=True)
def template(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="one-spare, 3-2-1, station, ndsa-2, ndsa-3 or ndsa-4.")],
    dry_run: DryRun = False,
) -> None:
    """Take a ready-made promise for the default rule.

    Rules with a scope stay."""
    from musicvault.engine import policy

    _put(session, policy.templated(_current(session), name), "template", dry_run=dry_run, template=name)


@command(app, "musicvault policy export", "musicvault policy export --output policy.toml", reads=True)
def export(
    session: Session,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write it there.")] = None,
) -> None:
    """Give out all rules as TOML."""
    from musicvault.domain import policy_toml

    text = policy_toml.dumps(_current(session))
    if output is None:
        if session.json:
            session.summary({"toml": text})
        else:
            session.write(text.encode("utf-8"))
        return
    try:
        with output.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(tr("{file} can't be written: {cause}", file=output, cause=reason_of(error))) from error
    session.summary({"path": os.fspath(output)}, tr("Written to {file}.", file=output))


@command(app, "musicvault policy import policy.toml --dry-run", name="import", founds=True)
def take(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="TOML as export gives it; - for standard input.")],
    dry_run: DryRun = False,
) -> None:
    """Put the rules of a TOML file in force, in place of all."""
    from musicvault.domain import policy_toml

    try:
        with open(file if file != "-" else sys.stdin.fileno(), "rb", closefd=file != "-") as source:
            data = source.read(policy_toml.LARGEST + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise UsageError(tr("{file} can't be read: {cause}.", file=file, cause=reason_of(error))) from error
    except UnicodeDecodeError as error:
        raise UsageError(tr("{file} can't be read: it is no text in UTF-8.", file=file)) from error
    _put(session, policy_toml.loads(text), "imported", dry_run=dry_run)


@command(app, "musicvault policy undo")
def undo(session: Session, dry_run: DryRun = False) -> None:
    """Take back the newest change of the policy.

    Once more takes back the one before it."""
    from musicvault.engine import policy

    before, number = policy.previous(session.context)
    _put(session, before, "undone", dry_run=dry_run, undoes=number)


@command(app, "musicvault policy site home --dry-run", founds=True)
def site(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Where this computer is; '' takes it back.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Say, or see, at which site this computer and its libraries are.

    Drives without a site of their own are there too. What it makes of everything is shown first."""
    from musicvault.catalog import holders
    from musicvault.engine import policy
    from musicvault.engine.forecast import forecast
    from musicvault.storage.vault.identity import clean_label

    if name is None:
        here = holders.home(session.catalog)
        text = tr("This computer is at: {site}", site=here) if here else tr("Nobody said yet.")
        session.summary({"site": here}, text)
        return
    there = clean_label(name) if name else ""
    before = policy.survey(session.context)
    after = forecast(session.context, _current(session), home=there)
    lines.compare(session, before, after, site=there)
    if not dry_run:
        policy.set_home(session.context, there)


def _current(session: Session) -> list[Rule]:
    from musicvault.catalog import rules

    return rules.every(session.catalog)


def _given(session: Session, values: Mapping[str, object]) -> dict[str, object]:
    """Options as values of a rule; an empty word empties a list. Raises UsageError for a drive that nobody knows."""
    given = {
        key: tuple(dict.fromkeys(one for one in value if one)) if isinstance(value, list) else value
        for key, value in values.items()
    }
    for key in ("allowed", "forbidden"):
        if words := given[key]:
            assert isinstance(words, tuple)
            given[key] = tuple(dict.fromkeys(choosing.drive(session.catalog, word).label for word in words))
    return given


def _put(session: Session, wanted: Sequence[Rule], did: str, *, dry_run: bool, **detail: object) -> None:
    """Show what a change would make of everything, or make it and show that."""
    from musicvault.engine import policy
    from musicvault.engine.forecast import forecast

    before = policy.survey(session.context)
    after = forecast(session.context, wanted)
    lines.compare(session, before, after)
    if not dry_run:
        policy.put(session.context, wanted, did, **detail)
