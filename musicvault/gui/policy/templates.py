"""Ready-made promises, shared by the policy screen and the first run."""

from __future__ import annotations

from dataclasses import dataclass

from musicvault.gui.models.policy import PolicyModel
from musicvault.language import tr, trn


@dataclass(frozen=True, slots=True)
class Template:
    """A rule with a name and what it is good for."""

    name: str
    words: str
    rule: PolicyModel


def templates() -> tuple[Template, ...]:
    """From modest to strict."""
    return (
        Template(
            tr("One drive"),
            tr("A second copy on one drive, proven every 90 days. Survives a broken disk."),
            PolicyModel(copies=2, drives=2, proof_days=90, keep_days=90),
        ),
        Template(
            tr("Two drives"),
            tr("Three copies on three disks, proven every 90 days. Survives two broken disks."),
            PolicyModel(copies=3, drives=3, proof_days=90, keep_days=90),
        ),
        Template(
            tr("Archive"),
            tr("Four copies on four disks, proven every month, older versions kept for a year."),
            PolicyModel(copies=4, drives=4, proof_days=30, keep_days=365),
        ),
    )


def sentence(rule: PolicyModel) -> str:
    """The rule in words."""
    return tr(
        "Everything: {copies} on {drives}, proven every {days}.",
        copies=trn("{count} copy", "{count} copies", rule.copies),
        drives=trn("{count} disk", "{count} disks", rule.drives),
        days=trn("{count} day", "{count} days", rule.proof_days),
    )
