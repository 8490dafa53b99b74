"""The ready-made promises of the domain, as the policy screen and the first run offer them."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.domain import policies, policy_wording
from musicvault.domain.policy import Rule


@dataclass(frozen=True, slots=True)
class Template:
    """A rule with a name and what it is good for; `key` is the template's own name."""

    key: str
    name: str
    words: str
    rule: Rule


def templates() -> tuple[Template, ...]:
    """From modest to strict."""
    return tuple(Template(key, *policy_wording.template(key), rule) for key, rule in policies.TEMPLATES.items())
