"""What the policy's deeds run in the engine. Nothing here knows Qt."""

from __future__ import annotations

from collections.abc import Mapping

from musicvault.app import App
from musicvault.domain.notices import Finished, Job, Started
from musicvault.domain.policy import Rule
from musicvault.engine import policy
from musicvault.engine import risk as risks
from musicvault.engine.context import Context
from musicvault.gui.models.actions import Action
from musicvault.storage.vault.identity import clean_label


def set_policy(app: App, ctx: Context, action: Action) -> Job:
    """Put a whole policy in force; `did` says how it came about, for the log."""
    yield Started("policy")
    did = action.values["did"]
    assert isinstance(did, Mapping)
    named = {str(key): value for key, value in did.items() if key != "policy"}
    policy.put(ctx, rules_of(action), str(did["policy"]), **named)
    yield Finished("policy")


def undo_policy(app: App, ctx: Context, action: Action) -> Job:
    """Take back the newest change of the policy that still counts."""
    yield Started("policy")
    before, number = policy.previous(ctx)
    policy.put(ctx, before, "undone", undoes=number)
    yield Finished("policy")


def set_home(app: App, ctx: Context, action: Action) -> Job:
    """Say at which site this computer is."""
    yield Started("policy")
    policy.set_home(ctx, clean_label(action.subject) if action.subject else "")
    yield Finished("policy")


def assume(app: App, ctx: Context, action: Action) -> Job:
    """Change what the risk rests on: `KEY=VALUE`, or `default` for all."""
    yield Started("risk")
    risks.assume(ctx, [action.subject])
    yield Finished("risk")


def rules_of(action: Action) -> tuple[Rule, ...]:
    """The policy that the action holds."""
    rules = action.values["rules"]
    assert isinstance(rules, tuple)
    return rules
