"""`policy`: what is wanted of every file's copies."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from musicvault.catalog import rules, standing
from musicvault.cli.command import DryRun, command, new_app
from musicvault.cli.session import Session
from musicvault.domain import policies, wording
from musicvault.domain.policy import Rule
from musicvault.language import tr, trn

app = new_app()
app.info.help = "How many copies there should be, and how well proven."


@command(app, "musicvault policy show")
def show(session: Session) -> None:
    """Show the policy, and where the files stand under it."""
    _tell(session, rules.default_rule(session.catalog))
    found = standing.counts(session.catalog, session.context.now())
    for key, count in found.items():
        if count:
            session.note(f"  {wording.standing(key)}: {wording.files(count)}")
    session.summary({"standings": {key.value: count for key, count in found.items()}})


@command(app, "musicvault policy set --copies 3 --volumes 2 --prove-every 90", name="set")
def change(
    session: Session,
    copies: Annotated[
        int | None, typer.Option("--copies", help="Copies of each file, the library's own included.")
    ] = None,
    volumes: Annotated[int | None, typer.Option("--volumes", help="On at least this many different drives.")] = None,
    proof_days: Annotated[
        int | None, typer.Option("--prove-every", metavar="DAYS", help="A proof counts this long.")
    ] = None,
    version_days: Annotated[
        int | None, typer.Option("--keep-versions", metavar="DAYS", help="Older versions are kept this long.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Change the policy. Nothing is copied or removed by this; status and sync follow it."""
    before = rules.default_rule(session.catalog)
    after = replace(
        before,
        copies=before.copies if copies is None else copies,
        volumes=before.volumes if volumes is None else volumes,
        proof_days=before.proof_days if proof_days is None else proof_days,
        version_days=before.version_days if version_days is None else version_days,
    )
    policies.check(after)
    if after != before and not dry_run:
        with session.catalog.transaction(session.context.now()) as transaction:
            rules.set_default(transaction, after)
    _tell(session, after)


def _tell(session: Session, rule: Rule) -> None:
    session.summary(asdict(rule), sentence(rule))


def sentence(rule: Rule) -> str:
    """The rule as a sentence."""
    return tr(
        "{name}: {copies} on {volumes}, proven every {proof}; older versions are kept for {kept}.",
        name=tr(rule.name),
        copies=trn("{count} copy", "{count} copies", rule.copies),
        volumes=trn("{count} drive", "{count} different drives", rule.volumes),
        proof=trn("{count} day", "{count} days", rule.proof_days),
        kept=trn("{count} day", "{count} days", rule.version_days),
    )
